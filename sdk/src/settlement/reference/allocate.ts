import {
  BUYERS_SHARE,
  type DayClearing,
  type IntervalClearing,
  NO_TRADE,
  type Order,
  SELLERS_SHARE,
  type SettlementMeter,
  type Tariff,
} from "../types.ts";
import { ordersOf } from "./day.ts";

/** What a meter sold and bought in one interval. */
export type IntervalAllocation = { meter: number; soldWh: bigint; boughtWh: bigint };

/** What a meter sold and bought in each of the day's 96 intervals. */
export type MeterAllocation = { meter: number; soldWh: bigint[]; boughtWh: bigint[] };

/**
 * Says who sold and bought how much of an interval, in whole Wh, for statements and allocation files: orders better than
 * the price wholly, those at the price pro rata, made integer by largest remainder; ties go to the lower meter number.
 * Money does not depend on it.
 *
 * @param clearing - Of these orders.
 * @returns In the order of the orders; what is sold and what is bought both sum up to the volume.
 */
export function allocateInterval(
  orders: readonly Order[],
  chargeTicks: number,
  clearing: IntervalClearing,
): IntervalAllocation[] {
  const { side, lowTicks, highTicks, volumeWh } = clearing;
  if (side === NO_TRADE) return orders.map(({ meter }) => ({ meter, soldWh: 0n, boughtWh: 0n }));
  const leastBid = highTicks + chargeTicks;
  const sold = fill(
    orders.map(({ meter, exportWh, askTicks }) => ({
      meter,
      wh: exportWh,
      rank: rankOf(lowTicks - askTicks, side === SELLERS_SHARE),
    })),
    volumeWh,
  );
  const bought = fill(
    orders.map(({ meter, importWh, bidTicks }) => ({
      meter,
      wh: importWh,
      rank: rankOf(bidTicks - leastBid, side === BUYERS_SHARE),
    })),
    volumeWh,
  );
  return orders.map(({ meter }, index) => ({ meter, soldWh: sold[index] ?? 0n, boughtWh: bought[index] ?? 0n }));
}

/** {@link allocateInterval} for a whole day. */
export function allocateDay(
  meters: readonly SettlementMeter[],
  tariff: Tariff,
  { intervals }: Pick<DayClearing, "intervals">,
): MeterAllocation[] {
  const orders = ordersOf(meters, tariff);
  const allocations = intervals.map((clearing, index) =>
    allocateInterval(orders[index] ?? [], tariff.networkChargeTicks, clearing),
  );
  return meters.map(({ meter }, place) => ({
    meter,
    soldWh: allocations.map((interval) => interval[place]?.soldWh ?? 0n),
    boughtWh: allocations.map((interval) => interval[place]?.boughtWh ?? 0n),
  }));
}

type Rank = "full" | "shares" | "none";
type Quantity = { meter: number; wh: bigint; rank: Rank };

/** @param better - How much better than the price an order is, in ticks. */
function rankOf(better: number, sideShares: boolean): Rank {
  if (better < 0) return "none";
  return better === 0 && sideShares ? "shares" : "full";
}

/** Fills the orders of one side: wholly, and those that share out of what is left of the volume. */
function fill(quantities: readonly Quantity[], volumeWh: bigint): bigint[] {
  const total = (rank: Rank) => quantities.reduce((sum, entry) => sum + (entry.rank === rank ? entry.wh : 0n), 0n);
  const leftWh = volumeWh - total("full");
  const sharingWh = total("shares");
  const filled = quantities.map(({ wh, rank }) => {
    if (rank !== "shares") return rank === "full" ? wh : 0n;
    return sharingWh === 0n ? 0n : (wh * leftWh) / sharingWh;
  });
  const missingWh = volumeWh - filled.reduce((sum, wh) => sum + wh, 0n);
  const byRemainder = quantities
    .map(({ meter, wh, rank }, place) => ({ meter, place, rank, remainder: rank === "shares" ? wh * leftWh : 0n }))
    .filter(({ rank }) => rank === "shares")
    .map((entry) => ({ ...entry, remainder: sharingWh === 0n ? 0n : entry.remainder % sharingWh }))
    .toSorted((a, b) => (a.remainder === b.remainder ? a.meter - b.meter : a.remainder > b.remainder ? -1 : 1));
  for (const { place } of byRemainder.slice(0, Number(missingWh))) filled[place] = (filled[place] ?? 0n) + 1n;
  return filled;
}
