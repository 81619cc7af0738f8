import { type Day, day, dayEnd, dayStart } from "@commonwatt/sdk/time";
import { describe, expect, test } from "vitest";

import { MOST_AT_ONCE, nextStep } from "./next-step.ts";
import type { MeterView, View } from "./view.ts";

const DAY = day(20_600);
const END = dayEnd(DAY);
const HOUR = 3_600;

const profile = (of: Day, ready = true) => ({ id: of * 10, day: of, ready });

/** A sharing meter, its last day consumed the eve of `DAY`. */
function meter(number: number, changes: Partial<MeterView> = {}): MeterView {
  return {
    meter: number,
    seat: number,
    sharing: changes.shares ?? true,
    shares: true,
    lastDay: DAY - 1,
    changes: [],
    joinsOn: undefined,
    profiles: [],
    unrecordedDay: undefined,
    ...changes,
  };
}

/** `DAY` is over by a minute, its window may open, nothing has happened. */
function view(changes: Partial<View> = {}): View {
  const now = changes.now ?? END + 60;
  return {
    now,
    closedAsOf: now,
    startedAt: dayStart(DAY),
    graceSeconds: HOUR,
    deadlineSeconds: 6 * HOUR,
    enabled: true,
    paused: false,
    window: undefined,
    next: { day: DAY, opensAt: END },
    meters: [meter(1, { profiles: [profile(DAY)] }), meter(2, { profiles: [profile(DAY)] })],
    ...changes,
  };
}

const open = { day: DAY, settlesFrom: END + HOUR + 60, closesAt: END + 2 * HOUR + 60 };
const after = { day: day(DAY + 1), opensAt: END + 20 * HOUR };

describe("with a window open, the operator", () => {
  test("leaves the first hour to members who were left out", () => {
    const step = { do: "wait", for: "hour", until: open.settlesFrom };
    expect(nextStep(view({ window: open }))).toEqual(step);
    expect(nextStep(view({ window: open, now: open.settlesFrom - 1 }))).toEqual(step);
  });

  test("settles from the second the hour is over", () => {
    expect(nextStep(view({ window: open, now: open.settlesFrom }))).toEqual({ do: "settle", day: DAY });
    expect(nextStep(view({ window: open, now: open.closesAt - 1 }))).toEqual({ do: "settle", day: DAY });
  });

  test("settles a day that was announced for nobody too: the next waits for it", () => {
    const meters = [meter(1)];
    expect(nextStep(view({ window: open, now: open.settlesFrom, meters }))).toEqual({ do: "settle", day: DAY });
  });

  test("does nothing else, whatever is due", () => {
    const meters = [meter(1, { changes: [DAY], profiles: [profile(day(DAY - 1)), profile(DAY)] })];
    expect(nextStep(view({ window: open, meters }))).toMatchObject({ do: "wait", for: "hour" });
  });

  test("lets it run out when the settlement is paused", () => {
    const paused = view({ window: open, paused: true, now: open.settlesFrom });
    expect(nextStep(paused)).toEqual({ do: "nothing", until: open.closesAt });
  });
});

describe("a day is announced", () => {
  test("as soon as every sharing meter's profile is there, with the seats of those meters", () => {
    const meters = [meter(7, { seat: 0, profiles: [profile(DAY)] }), meter(8, { seat: 255, profiles: [profile(DAY)] })];
    expect(nextStep(view({ meters }))).toEqual({
      do: "announce",
      day: DAY,
      bitmap: 1n | (1n << 255n),
      meters: [7, 8],
      missing: [],
    });
  });

  test("not before it is over", () => {
    const early = view({ now: END - 1 });
    expect(nextStep(early)).toEqual({ do: "nothing", until: END });
  });

  test("not before its window may open", () => {
    const next = { day: DAY, opensAt: END + 100 };
    expect(nextStep(view({ next }))).toEqual({ do: "wait", for: "window", until: END + 100 });
    expect(nextStep(view({ next, now: END + 100 }))).toMatchObject({ do: "announce" });
  });

  test("of which nothing can be said before the later of its end and the window, when it is not over", () => {
    const next = { day: DAY, opensAt: END + 100 };
    expect(nextStep(view({ next, now: END - 1 }))).toEqual({ do: "nothing", until: END + 100 });
  });

  test("without a meter whose profile is missing, at the deadline and not before", () => {
    const meters = [meter(1, { profiles: [profile(DAY)] }), meter(2)];
    const deadline = END + 6 * HOUR;
    const waits = { do: "wait", for: "profiles", until: deadline, awaited: [2] };
    expect(nextStep(view({ meters }))).toEqual(waits);
    expect(nextStep(view({ meters, now: deadline - 1 }))).toEqual(waits);
    expect(nextStep(view({ meters, now: deadline }))).toEqual({
      do: "announce",
      day: DAY,
      bitmap: 2n,
      meters: [1],
      missing: [2],
    });
  });

  test("at the deadline only after the days that were over by then have been closed", () => {
    const meters = [meter(1)];
    const now = END + 7 * HOUR;
    expect(nextStep(view({ meters, now, closedAsOf: END }))).toMatchObject({ do: "wait", for: "profiles" });
    expect(nextStep(view({ meters, now, closedAsOf: -Infinity }))).toMatchObject({ do: "wait", for: "profiles" });
    expect(nextStep(view({ meters, now, closedAsOf: END + 6 * HOUR }))).toMatchObject({ do: "announce", bitmap: 0n });
  });

  test("after an outage not before the meters have had the grace to send what they kept", () => {
    const meters = [meter(1)];
    const startedAt = END + 30 * HOUR;
    expect(nextStep(view({ meters, startedAt, now: startedAt }))).toEqual({
      do: "wait",
      for: "profiles",
      until: startedAt + HOUR,
      awaited: [1],
    });
    expect(nextStep(view({ meters, startedAt, now: startedAt + HOUR }))).toMatchObject({ do: "announce" });
  });

  test("without a meter that has consumed it already, which nobody waits for", () => {
    const meters = [meter(1, { profiles: [profile(DAY)] }), meter(2, { lastDay: DAY })];
    expect(nextStep(view({ meters }))).toMatchObject({ do: "announce", bitmap: 2n, missing: [] });
  });

  test("with a profile whose pause runs: the pause was another path's", () => {
    const meters = [meter(1, { profiles: [profile(DAY, false)] })];
    expect(nextStep(view({ meters }))).toMatchObject({ do: "announce", meters: [1] });
  });

  test("without meters that trade by themselves", () => {
    const meters = [meter(1, { profiles: [profile(DAY)] }), meter(2, { shares: false })];
    expect(nextStep(view({ meters }))).toMatchObject({ do: "announce", meters: [1], missing: [] });
  });

  test("not at all while the settlement is paused", () => {
    expect(nextStep(view({ paused: true }))).toEqual({ do: "nothing", until: undefined });
  });

  test("not at all where nobody shares nor is going to", () => {
    expect(nextStep(view({ meters: [meter(1, { shares: false })] }))).toEqual({ do: "nothing", until: undefined });
    expect(nextStep(view({ meters: [] }))).toEqual({ do: "nothing", until: undefined });
  });

  test("for nobody, to close it, when a meter is queued to share on a later day", () => {
    const meters = [meter(1, { shares: false, joinsOn: DAY + 2, changes: [DAY + 2] })];
    expect(nextStep(view({ meters }))).toEqual({ do: "announce", day: DAY, bitmap: 0n, meters: [], missing: [] });
  });

  test("only after the deadline without a meter that joins that day and still has days to record", () => {
    const joining = meter(2, { shares: false, joinsOn: DAY, changes: [DAY], unrecordedDay: DAY - 1, lastDay: DAY - 2 });
    const meters = [meter(1, { profiles: [profile(DAY)] }), joining];
    expect(nextStep(view({ meters }))).toMatchObject({ do: "wait", for: "profiles", awaited: [2] });
    expect(nextStep(view({ meters, now: END + 6 * HOUR }))).toMatchObject({ do: "announce", missing: [2] });
  });

  test("never by an operator who has switched the settlement off", () => {
    const step = { do: "nothing", until: undefined };
    expect(nextStep(view({ enabled: false }))).toEqual(step);
    expect(nextStep(view({ enabled: false, window: open, now: open.settlesFrom }))).toEqual(step);
  });
});

describe("a change is applied", () => {
  const due = (changes: Partial<MeterView>) => view({ meters: [meter(3, { profiles: [profile(DAY)], ...changes })] });

  test("before the day is announced for which it counts", () => {
    expect(nextStep(due({ changes: [DAY] }))).toEqual({ do: "apply", meters: [3] });
  });

  test("not before its day has begun", () => {
    const meters = [meter(3, { changes: [DAY + 2], profiles: [profile(DAY)], lastDay: DAY + 1 })];
    expect(nextStep(view({ meters }))).not.toMatchObject({ do: "apply" });
    expect(nextStep(view({ meters, now: dayStart(day(DAY + 2)) }))).toEqual({ do: "apply", meters: [3] });
  });

  test("not while an earlier day of the meter is neither consumed nor closed", () => {
    // The day after the next one has begun already: its eve is still to be settled.
    const now = END + 60;
    expect(nextStep({ ...due({ changes: [DAY + 1] }), now })).toMatchObject({ do: "announce" });
    expect(nextStep({ ...due({ changes: [DAY + 1], lastDay: DAY }), now })).toEqual({ do: "apply", meters: [3] });
  });

  test("though its meter has consumed nothing, once the eve is closed for all", () => {
    expect(nextStep(due({ changes: [DAY], lastDay: 0 }))).toEqual({ do: "apply", meters: [3] });
  });

  test("of a meter that joins not because its eve is closed for sharing: it can still be recorded, for seven days", () => {
    const joining = { shares: false, joinsOn: DAY, changes: [DAY], lastDay: DAY - 2 };
    expect(nextStep(due(joining))).not.toMatchObject({ do: "apply" });
    expect(nextStep(due({ ...joining, lastDay: DAY - 1 }))).toEqual({ do: "apply", meters: [3] });
    const next = { day: day(DAY + 9), opensAt: 0 };
    const until = dayEnd(day(DAY + 6));
    expect(nextStep({ ...due(joining), next, now: until - 1 })).not.toMatchObject({ do: "apply" });
    expect(nextStep({ ...due(joining), next, now: until })).toEqual({ do: "apply", meters: [3] });
  });

  test("of a meter that stays by hand, having thought better of sharing, no sooner than the contract does", () => {
    const staying = { shares: false, changes: [DAY], lastDay: DAY - 2 };
    const sharing = meter(1, { profiles: [profile(DAY)] });
    expect(nextStep(view({ meters: [sharing, meter(3, staying)] }))).toMatchObject({ do: "announce", meters: [1] });
    expect(nextStep(due({ ...staying, lastDay: DAY - 1 }))).toEqual({ do: "apply", meters: [3] });
  });

  test("of a sharing meter whose device is revoked like that of any other that shares", () => {
    const revoked = { sharing: true, shares: false, changes: [DAY], lastDay: DAY - 2 };
    expect(nextStep(due(revoked))).toEqual({ do: "apply", meters: [3] });
  });

  test("only when what can still be recorded of the days before is recorded", () => {
    const waiting = due({ changes: [DAY], unrecordedDay: DAY - 1 });
    expect(nextStep(waiting)).not.toMatchObject({ do: "apply" });
    expect(nextStep(due({ changes: [DAY], unrecordedDay: DAY }))).toEqual({ do: "apply", meters: [3] });
  });

  test("when one of two is due", () => {
    expect(nextStep(due({ changes: [DAY + 2, DAY] }))).toEqual({ do: "apply", meters: [3] });
  });

  test("while the settlement is paused too", () => {
    expect(nextStep({ ...due({ changes: [DAY] }), paused: true })).toEqual({ do: "apply", meters: [3] });
  });

  test("for so many meters at once as one transaction takes", () => {
    const meters = Array.from({ length: MOST_AT_ONCE + 1 }, (_, index) => meter(index + 1, { changes: [DAY] }));
    const step = nextStep(view({ meters }));
    expect(step.do === "apply" && step.meters).toHaveLength(MOST_AT_ONCE);
  });
});

describe("a profile whose day closed without it is late", () => {
  test("before anything else between windows", () => {
    const meters = [meter(1, { lastDay: DAY - 2, changes: [DAY], profiles: [profile(day(DAY - 1)), profile(DAY)] })];
    expect(nextStep(view({ meters }))).toEqual({
      do: "late",
      profiles: [{ id: (DAY - 1) * 10, meter: 1, day: DAY - 1 }],
    });
  });

  test("one day of a meter at a time, the earliest first", () => {
    const days = [DAY - 3, DAY - 2, DAY - 1].map((number) => profile(day(number)));
    const meters = [meter(1, { lastDay: DAY - 4, profiles: days }), meter(2, { lastDay: DAY - 4, profiles: days })];
    const step = nextStep(view({ meters }));
    expect(step.do === "late" && step.profiles.map((late) => [late.meter, late.day])).toEqual([
      [1, DAY - 3],
      [2, DAY - 3],
    ]);
  });

  test("only when its day is closed", () => {
    const meters = [meter(1, { profiles: [profile(DAY)] })];
    expect(nextStep(view({ meters }))).toMatchObject({ do: "announce" });
    expect(nextStep(view({ meters, next: after }))).toMatchObject({ do: "late" });
  });

  test("not while it pauses after a setback, nor does that hold up the street or let a later day overtake it", () => {
    const days = [profile(day(DAY - 2), false), profile(day(DAY - 1)), profile(DAY)];
    const meters = [meter(1, { lastDay: DAY - 3, profiles: days })];
    expect(nextStep(view({ meters }))).toMatchObject({ do: "announce", meters: [1] });
  });

  test("not of a meter that does not share now", () => {
    const meters = [meter(1, { profiles: [profile(DAY)] }), meter(2, { shares: false, profiles: [profile(DAY)] })];
    expect(nextStep(view({ meters, next: after }))).toMatchObject({ profiles: [{ meter: 1 }] });
  });

  test("while the settlement is paused too", () => {
    expect(nextStep(view({ next: after, paused: true }))).toMatchObject({ do: "late" });
  });

  test("for so many meters at once as a look can send", () => {
    const meters = Array.from({ length: MOST_AT_ONCE + 1 }, (_, index) =>
      meter(index + 1, { profiles: [profile(DAY)] }),
    );
    const step = nextStep(view({ meters, next: after }));
    expect(step.do === "late" && step.profiles).toHaveLength(MOST_AT_ONCE);
  });
});
