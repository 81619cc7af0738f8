import { describe, expect, it } from "vitest";

import { bands, barsPath, CHART_HEIGHT, quarterAt } from "./bars.ts";
import { extent, minSeries, peakIndex, sumRange } from "./series.ts";
import { series } from "../testing/chunk.ts";

describe("the chart of a day", () => {
  it("gives each side room by its highest bar, and none to a side without energy", () => {
    expect(bands(300, 100).line).toBe(150);
    expect(bands(5, 0).line).toBe(CHART_HEIGHT - 1);
    expect(bands(0, 5).line).toBe(1);
    expect(bands(0, 0).line).toBe(CHART_HEIGHT - 1);
  });

  it("draws a bar only where there is energy, the highest to the edge of its band", () => {
    const { up, down } = bands(100, 100);
    expect(barsPath(series({}), 100, up)).toBe("");
    expect(barsPath(series({ 2: 100 }), 100, up)).toBe("M21 100V1h8V100z");
    expect(barsPath(series({ 2: 50 }), 100, down)).toBe("M21 100V149.5h8V100z");
  });

  it("finds the quarter-hour under a pointer, also at and beyond the edges", () => {
    expect([-0.1, 0, 0.5, 0.999, 1, 1.2].map(quarterAt)).toEqual([0, 0, 48, 95, 95, 95]);
  });
});

describe("a day's series", () => {
  it("knows where its energy begins and ends", () => {
    expect(extent(series({ 20: 1, 70: 2 }))).toEqual({ first: 20, last: 70 });
    expect(extent(series({}))).toBeUndefined();
    expect(peakIndex(series({ 20: 1, 70: 2 }))).toBe(70);
  });

  it("sums a range with both its ends", () => {
    expect(sumRange(series({ 1: 1, 2: 10, 3: 100 }), 2, 3)).toBe(110);
    expect(minSeries(series({ 1: 5 }), series({ 1: 3, 2: 9 }))[1]).toBe(3);
  });
});
