import { ANNOUNCEMENT_DAYS } from "@commonwatt/sdk/settlement/window";
import { type Day, dayEnd, dayOf } from "@commonwatt/sdk/time";

import type { MeterView, View } from "./view.ts";

/** A profile whose day closed without it. */
export type LateProfile = { id: number; meter: number; day: Day };

/** What to do now, or until when there is nothing to do. Moments are unix seconds. */
export type Step =
  /** Open the day's window for these meters; `missing` share too, but their profiles are not there. */
  | { do: "announce"; day: Day; bitmap: bigint; meters: number[]; missing: number[] }
  | { do: "settle"; day: Day }
  | { do: "late"; profiles: LateProfile[] }
  | { do: "apply"; meters: number[] }
  | { do: "wait"; for: "profiles"; until: number; awaited: number[] }
  | { do: "wait"; for: "window" | "hour"; until: number }
  /** `until`: the next moment at which time alone may change that. */
  | { do: "nothing"; until: number | undefined };

/** Most transactions or meters of one step: the rest comes with the next. */
export const MOST_AT_ONCE = 32;

/**
 * What the operator does next about the day settlement. A function of the view alone, so that a restart at any point
 * decides the same.
 *
 * While a window is open nothing but settling helps. Otherwise the past comes first: days that closed without their
 * profiles, for a change that is applied closes them for good; then changes that are due; then the next day.
 */
export function nextStep(view: View): Step {
  if (!view.enabled) return { do: "nothing", until: undefined };
  if (view.window !== undefined) return inWindow(view, view.window);
  const late = lateProfiles(view);
  if (late.length > 0) return { do: "late", profiles: late.slice(0, MOST_AT_ONCE) };
  const changed = view.meters.filter((meter) => meter.changes.some((effectiveDay) => isDue(effectiveDay, meter, view)));
  if (changed.length > 0) return { do: "apply", meters: changed.slice(0, MOST_AT_ONCE).map(({ meter }) => meter) };
  return betweenWindows(view);
}

function inWindow({ now, paused }: View, { day, settlesFrom, closesAt }: NonNullable<View["window"]>): Step {
  // Paused, the window runs out.
  if (paused) return { do: "nothing", until: closesAt };
  if (now < settlesFrom) return { do: "wait", for: "hour", until: settlesFrom };
  return { do: "settle", day };
}

function lateProfiles({ meters, next }: View): LateProfile[] {
  return meters
    .filter(({ shares }) => shares)
    .flatMap(({ meter, profiles }) => {
      // A meter's days go in order: while its first waits, the next would overtake it.
      const [first] = profiles;
      return first !== undefined && first.day < next.day && first.ready
        ? [{ id: first.id, meter, day: first.day }]
        : [];
    });
}

/**
 * The contract's rule, for a call that applies nothing costs gas and is made again; and one of our own: what can still be
 * recorded is not closed by the change. The contract keeps the days of a meter that trades by itself open for as long as
 * a day can be announced, whatever the change is.
 */
function isDue(effectiveDay: number, meter: MeterView, { now, next }: View): boolean {
  const eve = effectiveDay - 1;
  const { lastDay, unrecordedDay, sharing } = meter;
  const unrecorded = unrecordedDay !== undefined && unrecordedDay <= eve;
  const isClosed = sharing ? eve < next.day : dayOf(now) > eve + ANNOUNCEMENT_DAYS;
  return effectiveDay <= dayOf(now) && (lastDay >= eve || isClosed) && !unrecorded;
}

function betweenWindows(view: View): Step {
  const { now, next, meters, paused } = view;
  // Where nobody shares, no day has to be closed; who is queued to share needs the days before closed.
  const isNeeded = meters.some(({ shares, joinsOn }) => shares || joinsOn !== undefined);
  if (!isNeeded || paused) return { do: "nothing", until: undefined };
  const end = dayEnd(next.day);
  if (now < end) return { do: "nothing", until: Math.max(end, next.opensAt) };
  if (now < next.opensAt) return { do: "wait", for: "window", until: next.opensAt };
  const here = meters.filter((meter) => meter.shares && has(meter, next.day));
  const awaited = meters.filter((meter) => isAwaited(meter, next.day)).map(({ meter }) => meter);
  const deadline = deadlineOf(view);
  if (awaited.length > 0 && view.closedAsOf < deadline) {
    return { do: "wait", for: "profiles", until: deadline, awaited };
  }
  const bitmap = here.reduce((bits, { seat }) => bits | (1n << BigInt(seat)), 0n);
  return { do: "announce", day: next.day, bitmap, meters: here.map(({ meter }) => meter), missing: awaited };
}

/** Shares on the day, or will as soon as its earlier days are recorded, and its profile is not there. */
function isAwaited(meter: MeterView, day: Day): boolean {
  if (!meter.shares) return meter.joinsOn !== undefined && meter.joinsOn <= day;
  return meter.lastDay < day && !has(meter, day);
}

function has({ profiles }: MeterView, day: Day): boolean {
  return profiles.some((profile) => profile.day === day);
}

/** Profiles are waited for until then: of a day that ended while this oracle was down, at least for the grace. */
function deadlineOf({ next, deadlineSeconds, startedAt, graceSeconds }: View): number {
  return Math.max(dayEnd(next.day) + deadlineSeconds, startedAt + graceSeconds, next.opensAt);
}
