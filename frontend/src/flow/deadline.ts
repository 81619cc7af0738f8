const GOOD_FOR_SECONDS = 1_800;

/**
 * Until when a signature should be good: half an hour of the reader's time. On a simulated chain that is a long time.
 *
 * @param now - Unix seconds of the newest block.
 * @param speed - Chain seconds per second of the wall, if known.
 */
export function deadlineFrom(now: number, speed: number | undefined): bigint {
  return BigInt(Math.ceil(now + GOOD_FOR_SECONDS * Math.max(1, speed ?? 1)));
}
