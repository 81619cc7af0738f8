import { describe, expect, it } from "vitest";

import { counterWh, evenPart, parseMilliWh } from "./milli-wh.ts";

describe("parseMilliWh", () => {
  it("reads decimals digit by digit", () => {
    expect(parseMilliWh("851.167")).toBe(851_167);
    expect(parseMilliWh("0.1")).toBe(100);
    expect(parseMilliWh("12")).toBe(12_000);
    expect(parseMilliWh("-0.5")).toBe(-500);
    expect(parseMilliWh("-0.0")).toBe(0);
  });

  it.each(["", " 1", "1.2345", "1e3", ".5", "5.", "NaN", "1,5", "1234567890"])("refuses %j", (text) => {
    expect(parseMilliWh(text)).toBeUndefined();
  });
});

describe("evenPart", () => {
  it.each([
    [1001, 4],
    [-1001, 4],
    [3, 4],
    [0, 4],
    [-7, 96],
  ])("spreads %i over %i parts that add up", (total, parts) => {
    const shares = Array.from({ length: parts }, (_, index) => evenPart(total, parts, index));
    expect(shares.reduce((sum, share) => sum + share, 0)).toBe(total);
    expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
  });
});

describe("counterWh", () => {
  it("rounds to the nearest Wh, half up", () => {
    expect([0, 499, 500, 1499, 1500].map(counterWh)).toEqual([0, 0, 1, 1, 2]);
  });
});
