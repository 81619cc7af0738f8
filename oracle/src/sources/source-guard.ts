import type { MeterConfig } from "../config/schema.ts";
import type { Intake } from "../intake/intake.ts";
import { refusal } from "./decode/refuse.ts";
import type { Message, Refusal } from "./message.ts";

/** A source that has been silent for so long has left its node to another one. */
const SILENCE_MS = 600_000;

/** Where a node's messages come from: its source, and the one before. */
type Owner = { source: string; lastMs: number; displaced?: { source: string; lastMs: number } | undefined };

/**
 * Puts a guard before the intake: a node of the config comes from one source at a time. Two gateways with one node name, or
 * one gateway that sends everything twice, would otherwise have their counters taken for those of one device.
 *
 * - The source that speaks keeps its node; another one is refused until the first has been silent for ten minutes.
 * - Clients of a broker may change their name with every connection, so among them the newer takes over at once. If the
 *   older then speaks again there are two: it is refused.
 *
 * @param nowMs - The oracle's clock.
 */
export function guardSources(
  intake: Intake,
  meters: readonly Pick<MeterConfig, "node">[],
  nowMs: () => number,
): Intake {
  const owners = new Map<string, Owner | undefined>(meters.map(({ node }) => [node, undefined]));

  function check({ node, source }: Message): Refusal | undefined {
    if (source === undefined || !owners.has(node)) return undefined;
    const now = nowMs();
    const owner = owners.get(node);
    if (owner === undefined || owner.source === source) {
      owners.set(node, { ...owner, source, lastMs: now });
      return undefined;
    }
    const isFresh = (entry: { lastMs: number }) => now - entry.lastMs < SILENCE_MS;
    const { displaced } = owner;
    const maySucceed = kindOf(source) === "mqtt" && kindOf(owner.source) === "mqtt" && displaced?.source !== source;
    if (isFresh(owner) && !maySucceed)
      return refusal(
        "two-sources",
        node,
        `from ${source}, expected from ${owner.source} alone: it sends this node already`,
      );
    owners.set(node, {
      source,
      lastMs: now,
      displaced: isFresh(owner) ? { source: owner.source, lastMs: owner.lastMs } : undefined,
    });
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

function kindOf(source: string): string {
  return source.split(":", 1)[0] ?? source;
}
