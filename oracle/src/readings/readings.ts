import type { Meaning, MeterConfig } from "../config/schema.ts";
import { POWER_MEANINGS } from "../registers/channel.ts";
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

/** Builds the map from the config's meters. */
export function createReadingsMap(meters: readonly MeterConfig[]): ReadingsMap {
  const targets = new Map<string, Map<string, { meter: number; meaning: Meaning }>>();
  for (const { meter, node, inputs } of meters) {
    const ofNode = targets.get(node) ?? new Map<string, { meter: number; meaning: Meaning }>();
    for (const { input, meaning } of inputs) ofNode.set(input, { meter, meaning });
    targets.set(node, ofNode);
  }
  return ({ node, values }, timeMs) => {
    const known = targets.get(node);
    const readings: Reading[] = [];
    const refusals: Refusal[] = [];
    for (const [input, given] of values) {
      const target = known?.get(input);
      if (target === undefined) {
        refusals.push({ reason: "unknown-input", node, input, detail: "no meter of the config uses it" });
        continue;
      }
      const { value, expected } = convert(target.meaning, given);
      if (value === undefined)
        refusals.push({ reason: "out-of-range", node, input, detail: `${given}, expected ${expected}` });
      else readings.push({ ...target, input, timeMs, value });
    }
    return { readings, refusals };
  };
}

function convert(meaning: Meaning, given: number): { value: number | undefined; expected: string } {
  if (POWER_MEANINGS.includes(meaning)) {
    const inRange = Math.abs(given) <= MAX_POWER_W;
    return { value: inRange ? Math.round(given * 1000) : undefined, expected: `-${MAX_POWER_W} to ${MAX_POWER_W} W` };
  }
  // Down to whole Wh: differences of floors add up exactly, whatever the fraction.
  const counter = Math.floor(given);
  const inRange = counter >= MIN_COUNTER_WH && counter < MAX_COUNTER_WH;
  return { value: inRange ? counter : undefined, expected: `${MIN_COUNTER_WH} to 2^44 - 1 Wh` };
}
