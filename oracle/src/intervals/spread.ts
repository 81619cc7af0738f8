import { ESTIMATED, MEASURED, MISSING, type Quality } from "@commonwatt/sdk/profile";
import {
  dayOf,
  dayEnd,
  dayStart,
  type Interval,
  interval as asInterval,
  intervalOf,
  intervalStart,
  SECONDS_PER_INTERVAL,
} from "@commonwatt/sdk/time";

import type { Segment } from "../registers/segment.ts";

/** Energy for one interval, Wh, and what it says of the interval's quality. */
export type Deposit = { interval: Interval; importWh: number; exportWh: number; quality: Quality };

export type Gaps = {
  maxGapMs: number;
  measuredGapMs: number;
  /** Parts what passed in a gap by its days, so that some of them can be dropped. */
  byDay?: boolean;
};

const INTERVAL_MS = SECONDS_PER_INTERVAL * 1000;

/**
 * Spreads a segment over the intervals it touches, linearly by time, in whole Wh: the parts add up to the whole. A segment
 * longer than `maxGapMs`, or not known, makes all it touches missing; its energy goes to the last of them, so that it is
 * in the register from there on.
 */
export function spread(segment: Segment, { maxGapMs, measuredGapMs, byDay = false }: Gaps): Deposit[] {
  const { fromMs, toMs, importWh, exportWh } = segment;
  const first = intervalOf(fromMs / 1000);
  const last = lastTouched(toMs);
  if (toMs <= fromMs) return [];
  if (!segment.known || toMs - fromMs > maxGapMs) return missing(segment, first, last, byDay);
  const quality = last > first && toMs - fromMs > measuredGapMs ? ESTIMATED : MEASURED;
  return range(first, last).map((interval) => {
    const begin = Math.max(intervalStart(interval) * 1000, fromMs);
    const end = Math.min(intervalStart(interval) * 1000 + INTERVAL_MS, toMs);
    const share = (wh: number) => portion(wh, end - fromMs, toMs - fromMs) - portion(wh, begin - fromMs, toMs - fromMs);
    return { interval, importWh: share(importWh), exportWh: share(exportWh), quality };
  });
}

/** Before a channel's first reading nothing is known of that day. */
export function spreadBeforeFirst(timeMs: number): Deposit[] {
  const fromMs = dayStart(dayOf(timeMs / 1000)) * 1000;
  return spread({ fromMs, toMs: timeMs, importWh: 0, exportWh: 0, known: false }, { maxGapMs: 0, measuredGapMs: 0 });
}

/** Days wholly inside the gap get no profile: only the intervals of its first and last day need marking. */
function missing(segment: Segment, first: Interval, last: Interval, byDay: boolean): Deposit[] {
  const { fromMs, importWh, exportWh } = segment;
  const endOfFirstDay = asInterval(dayEnd(dayOf(fromMs / 1000)) / SECONDS_PER_INTERVAL - 1);
  const startOfLastDay = asInterval(dayStart(dayOf(intervalStart(last))) / SECONDS_PER_INTERVAL);
  const touched =
    startOfLastDay <= first ? range(first, last) : [...range(first, endOfFirstDay), ...range(startOfLastDay, last)];
  const parts = byDay ? partsByDay(segment, last) : new Map([[last, { importWh, exportWh }]]);
  return [...new Set([...touched, ...parts.keys()])]
    .sort((a, b) => a - b)
    .map((interval) => ({ interval, ...(parts.get(interval) ?? { importWh: 0, exportWh: 0 }), quality: MISSING }));
}

/** Of each day its part by time, in the last interval that the gap has of it. */
function partsByDay({ fromMs, toMs, importWh, exportWh }: Segment, last: Interval) {
  const parts = new Map<Interval, { importWh: number; exportWh: number }>();
  const before = (wh: number, ms: number) => portion(wh, ms - fromMs, toMs - fromMs);
  let beginMs = fromMs;
  while (beginMs < toMs) {
    const endMs = Math.min(dayEnd(dayOf(beginMs / 1000)) * 1000, toMs);
    const share = (wh: number) => before(wh, endMs) - before(wh, beginMs);
    const interval = endMs === toMs ? last : lastTouched(endMs);
    parts.set(interval, { importWh: share(importWh), exportWh: share(exportWh) });
    beginMs = endMs;
  }
  return parts;
}

/** floor(wh x part / whole). */
function portion(wh: number, part: number, whole: number): number {
  const product = wh * part;
  return Number.isSafeInteger(product)
    ? Math.floor(product / whole)
    : Number((BigInt(wh) * BigInt(part)) / BigInt(whole));
}

/** The interval that contains the moment just before `toMs`. */
function lastTouched(toMs: number): Interval {
  return intervalOf(Math.max(toMs - 1, 0) / 1000);
}

function range(first: Interval, last: Interval): Interval[] {
  return Array.from({ length: last - first + 1 }, (_, index) => asInterval(first + index));
}
