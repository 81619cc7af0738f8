import { divideUp } from "../integers.ts";
import { INTERVALS_PER_DAY } from "../time.ts";
import { MAX_TICKS } from "../units.ts";
import { assertClearable, asUnfunded, limitsOf, toWh } from "./limits.ts";
import {
  ALL_FILL,
  BUYERS_SHARE,
  type DayClearing,
  EFFECTIVE_BITS,
  type IntervalClearing,
  NO_TRADE,
  SELLERS_SHARE,
  type SettlementMeter,
  type Tariff,
} from "./types.ts";

/** Supply and demand of a day, by price and interval. */
type Book = {
  /** Every price at which supply or demand changes, ascending. */
  prices: readonly number[];
  /** Asked at prices[place] in an interval, Wh, at [interval * prices.length + place]. */
  offeredWh: Float64Array;
  /** Bid at prices[place] + network charge in an interval, Wh, in the same order. */
  wantedWh: Float64Array;
  chargeTicks: number;
};

/** A meter with its limits as places in `Book.prices`: comparing places compares prices. */
type Party = { meter: SettlementMeter; ask: number; bid: number; funded: boolean };

/** An interval's outcome with prices as places, and the effective price as hi x 2^30 + lo. */
type Solution = { clearing: IntervalClearing; low: number; high: number; shareHi: number; shareLo: number };

/**
 * Clears a day, fast: 256 meters in a few milliseconds. The same result as the reference, `clearDay`.
 *
 * All sums are exact: an interval's energy is below 2^30 Wh, a meter's day times a price below 2^53 in each half.
 *
 * @param meters - Those of the batch, each once. Payments come in their order.
 * @throws InvalidValueError when a value is outside what a meter's word or a profile can hold.
 */
export function solveDay(meters: readonly SettlementMeter[], tariff: Tariff): DayClearing {
  assertClearable(meters, tariff);
  const unfunded = meters.flatMap((meter) => asUnfunded(meter, tariff) ?? []);
  const poor = new Set(unfunded.map(({ meter }) => meter));
  const { book, parties } = openBook(meters, tariff, poor);
  const solutions = Array.from({ length: INTERVALS_PER_DAY }, (_, interval) => solveInterval(book, interval));
  const payments = parties.map((party) => ({
    meter: party.meter.meter,
    baseUnits: paymentOf(party, solutions, tariff.networkChargeTicks),
  }));
  const intervals = solutions.map(({ clearing }) => clearing);
  return {
    intervals,
    payments,
    unfunded,
    clearedWh: intervals.reduce((sum, { volumeWh }) => sum + volumeWh, 0n),
    treasuryBaseUnits: payments.reduce((sum, { baseUnits }) => sum + baseUnits, 0n),
  };
}

function openBook(
  meters: readonly SettlementMeter[],
  tariff: Tariff,
  poor: ReadonlySet<number>,
): { book: Book; parties: Party[] } {
  const chargeTicks = tariff.networkChargeTicks;
  const limits = meters.map((meter) => limitsOf(meter, tariff));
  const changes = limits.flatMap(({ askTicks, bidTicks }) => [askTicks, bidTicks - chargeTicks]);
  const prices = [...new Set(changes)].filter((price) => price >= 0).toSorted((a, b) => a - b);
  const places = new Map(prices.map((price, place) => [price, place]));
  const parties = meters.map((meter, index) => {
    const { askTicks = 0, bidTicks = 0 } = limits[index] ?? {};
    return {
      meter,
      ask: places.get(askTicks) ?? prices.length,
      // A bid below the network charge has no place: it is worse than every price.
      bid: places.get(bidTicks - chargeTicks) ?? -1,
      funded: !poor.has(meter.meter),
    };
  });

  const size = prices.length * INTERVALS_PER_DAY;
  const book = { prices, offeredWh: new Float64Array(size), wantedWh: new Float64Array(size), chargeTicks };
  for (const { meter, ask, bid, funded } of parties) {
    const unitWh = 10 ** meter.exponent;
    add(book.offeredWh, prices.length, ask, meter.exports, unitWh);
    if (funded && bid >= 0) add(book.wantedWh, prices.length, bid, meter.imports, unitWh);
  }
  return { book, parties };
}

function add(sums: Float64Array, width: number, place: number, units: readonly number[], unitWh: number): void {
  for (let interval = 0; interval < INTERVALS_PER_DAY; interval++) {
    const at = interval * width + place;
    sums[at] = (sums[at] ?? 0) + (units[interval] ?? 0) * unitWh;
  }
}

/** One walk up the prices, with supply and demand on either side of each. */
function solveInterval(book: Book, interval: number): Solution {
  const { prices, offeredWh, wantedWh } = book;
  const from = interval * prices.length;
  let demandWh = 0;
  for (let place = 0; place < prices.length; place++) demandWh += wantedWh[from + place] ?? 0;

  let below = 0;
  let atLeast = demandWh;
  let low = -1;
  let high = -1;
  let atLow = { volume: 0, offered: 0, better: 0, wanted: 0, above: 0 };
  let witness = MAX_TICKS;
  for (let place = 0; place < prices.length; place++) {
    const asked = offeredWh[from + place] ?? 0;
    const offered = below + asked;
    const above = atLeast - (wantedWh[from + place] ?? 0);
    if (below === 0 && asked > 0) witness = prices[place] ?? MAX_TICKS;
    const volume = Math.min(offered, atLeast);
    if (volume > 0 && below <= volume && above <= volume) {
      if (low < 0) {
        low = place;
        atLow = { volume, offered, better: below, wanted: atLeast, above };
      }
      high = place;
    }
    below = offered;
    atLeast = above;
  }
  if (low < 0) return withoutTrade(witness, prices.length);
  return withTrade(book, low, high, atLow);
}

/** Places that no limit reaches: nobody sells or buys. */
function withoutTrade(witnessTicks: number, priceCount: number): Solution {
  const clearing = {
    lowTicks: witnessTicks,
    highTicks: witnessTicks,
    priceTicks: 0,
    side: NO_TRADE,
    effective: 0n,
    volumeWh: 0n,
  } as const;
  return { clearing, low: -1, high: priceCount, shareHi: 0, shareLo: 0 };
}

function withTrade(
  { prices, chargeTicks }: Book,
  low: number,
  high: number,
  { volume, offered, better, wanted, above }: Record<"volume" | "offered" | "better" | "wanted" | "above", number>,
): Solution {
  const lowTicks = prices[low] ?? 0;
  const highTicks = prices[high] ?? 0;
  const priceTicks = Math.floor((lowTicks + highTicks) / 2);
  const sellersShare = low === high && offered > volume;
  const buyersShare = low === high && !sellersShare && wanted > volume;
  const side = sellersShare ? SELLERS_SHARE : buyersShare ? BUYERS_SHARE : ALL_FILL;
  const effective = sellersShare
    ? ((BigInt(priceTicks) << EFFECTIVE_BITS) * BigInt(volume - better)) / BigInt(offered - better)
    : buyersShare
      ? divideUp((BigInt(priceTicks + chargeTicks) << EFFECTIVE_BITS) * BigInt(volume - above), BigInt(wanted - above))
      : 0n;
  return {
    clearing: { lowTicks, highTicks, priceTicks, side, effective, volumeWh: BigInt(volume) },
    low,
    high,
    shareHi: Number(effective >> EFFECTIVE_BITS),
    shareLo: Number(effective & ((1n << EFFECTIVE_BITS) - 1n)),
  };
}

function paymentOf({ meter, ask, bid, funded }: Party, solutions: readonly Solution[], chargeTicks: number): bigint {
  let hi = 0;
  let lo = 0;
  for (let interval = 0; interval < INTERVALS_PER_DAY; interval++) {
    const solution = solutions[interval];
    if (solution === undefined) break;
    const { clearing, low, high, shareHi, shareLo } = solution;
    const exported = meter.exports[interval] ?? 0;
    if (exported > 0 && ask <= low) {
      const shares = ask === low && clearing.side === SELLERS_SHARE;
      hi -= exported * (shares ? shareHi : clearing.priceTicks);
      if (shares) lo -= exported * shareLo;
    }
    const imported = meter.imports[interval] ?? 0;
    if (imported > 0 && funded && bid >= high) {
      const shares = bid === high && clearing.side === BUYERS_SHARE;
      hi += imported * (shares ? shareHi : clearing.priceTicks + chargeTicks);
      if (shares) lo += imported * shareLo;
    }
  }
  const net = (BigInt(hi) << EFFECTIVE_BITS) + BigInt(lo);
  return divideUp(toWh(1, meter.exponent) * net, 10n << EFFECTIVE_BITS);
}
