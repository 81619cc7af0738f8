import type { Segment } from "./segment.ts";

/** What is remembered of a power channel. */
export type PowerState = {
  timeMs: number;
  milliwatts: number;
  /** Energy below 1 Wh not yet handed on, in milliwatt-milliseconds. */
  importRest: number;
  exportRest: number;
};

export type PowerStep =
  | { outcome: "first"; state: PowerState }
  | { outcome: "advanced"; state: PowerState; segments: Segment[] }
  | { outcome: "refused"; reason: "duplicate" | "out-of-order" | "spike" };

/** Milliwatt-milliseconds in 1 Wh. */
const WH = 3_600_000_000;

/**
 * Takes the next sample of a net power channel: + is import, - is export. A power is taken to hold until the next
 * sample, at most `holdMs`; beyond that nothing is known, and nothing is counted.
 */
export function advancePower(
  state: PowerState | undefined,
  { timeMs, milliwatts }: { timeMs: number; milliwatts: number },
  { fuseWatts, holdMs }: { fuseWatts: number; holdMs: number },
): PowerStep {
  if (state !== undefined && timeMs === state.timeMs) return { outcome: "refused", reason: "duplicate" };
  if (state !== undefined && timeMs < state.timeMs) return { outcome: "refused", reason: "out-of-order" };
  if (Math.abs(milliwatts) > fuseWatts * 1000) return { outcome: "refused", reason: "spike" };
  if (state === undefined) return { outcome: "first", state: { timeMs, milliwatts, importRest: 0, exportRest: 0 } };

  const known = timeMs - state.timeMs <= holdMs;
  // At most 10^11 mW x 3.6 x 10^6 ms: the product may pass 2^53, so it is taken in bigint.
  const energy = known ? BigInt(state.milliwatts) * BigInt(timeMs - state.timeMs) : 0n;
  const imported = carry(state.importRest, energy > 0n ? energy : 0n);
  const exported = carry(state.exportRest, energy < 0n ? -energy : 0n);
  return {
    outcome: "advanced",
    state: { timeMs, milliwatts, importRest: imported.rest, exportRest: exported.rest },
    segments: [{ fromMs: state.timeMs, toMs: timeMs, importWh: imported.wh, exportWh: exported.wh, known }],
  };
}

function carry(rest: number, energy: bigint): { wh: number; rest: number } {
  const total = BigInt(rest) + energy;
  return { wh: Number(total / BigInt(WH)), rest: Number(total % BigInt(WH)) };
}
