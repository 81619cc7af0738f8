import { describe, expect, it } from "vitest";

import { calendarOf } from "./calendar.ts";

describe("the year's calendar", () => {
  it("has a day of its own for everything, short or long, with room for what takes two days", () => {
    for (const days of [10, 14, 366, 1_000]) {
      const calendar = calendarOf(days);
      const busy = [...Object.values(calendar), calendar.leaving + 1, calendar.migration + 1];
      expect(new Set(busy).size, `${days} days`).toBe(busy.length);
      expect(Math.max(...busy), `${days} days`).toBeLessThan(days);
      // Nothing may be queued when the neighbourhood moves.
      expect(calendar.migration).toBeGreaterThan(calendar.leaving + 1);
    }
  });
});
