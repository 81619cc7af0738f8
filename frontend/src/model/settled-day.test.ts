import { describe, expect, it } from "vitest";

import { averagePriceTicks, priceRange } from "./settled-day.ts";

describe("the prices of a day", () => {
  const trade = (priceTicks: number, volumeWh: bigint) => ({
    lowTicks: priceTicks,
    highTicks: priceTicks,
    priceTicks,
    volumeWh,
  });

  it("are averaged by what was sold, and quarter-hours without trade count for nothing", () => {
    const intervals = [trade(1_000, 100n), trade(2_000, 300n), trade(0, 0n)];
    expect(averagePriceTicks(intervals)).toBe(1_750);
    expect(priceRange(intervals)).toEqual({ from: 1_000, to: 2_000 });
  });

  it("are none where nothing was sold", () => {
    expect(averagePriceTicks([trade(0, 0n)])).toBeUndefined();
    expect(priceRange([trade(0, 0n)])).toBeUndefined();
  });
});
