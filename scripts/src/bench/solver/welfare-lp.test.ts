import { clearDay, ordersOf } from "@commonwatt/sdk/settlement/reference/day";
import { clearInterval } from "@commonwatt/sdk/settlement/reference/interval";
import { offeredAt, offeredBelow, wantedAbove, wantedAt } from "@commonwatt/sdk/settlement/reference/sums";
import { NO_TRADE } from "@commonwatt/sdk/settlement/types";
import { describe, expect, it } from "vitest";

import { dayMarket, smallMarket } from "../../../../sdk/test/markets.ts";
import { forSeeds } from "../../../../sdk/test/random.ts";
import { loadHighs } from "./highs.ts";
import { benchMarket } from "./market.ts";
import { clearedWelfare } from "./welfare.ts";
import { type LpSolution, solveWelfare } from "./welfare-lp.ts";

const highs = await loadHighs();
/** Of prices in ticks and, relative to the day, of quantities: HiGHS counts in floating point. */
const TOLERANCE = 1e-6;

type Orders = ReturnType<typeof ordersOf>;
type Intervals = ReturnType<typeof clearDay>["intervals"];

/** Whether HiGHS, which knows nothing of the auction's rules, comes to the same outcome. */
function expectSame(orders: Orders, chargeTicks: number, intervals: Intervals, lp: LpSolution): number {
  const welfare = Number(clearedWelfare(orders, chargeTicks, { intervals }));
  expect(Math.abs(lp.welfare - welfare)).toBeLessThanOrEqual(TOLERANCE * Math.max(1, welfare * 1e-3));
  let unique = 0;
  intervals.forEach(({ side, lowTicks, highTicks, volumeWh }, index) => {
    const interval = orders[index] ?? [];
    const price = lp.pricesTicks[index] ?? Number.NaN;
    const volume = lp.volumesWh[index] ?? Number.NaN;
    if (side !== NO_TRADE) {
      expect(price).toBeGreaterThanOrEqual(lowTicks - TOLERANCE);
      expect(price).toBeLessThanOrEqual(highTicks + TOLERANCE);
    }
    // Below the greatest volume lies the least that is optimal: only orders that gain nothing make the difference.
    const least = [offeredBelow(interval, lowTicks), wantedAbove(interval, highTicks, chargeTicks)];
    const most = [offeredAt(interval, lowTicks), wantedAt(interval, highTicks, chargeTicks)];
    const leastWh = side === NO_TRADE ? 0 : Math.max(...least.map(Number));
    if (side !== NO_TRADE) expect(Number(volumeWh)).toBe(Math.min(...most.map(Number)));
    expect(volume).toBeGreaterThanOrEqual(leastWh - TOLERANCE * Math.max(1, leastWh));
    expect(volume).toBeLessThanOrEqual(Number(volumeWh) * (1 + TOLERANCE) + TOLERANCE);
    if (leastWh === Number(volumeWh)) unique += 1;
  });
  return unique;
}

describe("an LP solver that knows nothing of the auction", () => {
  it("comes to the same welfare, a price within the range, and the same volume where only one is optimal", () => {
    let unique = 0;
    forSeeds(120, (random) => {
      const { meters, tariff } = dayMarket(random, random.integer(1, 60));
      const orders = ordersOf(meters, tariff);
      const lp = solveWelfare(highs, orders, tariff.networkChargeTicks);
      unique += expectSame(orders, tariff.networkChargeTicks, clearDay(meters, tariff).intervals, lp);
    });
    expect(unique).toBeGreaterThan(1_000);
  });

  it("agrees on thousands of small markets full of ties, zeros and empty sides", () => {
    forSeeds(60, (random) => {
      // Markets of one charge make one programme: a row each.
      const markets = random.list(96, () => smallMarket(random).orders);
      const charge = random.integer(0, 2);
      const intervals = markets.map((orders) => clearInterval(orders, charge));
      expectSame(markets, charge, intervals, solveWelfare(highs, markets, charge));
    });
  });

  it("agrees on the neighbourhood of the bench", () => {
    const { meters, tariff } = benchMarket(40);
    const orders = ordersOf(meters, tariff);
    const clearing = clearDay(meters, tariff);
    expect(clearing.clearedWh).toBeGreaterThan(10_000n);
    expectSame(
      orders,
      tariff.networkChargeTicks,
      clearing.intervals,
      solveWelfare(highs, orders, tariff.networkChargeTicks),
    );
  });

  it("has nothing to do where there is no order", () => {
    expect(solveWelfare(highs, [[], []], 0)).toEqual({ welfare: 0, pricesTicks: [0, 0], volumesWh: [0, 0] });
  });
});
