import { describe, expect, test } from "vitest";

import { createRateLimit } from "./rate.ts";

describe("a rate limit", () => {
  test("lets so many a minute through, spread as they come, each name for itself", () => {
    let nowMs = 0;
    const limit = createRateLimit(60, 10, () => nowMs);
    const taken = (name: string, tries: number) =>
      Array.from({ length: tries }, () => limit.take(name)).filter(Boolean).length;
    expect(taken("a", 100)).toBe(60);
    expect(taken("b", 1)).toBe(1);
    nowMs += 999;
    expect(taken("a", 100)).toBe(0);
    nowMs += 1;
    expect(taken("a", 100)).toBe(1);
    nowMs += 10 * 60_000;
    expect(taken("a", 100)).toBe(60);
  });

  test("lets one through a minute, too", () => {
    let nowMs = 0;
    const limit = createRateLimit(1, 10, () => nowMs);
    expect(limit.take("a")).toBe(true);
    for (let tries = 0; tries < 59; tries++) {
      nowMs += 1_000;
      expect(limit.take("a")).toBe(false);
    }
    nowMs += 1_001;
    expect(limit.take("a")).toBe(true);
  });

  test("remembers so many names, and forgets the quietest first", () => {
    const limit = createRateLimit(1, 2, () => 0);
    expect(["a", "b", "a"].map((name) => limit.take(name))).toEqual([true, true, false]);
    // Makes room for c by forgetting b: a was there later.
    expect(["c", "a", "b"].map((name) => limit.take(name))).toEqual([true, false, true]);
    for (let stranger = 0; stranger < 10_000; stranger++) limit.take(String(stranger));
    expect(limit.take("a")).toBe(true);
  });
});
