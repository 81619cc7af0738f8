import { describe, expect, it } from "vitest";

import { smallMarket } from "../../../test/markets.ts";
import { forSeeds } from "../../../test/random.ts";
import { allocateInterval } from "./allocate.ts";
import { checkInterval } from "./check.ts";
import { clearInterval } from "./interval.ts";
import {
  ALL_FILL,
  BUYERS_SHARE,
  type IntervalClaim,
  NO_TRADE,
  type Order,
  SELLERS_SHARE,
  type Side,
} from "../types.ts";

const SIDES: readonly Side[] = [NO_TRADE, ALL_FILL, SELLERS_SHARE, BUYERS_SHARE];
/** Above every price of a small market. */
const PRICES = Array.from({ length: 9 }, (_, price) => price);

const order = (meter: number, askTicks: number, exportWh: bigint, bidTicks: number, importWh: bigint): Order => ({
  meter,
  askTicks,
  exportWh,
  bidTicks,
  importWh,
});

/** Every claim there is in a small range of prices, with each effective price that could be meant. */
function* allClaims(effectives: readonly bigint[]): Generator<IntervalClaim> {
  for (const lowTicks of PRICES) {
    for (const highTicks of PRICES) {
      for (const side of SIDES) {
        for (const effective of effectives) yield { lowTicks, highTicks, side, effective };
      }
    }
  }
}

/** The most that all orders together can gain: the best seller meets the best buyer, until they no longer agree. */
function bestWelfare(orders: readonly Order[], chargeTicks: number): bigint {
  const sellers = orders.flatMap((o) => Array.from({ length: Number(o.exportWh) }, () => o.askTicks));
  const buyers = orders.flatMap((o) => Array.from({ length: Number(o.importWh) }, () => o.bidTicks - chargeTicks));
  sellers.sort((a, b) => a - b);
  buyers.sort((a, b) => b - a);
  return sellers.reduce((sum, ask, index) => sum + BigInt(Math.max(0, (buyers[index] ?? ask) - ask)), 0n);
}

describe("clearInterval", () => {
  it("finds the one claim that the acceptance rules admit, of all there are", () => {
    let trades = 0;
    forSeeds(3_000, (random) => {
      const { orders, chargeTicks } = smallMarket(random);
      const { lowTicks, highTicks, side, effective, volumeWh } = clearInterval(orders, chargeTicks);
      const effectives = [...new Set([0n, 1n << 30n, effective, effective + 1n, effective - 1n])];
      const accepted = [...allClaims(effectives)].filter(
        (claim) => checkInterval(orders, chargeTicks, claim) === undefined,
      );
      const own = { lowTicks, highTicks, side, effective };
      expect(checkInterval(orders, chargeTicks, own)).toBeUndefined();
      if (side === NO_TRADE) {
        expect(accepted.every((claim) => claim.side === NO_TRADE)).toBe(true);
        expect(volumeWh).toBe(0n);
      } else {
        trades += 1;
        expect(accepted).toEqual([own]);
        expect(volumeWh).toBeGreaterThan(0n);
      }
    });
    expect(trades).toBeGreaterThan(1_000);
  });

  it("is the welfare optimum, sold and bought in equal parts, and hurts nobody", () => {
    forSeeds(3_000, (random) => {
      const { orders, chargeTicks } = smallMarket(random);
      const clearing = clearInterval(orders, chargeTicks);
      const filled = allocateInterval(orders, chargeTicks, clearing);
      const sum = (of: (index: number) => bigint) => orders.reduce((total, _, index) => total + of(index), 0n);
      expect(sum((index) => filled[index]?.soldWh ?? 0n)).toBe(clearing.volumeWh);
      expect(sum((index) => filled[index]?.boughtWh ?? 0n)).toBe(clearing.volumeWh);
      const welfare = sum((index) => {
        const { soldWh = 0n, boughtWh = 0n } = filled[index] ?? {};
        const { askTicks = 0, bidTicks = 0, exportWh = 0n, importWh = 0n } = orders[index] ?? {};
        expect(soldWh <= exportWh && boughtWh <= importWh).toBe(true);
        if (soldWh > 0n) expect(clearing.priceTicks).toBeGreaterThanOrEqual(askTicks);
        if (boughtWh > 0n) expect(clearing.priceTicks + chargeTicks).toBeLessThanOrEqual(bidTicks);
        return boughtWh * BigInt(bidTicks - chargeTicks) - soldWh * BigInt(askTicks);
      });
      expect(welfare).toBe(bestWelfare(orders, chargeTicks));
    });
  });

  it("takes the middle of the prices that clear, rounded down", () => {
    expect(clearInterval([order(1, 1_000, 5n, 0, 0n), order(2, 0, 0n, 2_001, 5n)], 0)).toEqual({
      lowTicks: 1_000,
      highTicks: 2_001,
      priceTicks: 1_500,
      side: ALL_FILL,
      effective: 0n,
      volumeWh: 5n,
    });
  });

  it("lets sellers at the price share, rounding against them", () => {
    const orders = [order(1, 7, 3n, 0, 0n), order(2, 7, 4n, 0, 0n), order(3, 0, 0n, 20, 5n)];
    expect(clearInterval(orders, 2)).toEqual({
      lowTicks: 7,
      highTicks: 7,
      priceTicks: 7,
      side: SELLERS_SHARE,
      effective: (7n * 2n ** 30n * 5n) / 7n,
      volumeWh: 5n,
    });
  });

  it("lets buyers at the price share, rounding against them", () => {
    const orders = [order(1, 1, 2n, 0, 0n), order(2, 0, 0n, 12, 4n), order(3, 0, 0n, 12, 3n)];
    expect(clearInterval(orders, 2)).toEqual({
      lowTicks: 10,
      highTicks: 10,
      priceTicks: 10,
      side: BUYERS_SHARE,
      effective: (12n * 2n ** 30n * 2n) / 7n + 1n,
      volumeWh: 2n,
    });
  });

  it("trades at the ends of the price range", () => {
    const free = [order(1, 0, 1n, 0, 0n), order(2, 0, 0n, 0, 1n)];
    expect(clearInterval(free, 0)).toMatchObject({ lowTicks: 0, highTicks: 0, side: ALL_FILL, volumeWh: 1n });
    const dear = [order(1, 65_535, 1n, 0, 0n), order(2, 0, 0n, 65_535, 1n)];
    expect(clearInterval(dear, 0)).toMatchObject({ lowTicks: 65_535, highTicks: 65_535, volumeWh: 1n });
    expect(clearInterval(dear, 1)).toMatchObject({ lowTicks: 65_535, side: NO_TRADE });
    const charged = [order(1, 0, 1n, 0, 0n), order(2, 0, 0n, 65_535, 1n)];
    expect(clearInterval(charged, 65_535)).toMatchObject({ lowTicks: 0, highTicks: 0, volumeWh: 1n });
  });

  it("sells nothing where a side is empty or bids do not reach the asks", () => {
    for (const orders of [[], [order(1, 5, 9n, 9, 0n)], [order(1, 5, 0n, 9, 9n)], [order(1, 5, 9n, 4, 9n)]]) {
      const clearing = clearInterval(orders, 0);
      expect(clearing).toMatchObject({ side: NO_TRADE, priceTicks: 0, volumeWh: 0n, effective: 0n });
      expect(checkInterval(orders, 0, clearing)).toBeUndefined();
    }
  });
});

describe("checkInterval", () => {
  const orders = [order(1, 7, 3n, 0, 0n), order(2, 7, 4n, 0, 0n), order(3, 0, 0n, 20, 5n), order(4, 0, 0n, 4, 1n)];
  const claim = { lowTicks: 7, highTicks: 7, side: SELLERS_SHARE, effective: 5n * 2n ** 30n } as const;

  it.each([
    ["PricesCrossed", { lowTicks: 8 }],
    ["PriceDoesNotClear", { lowTicks: 6 }],
    ["PriceDoesNotClear", { highTicks: 8 }],
    ["WrongSide", { side: ALL_FILL, effective: 0n }],
    ["WrongSide", { side: BUYERS_SHARE }],
    ["WitnessFails", { side: NO_TRADE, effective: 0n }],
    ["WrongEffectivePrice", { effective: 5n * 2n ** 30n + 1n }],
    ["WrongEffectivePrice", { effective: 5n * 2n ** 30n - 1n }],
  ] as const)("refuses with %s: %o", (error, change) => {
    expect(checkInterval(orders, 0, claim)).toBeUndefined();
    expect(checkInterval(orders, 0, { ...claim, ...change })).toBe(error);
  });

  it("refuses a price that clears but is not the end of the range, and one where nothing is sold", () => {
    const pair = [order(1, 5, 1n, 0, 0n), order(2, 0, 0n, 9, 1n)];
    const range = { lowTicks: 5, highTicks: 9, side: ALL_FILL, effective: 0n } as const;
    expect(checkInterval(pair, 0, range)).toBeUndefined();
    expect(checkInterval(pair, 0, { ...range, lowTicks: 6 })).toBe("NotLowestPrice");
    expect(checkInterval(pair, 0, { ...range, highTicks: 8 })).toBe("NotHighestPrice");
    expect(checkInterval(pair, 0, { ...range, side: NO_TRADE })).toBe("WitnessFails");
    const apart = [order(1, 9, 1n, 0, 0n), order(2, 0, 0n, 5, 1n)];
    expect(checkInterval(apart, 0, range)).toBe("NoVolume");
    expect(checkInterval(apart, 0, { ...range, lowTicks: 7, highTicks: 7 })).toBe("NotLowestPrice");
    expect(checkInterval(apart, 0, { lowTicks: 7, highTicks: 7, side: NO_TRADE, effective: 1n })).toBe(
      "WrongEffectivePrice",
    );
  });
});
