import type { Meaning, MeterConfig, Timing } from "../config/schema.ts";
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
};

export type ChannelStep = {
  /** Undefined: nothing to keep. */
  state: ChannelState | undefined;
  /** Energy of the channel, whatever it means. */
  segments: Segment[];
  /** The reading was the channel's first. */
  first: boolean;
  /** The reading could not be used, or not for what it shows. */
  refused?: { reason: RefusalReason; expected: string } | undefined;
  restarted: boolean;
};

/** Meanings that are powers, in W. */
export const POWER_MEANINGS: readonly Meaning[] = ["netPowerW", "checkPowerW", "generationW", "useW"];

/** Takes a reading of a channel. */
export function advanceChannel(
  state: ChannelState | undefined,
  reading: Reading & { arrivalMs: number },
  meter: Pick<MeterConfig, "fuseWatts" | "inputs">,
  timing: Pick<Timing, "powerHoldSeconds">,
): ChannelStep {
  if (reading.meaning === "generationWh" || reading.meaning === "generationW") return informative(state, reading);
  return POWER_MEANINGS.includes(reading.meaning)
    ? advancePowerChannel(state, reading, meter, timing)
    : advanceCounterChannel(state, reading, meter);
}

function advancePowerChannel(
  state: ChannelState | undefined,
  { timeMs, arrivalMs, value, input }: Reading & { arrivalMs: number },
  { fuseWatts, inputs }: Pick<MeterConfig, "fuseWatts" | "inputs">,
  { powerHoldSeconds }: Pick<Timing, "powerHoldSeconds">,
): ChannelStep {
  const kind = inputs.find((entry) => entry.input === input)?.powerIs ?? "mean";
  const limits = { kind, fuseWatts, holdMs: powerHoldSeconds * 1000 };
  const step = advancePower(state?.power, { timeMs, milliwatts: value }, limits);
  if (step.outcome === "refused") return refusal(step.reason, `at most ${fuseWatts} W, and later${since(state)}`);
  return {
    state: { arrivalMs, timeMs, power: step.state },
    segments: step.outcome === "first" ? [] : step.segments,
    first: step.outcome === "first",
    ...(step.saturated ? { refused: { reason: "saturated", expected: "less than 32767 W, where 16 bits end" } } : {}),
    restarted: false,
  };
}

function advanceCounterChannel(
  state: ChannelState | undefined,
  { timeMs, arrivalMs, value, meaning }: Reading & { arrivalMs: number },
  { fuseWatts }: Pick<MeterConfig, "fuseWatts">,
): ChannelStep {
  // What a circuit used can only grow.
  const counts = meaning === "exportWh" || meaning === "netWh" ? meaning : "importWh";
  const step = advanceCounter(state?.counter, { timeMs, value }, { meaning: counts, fuseWatts });
  switch (step.outcome) {
    case "refused":
      return refusal(step.reason, `a time${since(state)}`);
    case "held":
      return {
        ...refusal(step.reason, `a counter that moves by at most ${fuseWatts} W x elapsed time${since(state)}`),
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

/** Generation is behind the meter and never billed: only the last value is kept. */
function informative(
  state: ChannelState | undefined,
  { timeMs, arrivalMs, value }: Reading & { arrivalMs: number },
): ChannelStep {
  if (state !== undefined && timeMs < state.timeMs) return refusal("out-of-order", `a time${since(state)}`);
  const counter: CounterState = { timeMs, value, suspects: [] };
  return { state: { arrivalMs, timeMs, counter }, segments: [], first: state === undefined, restarted: false };
}

function refusal(reason: RefusalReason, expected: string): ChannelStep {
  return { state: undefined, segments: [], first: false, refused: { reason, expected }, restarted: false };
}

/** " after ..." what was there before. */
function since(state: ChannelState | undefined): string {
  if (state === undefined) return "";
  const { counter, power, timeMs } = state;
  const value = counter !== undefined ? `${counter.value} Wh` : `${(power?.milliwatts ?? 0) / 1000} W`;
  return ` after ${value} at ${new Date(timeMs).toISOString()}`;
}
