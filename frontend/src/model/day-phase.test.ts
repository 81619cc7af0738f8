import { describe, expect, it } from "vitest";

import { dayPhase, isIn, type MarketClock, standsStillUntil } from "./day-phase.ts";

const DAY = 20_600;
const MIDNIGHT = (DAY + 1) * 86_400;
const OPENED = MIDNIGHT + 7_200;
const CLOSING = 14_400;

const clock = (change: Partial<MarketClock> = {}): MarketClock => ({
  day: DAY,
  openedAt: OPENED,
  settledAt: 0,
  closingWindowSeconds: CLOSING,
  ...change,
});

describe("dayPhase", () => {
  it("goes from the hour of forcing to the rest of the window", () => {
    expect(dayPhase(clock(), OPENED)).toEqual({
      phase: "forcing",
      day: DAY,
      endsAt: OPENED + 3_600,
      closesAt: OPENED + CLOSING,
    });
    expect(dayPhase(clock(), OPENED + 3_600)).toEqual({ phase: "closing", day: DAY, closesAt: OPENED + CLOSING });
  });

  it("ends settled, or void when the window ran out", () => {
    expect(dayPhase(clock({ settledAt: OPENED + 4_000 }), OPENED + 4_001)).toMatchObject({
      phase: "settled",
      day: DAY,
    });
    expect(dayPhase(clock(), OPENED + CLOSING)).toEqual({ phase: "void", day: DAY, at: OPENED + CLOSING });
  });

  it("collects the next day as soon as it is over", () => {
    const settled = clock({ settledAt: OPENED + 4_000 });
    expect(dayPhase(settled, MIDNIGHT + 86_399)).toMatchObject({ phase: "settled" });
    expect(dayPhase(settled, MIDNIGHT + 86_400)).toEqual({ phase: "collecting", day: DAY + 1 });
  });

  it("waits for the first day before anything was announced", () => {
    const fresh = clock({ openedAt: 0 });
    expect(dayPhase(fresh, MIDNIGHT + 10)).toEqual({ phase: "waiting", day: DAY + 1 });
    expect(dayPhase(fresh, MIDNIGHT + 86_400)).toEqual({ phase: "collecting", day: DAY + 1 });
  });
});

describe("standsStillUntil", () => {
  it("names the end of an open window and of no other", () => {
    expect(standsStillUntil(clock(), OPENED + CLOSING - 1)).toBe(OPENED + CLOSING);
    expect(standsStillUntil(clock(), OPENED + CLOSING)).toBeUndefined();
    expect(standsStillUntil(clock({ settledAt: OPENED + 3_700 }), OPENED + 3_701)).toBeUndefined();
    expect(standsStillUntil(clock({ openedAt: 0 }), MIDNIGHT)).toBeUndefined();
  });
});

describe("isIn", () => {
  it("finds announced and forced seats", () => {
    const announced = { bitmap: 1n << 255n, forced: 1n << 3n };
    expect([255, 3, 0].map((seat) => isIn(seat, announced))).toEqual([true, true, false]);
  });
});
