/** When the head of the chain was seen: wall clock and chain clock. */
export type ClockSample = { wallMs: number; chainSeconds: number };

const KEPT = 30;
const MIN_WALL_MS = 5_000;

/** Appends a sample, keeping the newest 30: about half a minute at one block a second. */
export function addSample(samples: readonly ClockSample[], sample: ClockSample): ClockSample[] {
  return [...samples, sample].slice(-KEPT);
}

/**
 * How many seconds pass on the chain while one passes on the wall, or undefined while that cannot be told yet.
 * A simulated neighbourhood lives a day in about a minute; people need to know how long "three days" is.
 */
export function clockSpeed(samples: readonly ClockSample[]): number | undefined {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined || last.wallMs - first.wallMs < MIN_WALL_MS) return undefined;
  return Math.max(0, (last.chainSeconds - first.chainSeconds) / ((last.wallMs - first.wallMs) / 1000));
}

/** True if the chain's clock is so much faster than the wall that it must be a simulation. */
export function isSimulated(speed: number | undefined): boolean {
  return speed !== undefined && speed > 10;
}
