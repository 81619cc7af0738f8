/**
 * A number in [0, 1) that depends on its keys alone: the same street grows in every run, and any day of it can be had
 * without the days before. (32-bit mixing in the manner of MurmurHash3's finaliser.)
 */
export function noise(...keys: readonly number[]): number {
  let hash = 0x9e3779b9;
  for (const key of keys) {
    hash = Math.imul(hash ^ (key | 0), 0x85ebca6b);
    hash ^= hash >>> 13;
    hash = Math.imul(hash, 0xc2b2ae35);
    hash ^= hash >>> 16;
  }
  return (hash >>> 0) / 2 ** 32;
}
