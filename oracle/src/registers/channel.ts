import type { MeterConfig, Timing } from "../config/schema.ts";
import type { Reading } from "../readings/readings.ts";
import type { RefusalReason } from "../sources/message.ts";
import { advanceCounter, type CounterState } from "./counter.ts";
import { advancePower, type PowerState } from "./power.ts";
import type { Segment } from "./segment.ts";

/** What is kept of one input of a meter. */
export type ChannelState = {
  /** When the last reading that was used arrived, by the oracle's clock. */
  arrivalMs: number;
  /** Time of the last reading that was used: up to here the channel's energy is known. */
  timeMs: number;
  counter?: CounterState | undefined;
  power?: PowerState | undefined;
  /** Of a power that is only compared: its energy and the time it covers since the last comparison. */
  sinceCheck?: { netWh: number; knownMs: number } | undefined;
};

export type ChannelStep = {
  /** Undefined: nothing to keep. */
  state: ChannelState | undefined;
  segments: Segment[];
  /** The reading was the channel's first. */
  first: boolean;
  refused?: { reason: RefusalReason; expected: string } | undefined;
  restarted: boolean;
};

/** Takes a reading of a billing channel: a counter or a power. */
export function advanceChannel(
  state: ChannelState | undefined,
  reading: Reading & { arrivalMs: number },
  meter: Pick<MeterConfig, "fuseWatts">,
  timing: Pick<Timing, "powerHoldSeconds">,
): ChannelStep {
  const { timeMs, arrivalMs, value, meaning } = reading;
  const since = state === undefined ? "" : ` after ${describe(state)}`;
  if (meaning === "netPowerW" || meaning === "checkPowerW") {
    const holdMs = timing.powerHoldSeconds * 1000;
    const step = advancePower(state?.power, { timeMs, milliwatts: value }, { fuseWatts: meter.fuseWatts, holdMs });
    if (step.outcome === "refused") return refusal(step.reason, `at most ${meter.fuseWatts} W, and later${since}`);
    const segments = step.outcome === "first" ? [] : step.segments;
    const next = { arrivalMs, timeMs, power: step.state };
    const first = step.outcome === "first";
    if (meaning === "netPowerW") return { state: next, segments, first, restarted: false };
    return { state: { ...next, sinceCheck: sum(state?.sinceCheck, segments) }, segments: [], first, restarted: false };
  }
  if (meaning === "generationWh" || meaning === "generationW" || meaning === "useWh" || meaning === "useW") {
    return informative(state, reading);
  }
  const step = advanceCounter(state?.counter, { timeMs, value }, { meaning, fuseWatts: meter.fuseWatts });
  switch (step.outcome) {
    case "refused":
      return refusal(step.reason, `a time${since}`);
    case "held":
      return {
        ...refusal(step.reason, `a counter that moves by at most ${meter.fuseWatts} W x elapsed time${since}`),
        state: { ...(state ?? { arrivalMs, timeMs }), counter: step.state },
      };
    case "first":
      return { state: { arrivalMs, timeMs, counter: step.state }, segments: [], first: true, restarted: false };
    case "advanced":
      return {
        state: { arrivalMs, timeMs, counter: step.state },
        segments: step.segments,
        first: false,
        restarted: step.restarted,
      };
  }
}

function sum(since: ChannelState["sinceCheck"], segments: readonly Segment[]): { netWh: number; knownMs: number } {
  const total = { netWh: since?.netWh ?? 0, knownMs: since?.knownMs ?? 0 };
  for (const { importWh, exportWh, fromMs, toMs } of segments.filter(({ known }) => known)) {
    total.netWh += importWh - exportWh;
    total.knownMs += toMs - fromMs;
  }
  return total;
}

/** Generation is behind the meter and never billed: only the last value is kept. */
function informative(
  state: ChannelState | undefined,
  { timeMs, arrivalMs, value }: Reading & { arrivalMs: number },
): ChannelStep {
  if (state !== undefined && timeMs < state.timeMs) return refusal("out-of-order", `a time after ${describe(state)}`);
  const counter: CounterState = { timeMs, value, suspects: [] };
  return { state: { arrivalMs, timeMs, counter }, segments: [], first: state === undefined, restarted: false };
}

function refusal(reason: RefusalReason, expected: string): ChannelStep {
  return { state: undefined, segments: [], first: false, refused: { reason, expected }, restarted: false };
}

function describe({ counter, power, timeMs }: ChannelState): string {
  const value = counter !== undefined ? `${counter.value} Wh` : `${(power?.milliwatts ?? 0) / 1000} W`;
  return `${value} at ${new Date(timeMs).toISOString()}`;
}
