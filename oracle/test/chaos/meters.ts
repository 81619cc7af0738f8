import { createRandom } from "./random.ts";

/** Readings are taken at the quarter-hours: this many seconds apart. */
export const STEP_SECONDS = 900;
export const STEPS_PER_DAY = 96;

/** A meter of the run: what it counted by the end of each step, and how its messages name it. */
export type ChaosMeter = {
  meter: number;
  node: string;
  unitExponent: 0 | 1;
  /** Per input its meaning and its counter, Wh, at step 0, 1, 2, ... */
  counters: { input: string; meaning: "importWh" | "exportWh" | "netWh"; values: readonly number[] }[];
};

/** Most energy of a quarter-hour, Wh: far below the fuse. */
const MOST_WH = 900;

/** Meters with one net counter, or one counter each way, in units of 1 or 10 Wh, each with a load of its own. */
export function makeMeters(seed: number, count: number, steps: number): ChaosMeter[] {
  return Array.from({ length: count }, (_, index) => {
    const meter = index + 1;
    const random = createRandom(seed, `meter ${meter}`);
    const flows = Array.from({ length: steps }, (__, step) => {
      const daylight = Math.max(0, Math.sin(((step % STEPS_PER_DAY) / STEPS_PER_DAY - 0.25) * 2 * Math.PI));
      return { used: random.int(5, MOST_WH / 3), made: Math.round(daylight * random.int(0, MOST_WH)) };
    });
    const counter = (change: (flow: { used: number; made: number }) => number) => {
      let total = random.int(1_000_000, 9_000_000);
      return [total, ...flows.map((flow) => (total += change(flow)))];
    };
    const net = { input: "E1", meaning: "netWh", values: counter(({ used, made }) => used - made) } as const;
    const both = [
      { input: "in", meaning: "importWh", values: counter(({ used, made }) => Math.max(used - made, 0)) } as const,
      { input: "out", meaning: "exportWh", values: counter(({ used, made }) => Math.max(made - used, 0)) } as const,
    ];
    return {
      meter,
      node: `home-${meter}`,
      unitExponent: meter % 5 === 0 ? 1 : 0,
      counters: meter % 3 === 0 ? both : [net],
    };
  });
}

/** What its gateway publishes for a step. */
export function payloadOf({ counters }: ChaosMeter, step: number, startSeconds: number): string {
  const values = counters.map(({ input, values: at }) => [input, at[step] ?? Number.NaN] as const);
  return JSON.stringify({ time: startSeconds + step * STEP_SECONDS, ...Object.fromEntries(values) });
}
