/** Energy that passed a meter between two moments, as two non-negative amounts in Wh. */
export type Segment = {
  fromMs: number;
  toMs: number;
  importWh: number;
  exportWh: number;
  /** False: when within the segment it passed, or whether it is all, cannot be known. */
  known: boolean;
};

/** Wh that `fuseWatts` can carry in a time, rounded up, and one more: counters count whole Wh. */
export function mostWh(fuseWatts: number, elapsedMs: number): number {
  return Math.ceil((fuseWatts * elapsedMs) / 3_600_000) + 1;
}
