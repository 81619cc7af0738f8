import { mostWh, type Segment } from "./segment.ts";

/** A counter's value at a moment. */
export type Sample = { timeMs: number; value: number };

/** What is remembered of a counter. */
export type CounterState = Sample & {
  /** Implausible samples since, oldest first: a glitch until they prove to be a restart. */
  suspects: readonly Sample[];
  /** The last sample before a restart to 0, as long as the counter stays there: the restart may have been a glitch. */
  before?: Sample | undefined;
};

export type CounterKind = { meaning: "importWh" | "exportWh" | "netWh"; fuseWatts: number };

export type CounterStep =
  | { outcome: "first"; state: CounterState }
  | { outcome: "advanced"; state: CounterState; segments: Segment[]; restarted: boolean }
  | { outcome: "held"; state: CounterState; reason: "spike" | "counter-fell" | "counter-zero" | "unconfirmed" }
  | { outcome: "refused"; reason: "duplicate" | "out-of-order" };

/** So many samples, over so long, that continue each other but not what was before make a restart. */
const RESTART_SAMPLES = 3;
const RESTART_MS = 60_000;
/** More suspects than this are thinned: a fast meter can send many within the minute. */
const MAX_SUSPECTS = 64;
const INT32_SPAN = 2 ** 32;
const INT31_SPAN = 2 ** 31;
/** After so long a fuse allows almost anything: a change above the few Wh below needs a second sample to say the same. */
const LONG_GAP_MS = 3_600_000;
const SMALL_CHANGE_WH = 1_000;
/** A net counter that comes this much closer to 0 than it moved has more likely restarted than exported just that. */
const RESTART_RATIO = 8;

/**
 * Takes the next sample of a cumulative counter.
 *
 * A sample that no fuse would allow is held back, not used. If the counter then continues where it was, the glitch has
 * cost nothing and invented nothing; if it keeps continuing from the new value, the counter has restarted. After a long
 * gap, when the fuse allows a lot, two samples have to agree.
 */
export function advanceCounter(state: CounterState | undefined, sample: Sample, kind: CounterKind): CounterStep {
  if (state === undefined) return { outcome: "first", state: { ...sample, suspects: [] } };
  const last = state.suspects.at(-1) ?? state;
  if (sample.timeMs === last.timeMs) return { outcome: "refused", reason: "duplicate" };
  if (sample.timeMs < last.timeMs) return { outcome: "refused", reason: "out-of-order" };

  const returned = returnFromZero(state, sample, kind);
  if (returned !== undefined) return advanced(sample, [returned], false);
  const change = plausibleChange(state, sample, kind);
  if (change !== undefined && !isSuspiciousZero(state, sample)) {
    const isWitnessed = passedThroughZero(state, sample, kind) || confirms(state, sample, kind);
    if (isWitnessed) return advanced(sample, segmentsAlong([state, ...state.suspects, sample], kind), false, state);
    if (!needsWitness(state, sample, change))
      return advanced(sample, [segment(state, sample, change, kind)], false, state);
  }
  const suspects = continues(state.suspects, sample, kind) ? thin([...state.suspects, sample]) : [sample];
  if (suspects.length >= RESTART_SAMPLES && sample.timeMs - (suspects[0] ?? sample).timeMs >= RESTART_MS) {
    return restarted(state, suspects, kind);
  }
  const reason = change !== undefined && sample.value !== 0 ? "unconfirmed" : reasonOf(state, sample);
  return { outcome: "held", state: { ...state, suspects }, reason };
}

function advanced(sample: Sample, segments: Segment[], restart: boolean, previous?: CounterState): CounterStep {
  const before = sample.value === 0 ? previous?.before : undefined;
  return {
    outcome: "advanced",
    state: { ...sample, suspects: [], ...(before === undefined ? {} : { before }) },
    segments,
    restarted: restart,
  };
}

/** The counter goes on from the first of the suspects. What passed before that is known in part at most. */
function restarted(state: CounterState, suspects: readonly Sample[], kind: CounterKind): CounterStep {
  const first = suspects[0] ?? state;
  const last = suspects.at(-1) ?? state;
  // A net counter that fell to 0 within the fuse and stayed there: export, then nothing.
  if (plausibleChange(state, first, kind) !== undefined)
    return advanced(last, segmentsAlong([state, ...suspects], kind), false);
  // A counter that fell began again at 0, so what it shows has passed since, if it can have.
  const sinceZero = Math.abs(first.value) < Math.abs(state.value) ? first.value : 0;
  const change = isPossible(sinceZero, first.timeMs - state.timeMs, kind) ? sinceZero : 0;
  const segments = [{ ...segment(state, first, change, kind), known: false }, ...segmentsAlong(suspects, kind)];
  const step = advanced(last, segments, true);
  if (step.outcome !== "advanced" || last.value !== 0 || first.value !== 0) return step;
  return { ...step, state: { ...step.state, before: { timeMs: state.timeMs, value: state.value } } };
}

/** After a restart to 0 the old value comes back: it was a long glitch, and what passed meanwhile is the difference. */
function returnFromZero(state: CounterState, sample: Sample, kind: CounterKind): Segment | undefined {
  if (state.before === undefined || sample.value === 0) return undefined;
  const change = difference(state.before, sample, kind);
  if (change === undefined || Math.abs(change) >= Math.abs(sample.value)) return undefined;
  return segment(state, sample, change, kind);
}

/** A counter may truly come by 0, falling or wrapping, yet a reading of exactly 0 is more often a glitch: the next one tells. */
function isSuspiciousZero(state: CounterState, sample: Sample): boolean {
  return sample.value === 0 && state.value !== 0;
}

/** The held zeros were true when the counter then went on from 0 rather than from where it was before. */
function passedThroughZero(state: CounterState, sample: Sample, kind: CounterKind): boolean {
  const [first] = state.suspects;
  return (
    first !== undefined &&
    state.suspects.every(({ value }) => value === 0) &&
    plausibleChange(state, first, kind) !== undefined &&
    continues(state.suspects, sample, kind) &&
    Math.abs(sample.value) <= Math.abs(sample.value - state.value)
  );
}

/** After a long gap the sample goes on from those that waited for it. */
function confirms(state: CounterState, sample: Sample, kind: CounterKind): boolean {
  const [first] = state.suspects;
  if (first === undefined || first.value === 0) return false;
  return plausibleChange(state, first, kind) !== undefined && continues(state.suspects, sample, kind);
}

function needsWitness(from: Sample, to: Sample, change: number): boolean {
  return to.timeMs - from.timeMs > LONG_GAP_MS && Math.abs(change) > SMALL_CHANGE_WH;
}

/** The change in Wh, unless the fuse forbids it or it looks like a net counter that began again at 0. */
function plausibleChange(from: Sample, to: Sample, kind: CounterKind): number | undefined {
  const change = difference(from, to, kind);
  if (change === undefined || kind.meaning !== "netWh" || Math.abs(change) <= SMALL_CHANGE_WH) return change;
  // Both are possible then: that it moved to just there, or that it restarted. What is not certain is not billed.
  return Math.abs(to.value) * RESTART_RATIO <= Math.abs(change) ? undefined : change;
}

function continues(suspects: readonly Sample[], sample: Sample, kind: CounterKind): boolean {
  const last = suspects.at(-1);
  return last !== undefined && difference(last, sample, kind) !== undefined;
}

/** Change between two samples in Wh if the fuse allows it, a wrapped int32 counter included; undefined otherwise. */
function difference(from: Sample, to: Sample, kind: CounterKind): number | undefined {
  const plain = to.value - from.value;
  return [plain, plain + INT32_SPAN, plain + INT31_SPAN, plain - INT32_SPAN, plain - INT31_SPAN].find((change) =>
    isPossible(change, to.timeMs - from.timeMs, kind),
  );
}

function isPossible(change: number, elapsedMs: number, { meaning, fuseWatts }: CounterKind): boolean {
  return (change >= 0 || meaning === "netWh") && Math.abs(change) <= mostWh(fuseWatts, elapsedMs);
}

function segmentsAlong(path: readonly Sample[], kind: CounterKind): Segment[] {
  return path.slice(1).map((to, index) => {
    const from = path[index] ?? to;
    return segment(from, to, difference(from, to, kind) ?? 0, kind);
  });
}

function segment(from: Sample, to: Sample, change: number, { meaning }: CounterKind): Segment {
  const rise = Math.max(change, 0);
  const fall = Math.max(-change, 0);
  const importWh = meaning === "exportWh" ? 0 : rise;
  const exportWh = meaning === "exportWh" ? rise : fall;
  return { fromMs: from.timeMs, toMs: to.timeMs, importWh, exportWh, known: true };
}

function reasonOf(state: CounterState, sample: Sample): "spike" | "counter-fell" | "counter-zero" {
  if (sample.value === 0) return "counter-zero";
  return sample.value < state.value ? "counter-fell" : "spike";
}

/** Keeps the first and the newest; the ones between only add resolution. */
function thin(suspects: readonly Sample[]): readonly Sample[] {
  return suspects.length <= MAX_SUSPECTS
    ? suspects
    : suspects.filter((_, index) => index % 2 === 0 || index === suspects.length - 1);
}
