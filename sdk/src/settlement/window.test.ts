import { describe, expect, it } from "vitest";

import { DAY } from "../../test/samples.ts";
import { day, dayEnd } from "../time.ts";
import { closesAt, isClosed, isOpen, nextWindow, settlesFrom } from "./window.ts";

const HOUR = 3_600;
const WINDOW = 2 * HOUR;
const OPENED = dayEnd(DAY) + 3 * HOUR;
const open = { day: DAY, openedAt: OPENED, settledAt: 0 };
const settled = { ...open, settledAt: OPENED + HOUR + 5 };
const next = day(DAY + 1);

describe("the closing window", () => {
  it("is open from the announcement until it runs out or the day is settled", () => {
    expect(settlesFrom(open)).toBe(OPENED + HOUR);
    expect(closesAt(open, WINDOW)).toBe(OPENED + WINDOW);
    expect([0, WINDOW - 1, WINDOW].map((after) => isOpen(open, WINDOW, OPENED + after))).toEqual([true, true, false]);
    expect(isOpen(settled, WINDOW, OPENED + HOUR + 5)).toBe(false);
  });

  it("closes its day, and leaves later ones open for a week", () => {
    const closed = (of: number, now: number, market = open) => isClosed(market, WINDOW, day(of), now);
    expect(closed(DAY - 1, OPENED)).toBe(true);
    expect(closed(DAY, OPENED)).toBe(false);
    expect(closed(DAY, OPENED + WINDOW)).toBe(true);
    expect(closed(DAY, OPENED + HOUR + 5, settled)).toBe(true);
    expect(closed(next, dayEnd(next) + 7 * 24 * HOUR - 1)).toBe(false);
    expect(closed(next, dayEnd(next) + 7 * 24 * HOUR)).toBe(true);
    const atLast = { ...open, openedAt: dayEnd(DAY) + 7 * 24 * HOUR - 1 };
    expect(closed(DAY, atLast.openedAt + WINDOW - 1, atLast)).toBe(false);
    expect(closed(DAY, atLast.openedAt + WINDOW, atLast)).toBe(true);
  });

  it("is followed by the next day's, an hour after settling or eighteen after running out, and never before its end", () => {
    const soon = OPENED + 2 * HOUR;
    expect(nextWindow(settled, WINDOW, soon)).toEqual({ day: next, opensAt: dayEnd(next) });
    const late = { ...settled, settledAt: dayEnd(next) };
    expect(nextWindow(late, WINDOW, dayEnd(next))).toEqual({ day: next, opensAt: dayEnd(next) + HOUR });
    const ranOut = { ...open, openedAt: dayEnd(next) };
    expect(nextWindow(ranOut, WINDOW, dayEnd(next))).toEqual({ day: next, opensAt: dayEnd(next) + WINDOW + 18 * HOUR });
  });

  it("skips days that are void for want of an announcement", () => {
    const now = dayEnd(day(DAY + 20));
    expect(nextWindow(settled, WINDOW, now)).toEqual({ day: DAY + 14, opensAt: dayEnd(day(DAY + 14)) });
    expect(isClosed(settled, WINDOW, day(DAY + 13), now)).toBe(true);
    expect(isClosed(settled, WINDOW, day(DAY + 14), now)).toBe(false);
  });
});
