import { day, dayStart } from "@commonwatt/sdk/time";
import { describe as group, expect, test } from "vitest";

import { describe } from "./watch.ts";

const DAY = day(20_600);
const settlement = {
  nextDay: DAY,
  lastSettledDay: null,
  waitingFor: "nothing" as const,
  wakeAt: null,
  awaited: [],
  sharingMeters: 2,
};
const reading = "2026-05-27T00:00:00.000Z";
const health = {
  outbox: { recorded: 0 },
  meters: [1, 2].map((meter) => ({ meter, lastReading: reading })),
  settlement,
};
const wakeAt = dayStart(DAY) + 90_000;

group("the first day in a sentence", () => {
  test.each([
    ["no oracle", undefined, /does not answer yet/u],
    [
      "silent meters",
      { ...health, meters: [...health.meters, { meter: 7, lastReading: null }] },
      /reading of meter 7:/u,
    ],
    ["nobody who shares", { ...health, settlement: { ...settlement, sharingMeters: 0 } }, /Nobody shares today/u],
    ["no look at the settlement yet", { ...health, settlement: null }, /Nobody shares today/u],
    [
      "missing profiles",
      { ...health, settlement: { ...settlement, waitingFor: "profiles" as const, awaited: [2], wakeAt } },
      /2026-05-27 is over and waits for its readings \(until 2026-05-28T01:00 UTC\)\. Still missing: meter 2\./u,
    ],
    ["the hour", { ...health, settlement: { ...settlement, waitingFor: "hour" as const, wakeAt } }, /is announced/u],
    ["a transaction", { ...health, settlement: { ...settlement, waitingFor: "confirmation" as const } }, /on its way/u],
    [
      "the window",
      { ...health, settlement: { ...settlement, waitingFor: "window" as const, wakeAt } },
      /first that is/u,
    ],
  ])("%s", (_, given, sentence) => {
    expect(describe(given, "settled")).toEqual({ sentence: expect.stringMatching(sentence) as string, done: false });
  });

  test("is done when a day is settled, or recorded where that is asked for", () => {
    const settled = { ...health, settlement: { ...settlement, lastSettledDay: DAY } };
    expect(describe(settled, "settled")).toEqual({
      sentence: "2026-05-27 is settled: the first day is done.",
      done: true,
    });
    const recorded = { ...health, outbox: { recorded: 1 } };
    expect(describe(recorded, "settled").done).toBe(false);
    expect(describe(recorded, "recorded")).toMatchObject({ done: true });
  });
});
