import type { MeterConfig } from "../config/schema.ts";
import type { Intake } from "../intake/intake.ts";
import { inputsOf } from "../readings/readings.ts";
import { refusal } from "./decode/refuse.ts";
import type { Message, Refusal } from "./message.ts";

/** A source that has been silent for so long has left its inputs to another one. */
const SILENCE_MS = 600_000;

/** Where an input comes from: its source, and the one before. */
type Owner = { source: string; lastMs: number; displaced: { source: string; lastMs: number } | undefined };

/**
 * Puts a guard before the intake: an input of the config comes from one source at a time. Two gateways with one node name,
 * or one gateway that sends everything twice, would otherwise have their counters taken for those of one device.
 *
 * - The source that speaks keeps its inputs; messages with them from another one are refused until the first has been
 *   silent for ten minutes.
 * - Clients of a broker may change their name with every connection, so among them the newer takes over at once. If the
 *   older then speaks again there are two: it is refused.
 *
 * @param nowMs - The oracle's clock.
 */
export function guardSources(
  intake: Intake,
  meters: readonly Pick<MeterConfig, "node" | "inputs">[],
  nowMs: () => number,
): Intake {
  /** By node and input; inputs that are not in the config are nobody's. */
  const owners = new Map<string, Map<string, Owner | undefined>>();
  for (const meter of meters) {
    const ofNode = owners.get(meter.node) ?? new Map<string, Owner | undefined>();
    for (const input of inputsOf(meter)) ofNode.set(input, undefined);
    owners.set(meter.node, ofNode);
  }

  function check({ node, source, values }: Message): Refusal | undefined {
    const ofNode = source === undefined ? undefined : owners.get(node);
    if (source === undefined || ofNode === undefined) return undefined;
    const now = nowMs();
    // The usual case first, and making nothing: this is on the way of every message.
    let isUsual = true;
    for (const input of values.keys()) isUsual &&= ofNode.get(input)?.source === source || !ofNode.has(input);
    if (isUsual) {
      for (const input of values.keys()) {
        const owner = ofNode.get(input);
        if (owner !== undefined) owner.lastMs = now;
      }
      return undefined;
    }
    for (const [input, owner] of ofNode) {
      if (owner === undefined || !values.has(input) || mayTake(source, owner, now)) continue;
      // It still speaks, so it has not been away: it stays the older of the two.
      if (owner.displaced?.source === source) owner.displaced.lastMs = now;
      const detail = `from ${source}, expected from ${owner.source} alone: it sends this input already`;
      return refusal("two-sources", node, detail, input);
    }
    for (const [input, owner] of ofNode) {
      if (!values.has(input)) continue;
      if (owner?.source === source) owner.lastMs = now;
      else ofNode.set(input, { source, lastMs: now, displaced: freshest(owner, now) });
    }
    return undefined;
  }

  return {
    take({ messages, refusals }) {
      const refused: Refusal[] = [];
      const kept = messages.filter((message) => {
        const found = check(message);
        if (found !== undefined) refused.push(found);
        return found === undefined;
      });
      return intake.take(
        refused.length === 0 ? { messages, refusals } : { messages: kept, refusals: [...refusals, ...refused] },
      );
    },
  };
}

function mayTake(source: string, owner: Owner, nowMs: number): boolean {
  if (owner.source === source || !isFresh(owner, nowMs)) return true;
  const { displaced } = owner;
  const wasThere = displaced?.source === source && isFresh(displaced, nowMs);
  return isClient(source) && isClient(owner.source) && !wasThere;
}

function freshest(owner: Owner | undefined, nowMs: number): Owner["displaced"] {
  return owner !== undefined && isFresh(owner, nowMs) ? { source: owner.source, lastMs: owner.lastMs } : undefined;
}

function isFresh({ lastMs }: { lastMs: number }, nowMs: number): boolean {
  return nowMs - lastMs < SILENCE_MS;
}

function isClient(source: string): boolean {
  return source.startsWith("mqtt:");
}
