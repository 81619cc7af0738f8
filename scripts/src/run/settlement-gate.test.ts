import { dayEnd, parseIsoDay } from "@commonwatt/sdk/time";
import { describe, expect, it } from "vitest";

import type { SettlementHealth } from "./oracle-health.ts";
import { moveTo } from "./settle-day.ts";
import { unannouncedDay, unsettledDay } from "./settlement-gate.ts";

const DAY = parseIsoDay("2026-06-01");
const OPENED_AT = dayEnd(DAY) + 60;
const WINDOW_SECONDS = 21_600;
const CLOSES_AT = OPENED_AT + WINDOW_SECONDS;
const OPEN = { day: DAY, openedAt: OPENED_AT, settledAt: 0 };

const health = (changes: Partial<SettlementHealth>): SettlementHealth => ({
  asOf: OPENED_AT,
  nextDay: DAY,
  waitingFor: "nothing",
  wakeAt: null,
  awaited: [],
  ...changes,
});

describe("unsettledDay", () => {
  it("stops the clock an hour before an unsettled window runs out, and not before", () => {
    expect(unsettledDay(OPEN, WINDOW_SECONDS, OPENED_AT, CLOSES_AT - 3_601)).toBeUndefined();
    expect(unsettledDay(OPEN, WINDOW_SECONDS, OPENED_AT, CLOSES_AT - 3_600)).toBe(DAY);
  });

  it("lets it go on once the day is settled, or void in spite of all", () => {
    const settled = { ...OPEN, settledAt: OPENED_AT + 3_600 };
    expect(unsettledDay(settled, WINDOW_SECONDS, OPENED_AT, CLOSES_AT)).toBeUndefined();
    expect(unsettledDay(OPEN, WINDOW_SECONDS, CLOSES_AT, CLOSES_AT + 900)).toBeUndefined();
  });
});

describe("unannouncedDay", () => {
  const late = dayEnd(DAY) + 12 * 3_600;

  it("stops the clock half a day after a day that the oracle is busy with", () => {
    expect(unannouncedDay(health({ waitingFor: "profiles" }), late)).toBe(DAY);
    expect(unannouncedDay(health({ waitingFor: "confirmation" }), late - 1)).toBeUndefined();
  });

  it("never does for a day that only time brings on, or that nobody shares", () => {
    for (const waitingFor of ["window", "hour", "nothing"] as const) {
      expect(unannouncedDay(health({ waitingFor }), late)).toBeUndefined();
    }
    expect(unannouncedDay(undefined, late)).toBeUndefined();
  });
});

describe("moveTo", () => {
  it("goes where the oracle acts next by time alone", () => {
    expect(moveTo(health({ waitingFor: "hour", wakeAt: 7 }), new Set())).toBe(7);
    expect(moveTo(health({ waitingFor: "window", wakeAt: 8 }), new Set())).toBe(8);
    expect(moveTo(health({ waitingFor: "confirmation" }), new Set())).toBeUndefined();
  });

  it("gives up on profiles only of meters that are silent", () => {
    const waiting = health({ waitingFor: "profiles", wakeAt: 9, awaited: [1, 2] });
    expect(moveTo(waiting, new Set([1]))).toBeUndefined();
    expect(moveTo(waiting, new Set([1, 2]))).toBe(9);
  });
});
