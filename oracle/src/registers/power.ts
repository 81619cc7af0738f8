import type { Segment } from "./segment.ts";

/** What is remembered of a power channel. */
export type PowerState = {
  timeMs: number;
  milliwatts: number;
  /** Energy below 1 Wh not yet handed on, in milliwatt-milliseconds. */
  importRest: number;
  exportRest: number;
};

/**
 * What a power is said of. `mean`: it is the mean of the time since the message before. Meters that sample continuously send
 * that (emonPi2, emonTx4 and 5, IoTaWatt); of those that look once before they send (emonPi), it is as good as any other.
 * `momentary`: it is the power at the moment of the message, and stays until the next says otherwise. Devices that send
 * whenever it changes mean that (Shelly).
 */
export type PowerKind = "mean" | "momentary";

export type PowerLimits = {
  kind: PowerKind;
  fuseWatts: number;
  /** A power speaks for at most this long: longer gaps mean that messages are lost. */
  holdMs: number;
};

export type PowerStep =
  | { outcome: "first"; state: PowerState; saturated: boolean }
  | { outcome: "advanced"; state: PowerState; segments: Segment[]; saturated: boolean }
  | { outcome: "refused"; reason: "duplicate" | "out-of-order" | "spike" };

/** Milliwatt-milliseconds in 1 Wh. */
const WH = 3_600_000_000;
/** The ends of a 16-bit power in W: what stands there may be any power beyond. */
const SATURATED: readonly number[] = [32_767_000, -32_767_000, -32_768_000];

/** Whether a power stands at the end of its 16 bits, and is no measurement. */
export function isSaturated(milliwatts: number): boolean {
  return SATURATED.includes(milliwatts);
}

/**
 * Takes the next sample of a net power channel: + is import, - is export. Each power counts for the time that its kind
 * says, at most `holdMs` of it; of the rest nothing is known, and nothing is counted. Nor is anything for the time of a
 * power at the end of its 16 bits, which is no measurement.
 */
export function advancePower(
  state: PowerState | undefined,
  { timeMs, milliwatts }: { timeMs: number; milliwatts: number },
  { kind, fuseWatts, holdMs }: PowerLimits,
): PowerStep {
  if (state !== undefined && timeMs === state.timeMs) return { outcome: "refused", reason: "duplicate" };
  if (state !== undefined && timeMs < state.timeMs) return { outcome: "refused", reason: "out-of-order" };
  if (Math.abs(milliwatts) > fuseWatts * 1000) return { outcome: "refused", reason: "spike" };
  const saturated = isSaturated(milliwatts);
  if (state === undefined)
    return { outcome: "first", state: { timeMs, milliwatts, importRest: 0, exportRest: 0 }, saturated };

  const power = kind === "mean" ? milliwatts : state.milliwatts;
  const coveredMs = isSaturated(power) ? 0 : Math.min(timeMs - state.timeMs, holdMs);
  const splitMs = kind === "mean" ? timeMs - coveredMs : state.timeMs + coveredMs;
  // At most 10^11 mW x 3.6 x 10^6 ms: the product may pass 2^53, so it is taken in bigint.
  const energy = BigInt(power) * BigInt(coveredMs);
  const imported = carry(state.importRest, energy > 0n ? energy : 0n);
  const exported = carry(state.exportRest, energy < 0n ? -energy : 0n);
  const known = { importWh: imported.wh, exportWh: exported.wh, known: true };
  const unknown = { importWh: 0, exportWh: 0, known: false };
  const [before, after] = kind === "mean" ? [unknown, known] : [known, unknown];
  const segments = [
    { fromMs: state.timeMs, toMs: splitMs, ...before },
    { fromMs: splitMs, toMs: timeMs, ...after },
  ].filter(({ fromMs, toMs }) => toMs > fromMs);
  const next = { timeMs, milliwatts, importRest: imported.rest, exportRest: exported.rest };
  return { outcome: "advanced", state: next, segments, saturated };
}

function carry(rest: number, energy: bigint): { wh: number; rest: number } {
  const total = BigInt(rest) + energy;
  return { wh: Number(total / BigInt(WH)), rest: Number(total % BigInt(WH)) };
}
