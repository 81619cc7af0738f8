import { describe, expect, it } from "vitest";

import { smallMarket } from "../../test/markets.ts";
import { forSeeds } from "../../test/random.ts";
import { type CurveStep, priceCurve } from "./curve.ts";
import { clearInterval } from "./reference/interval.ts";
import { NO_TRADE } from "./types.ts";

const order = (askTicks: number, exportWh: bigint, bidTicks: number, importWh: bigint) => ({
  meter: 1,
  askTicks,
  exportWh,
  bidTicks,
  importWh,
});

/** The price of the Wh that follows `wh` ones. */
const priceAt = (curve: readonly CurveStep[], wh: bigint) =>
  curve.find(({ fromWh, toWh }) => fromWh <= wh && wh < toWh)?.priceTicks;

describe("priceCurve", () => {
  it("has one step for each price, the best first, and bids less the network charge", () => {
    const orders = [order(9, 5n, 12, 2n), order(4, 3n, 12, 4n), order(9, 1n, 30, 1n), order(2, 0n, 1, 8n)];
    expect(priceCurve(orders, 2)).toEqual({
      supply: [
        { priceTicks: 4, fromWh: 0n, toWh: 3n },
        { priceTicks: 9, fromWh: 3n, toWh: 9n },
      ],
      demand: [
        { priceTicks: 28, fromWh: 0n, toWh: 1n },
        { priceTicks: 10, fromWh: 1n, toWh: 7n },
      ],
    });
    expect(priceCurve([], 0)).toEqual({ supply: [], demand: [] });
  });

  it("crosses at the volume that cleared", () => {
    forSeeds(500, (random) => {
      const { orders, chargeTicks } = smallMarket(random);
      const { supply, demand } = priceCurve(orders, chargeTicks);
      const { side, volumeWh, lowTicks, highTicks } = clearInterval(orders, chargeTicks);
      const [nextAsk, nextBid] = [priceAt(supply, volumeWh), priceAt(demand, volumeWh)];
      if (nextAsk !== undefined && nextBid !== undefined) expect(nextAsk).toBeGreaterThan(nextBid);
      if (side === NO_TRADE) return;
      expect(priceAt(supply, volumeWh - 1n)).toBeLessThanOrEqual(lowTicks);
      expect(priceAt(demand, volumeWh - 1n)).toBeGreaterThanOrEqual(highTicks);
    });
  });
});
