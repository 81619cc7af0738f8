import type { Meaning, MeterConfig } from "../config/schema.ts";
import { POWER_MEANINGS } from "../registers/channel.ts";
import { isSaturated } from "../registers/power.ts";
import type { Message, Refusal } from "../sources/message.ts";

/** One value of one input of one meter, with its meaning and time. Counters in whole Wh, powers in whole milliwatts. */
export type Reading = {
  meter: number;
  input: string;
  meaning: Meaning;
  timeMs: number;
  value: number;
};

/** Counters beyond this cannot be a register on chain either. */
const MAX_COUNTER_WH = 2 ** 44;
/** An int32 counter that wrapped starts again at its lowest value. */
const MIN_COUNTER_WH = -(2 ** 31);
const MAX_POWER_W = 100_000_000;

/** Gives each input of a node its meter and meaning. */
export type ReadingsMap = (message: Message, timeMs: number) => { readings: Reading[]; refusals: Refusal[] };

/** What a meter reads from its node: an input, and what is added to it and taken off it. */
type Target = { meter: number; meaning: Meaning; input: string; plus: readonly string[]; minus: readonly string[] };

/** Every input of its node that a meter has a use for. */
export function inputsOf({ inputs }: Pick<MeterConfig, "inputs">): string[] {
  return [...new Set(inputs.flatMap(({ input, plus = [], minus = [] }) => [input, ...plus, ...minus]))];
}

/** Builds the map from the config's meters. */
export function createReadingsMap(meters: readonly MeterConfig[]): ReadingsMap {
  const nodes = new Map<string, { targets: Target[]; inputs: Set<string> }>();
  for (const meter of meters) {
    const ofNode = nodes.get(meter.node) ?? { targets: [], inputs: new Set() };
    for (const { input, meaning, plus = [], minus = [] } of meter.inputs)
      ofNode.targets.push({ meter: meter.meter, meaning, input, plus, minus });
    for (const input of inputsOf(meter)) ofNode.inputs.add(input);
    nodes.set(meter.node, ofNode);
  }
  return ({ node, values }, timeMs) => {
    const { targets, inputs } = nodes.get(node) ?? { targets: [], inputs: new Set() };
    const refusals: Refusal[] = [];
    for (const input of values.keys()) {
      if (inputs.has(input)) continue;
      refusals.push({ reason: "unknown-input", node, input, detail: "no meter of the config uses it" });
    }
    const readings: Reading[] = [];
    for (const target of targets) {
      const read = readTarget(target, values);
      if (read === undefined) continue;
      const { meter, meaning, input } = target;
      if (typeof read === "number") readings.push({ meter, meaning, input, timeMs, value: read });
      else refusals.push({ ...read, node, input });
    }
    return { readings, refusals };
  };
}

/** A target's value, why it has none, or undefined when the message is not about it. */
function readTarget(
  { meaning, input, plus, minus }: Target,
  values: ReadonlyMap<string, number>,
): number | Pick<Refusal, "reason" | "detail"> | undefined {
  let sum = values.get(input);
  if (sum === undefined) return undefined;
  let saturated = saturatedOf(sum);
  for (const [parts, sign] of [
    [plus, 1],
    [minus, -1],
  ] as const) {
    for (const part of parts) {
      const value = values.get(part);
      // Values of different moments must not be put together: their difference would be energy that never passed.
      if (value === undefined)
        return {
          reason: "incomplete",
          detail: `the message has no ${part}, expected it beside ${input} in one message`,
        };
      sum += sign * value;
      // With a part that is no measurement the whole is none.
      saturated ??= saturatedOf(value);
    }
  }
  if (saturated !== undefined && POWER_MEANINGS.includes(meaning)) return saturated * 1000;
  const { value, expected } = convert(meaning, sum, 1 + plus.length + minus.length);
  if (value !== undefined) return value;
  return { reason: "out-of-range", detail: `${sum}, expected ${expected}` };
}

/** The power, in W, if it stands at the end of its 16 bits. */
function saturatedOf(watts: number): number | undefined {
  return isSaturated(watts * 1000) ? watts : undefined;
}

/** @param parts - How many inputs were put together: each of them may have wrapped. */
function convert(meaning: Meaning, given: number, parts: number): { value: number | undefined; expected: string } {
  if (POWER_MEANINGS.includes(meaning)) {
    const inRange = Math.abs(given) <= MAX_POWER_W;
    return { value: inRange ? Math.round(given * 1000) : undefined, expected: `-${MAX_POWER_W} to ${MAX_POWER_W} W` };
  }
  // Down to whole Wh: differences of floors add up exactly, whatever the fraction.
  const counter = Math.floor(given);
  const least = MIN_COUNTER_WH * parts;
  const inRange = counter >= least && counter < MAX_COUNTER_WH;
  return { value: inRange ? counter : undefined, expected: `${least} to 2^44 - 1 Wh` };
}
