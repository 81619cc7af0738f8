import { type Day, INTERVALS_PER_DAY } from "@commonwatt/sdk/time";

import { noise } from "./noise.ts";

/** How a household uses electricity. */
export type LoadShape = {
  /** Fridge, router, standby: always on, W. */
  readonly baseW: number;
  /** Height of the morning, midday and evening peaks, W. */
  readonly peaksW: readonly [morning: number, midday: number, evening: number];
  /** Overnight charging of a car: power in W, 0 for no car. */
  readonly carW: number;
};

/** Middle and width of the three daily peaks, hours UTC. */
const PEAKS = [
  { hour: 5.5, width: 1.1 },
  { hour: 11, width: 1.6 },
  { hour: 18, width: 2.2 },
] as const;

const APPLIANCE_W = 1_900;
const APPLIANCE_QUARTERS = 5;
const CAR_QUARTERS = 14;

/** Whether an appliance that runs `length` quarters from `start` is on; it stops at midnight. */
function runs(quarter: number, start: number, length: number): boolean {
  return quarter >= start && quarter < start + length;
}

/**
 * Load of one household in one quarter-hour: base, three peaks that differ from day to day, a washing machine or
 * dishwasher now and then, perhaps a car.
 *
 * @param home - Number of the home, so that no two are alike.
 * @returns Whole milli-Wh, never negative.
 */
export function loadMilliWh(seed: number, home: number, shape: LoadShape, day: Day, quarter: number): number {
  const hour = ((quarter + 0.5) * 24) / INTERVALS_PER_DAY;
  let watts = shape.baseW * (0.8 + 0.4 * noise(seed, 10, home, day, quarter));
  for (const [index, { hour: middle, width }] of PEAKS.entries()) {
    const ofDay = 0.5 + noise(seed, 11, home, day, index);
    const flicker = 0.6 + 0.8 * noise(seed, 12, home, day, quarter);
    watts += (shape.peaksW[index] ?? 0) * ofDay * flicker * Math.exp(-(((hour - middle) / width) ** 2));
  }
  const applianceStart = 32 + Math.floor(noise(seed, 13, home, day) * 48);
  if (noise(seed, 14, home, day) < 0.6 && runs(quarter, applianceStart, APPLIANCE_QUARTERS)) watts += APPLIANCE_W;
  const carStart = 66 + Math.floor(noise(seed, 15, home, day) * 12);
  if (noise(seed, 16, home, day) < 0.5 && runs(quarter, carStart, CAR_QUARTERS)) watts += shape.carW;
  return Math.round(watts * 250);
}
