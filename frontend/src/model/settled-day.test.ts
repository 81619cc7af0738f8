import { describe, expect, it } from "vitest";

import { clearDay } from "@commonwatt/sdk/settlement/reference/day";

import { packedDay, settlementMeter, TARIFF } from "../testing/market.ts";
import { averagePriceTicks, decodeSettledDay, priceRange } from "./settled-day.ts";

const METERS = [
  settlementMeter(7, { exports: { 40: 1_000, 41: 300 } }),
  settlementMeter(9, { imports: { 40: 400, 41: 500, 80: 200 } }),
  settlementMeter(4_000_000_000, { imports: { 40: 400 } }, { community: false, askTicks: 900, bidTicks: 2_100 }),
];

describe("decodeSettledDay", () => {
  it("reads back what the reference clearing says, payments of sellers as negative", () => {
    const clearing = clearDay(METERS, TARIFF);
    const { intervals, payments } = decodeSettledDay(packedDay(METERS));
    expect(intervals.map(({ volumeWh }) => BigInt(volumeWh))).toEqual(
      clearing.intervals.map(({ volumeWh }) => volumeWh),
    );
    expect(intervals.map(({ priceTicks }) => priceTicks)).toEqual(
      clearing.intervals.map(({ volumeWh, priceTicks }) => (volumeWh === 0n ? 0 : priceTicks)),
    );
    expect([...payments]).toEqual(clearing.payments.map(({ meter, baseUnits }) => [meter, baseUnits]));
    expect(payments.get(7)).toBeLessThan(0n);
    expect(payments.get(4_000_000_000)).toBeGreaterThan(0n);
  });

  it("refuses parts of another length, naming it", () => {
    const packed = packedDay(METERS);
    expect(() => decodeSettledDay({ ...packed, prices: "0x00" })).toThrow(/bytes of prices.* 384/u);
    expect(() => decodeSettledDay({ ...packed, payments: "0x0011" })).toThrow(/bytes of payments.*multiple of 12/u);
  });
});

describe("the prices of a day", () => {
  const trade = (priceTicks: number, volumeWh: number) => ({
    lowTicks: priceTicks,
    highTicks: priceTicks,
    priceTicks,
    volumeWh,
  });

  it("are averaged by what was sold, and quarter-hours without trade count for nothing", () => {
    const intervals = [trade(1_000, 100), trade(2_000, 300), trade(0, 0)];
    expect(averagePriceTicks(intervals)).toBe(1_750);
    expect(priceRange(intervals)).toEqual({ from: 1_000, to: 2_000 });
  });

  it("are none where nothing was sold", () => {
    expect(averagePriceTicks([trade(0, 0)])).toBeUndefined();
    expect(priceRange([trade(0, 0)])).toBeUndefined();
  });
});
