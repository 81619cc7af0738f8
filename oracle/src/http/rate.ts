/** Lets so many requests a minute through for each name. */
export type RateLimit = {
  /** Takes one; false when there is none left. */
  take(name: string): boolean;
};

/**
 * A bucket for each name that fills up steadily. The table is bounded: when it is full, the name that has been quiet for
 * longest is forgotten, which a full bucket equals.
 *
 * @param nowMs - A clock that never goes back.
 */
export function createRateLimit(perMinute: number, maxNames: number, nowMs: () => number): RateLimit {
  const buckets = new Map<string, { left: number; atMs: number }>();
  return {
    take(name) {
      const atMs = nowMs();
      const bucket = buckets.get(name) ?? { left: perMinute, atMs };
      const left = Math.min(perMinute, bucket.left + ((atMs - bucket.atMs) * perMinute) / 60_000);
      // Set anew, so that the map's order is that of the last use.
      buckets.delete(name);
      buckets.set(name, { left: left >= 1 ? left - 1 : left, atMs });
      if (buckets.size > maxNames) {
        const oldest = buckets.keys().next();
        if (oldest.done !== true) buckets.delete(oldest.value);
      }
      return left >= 1;
    },
  };
}
