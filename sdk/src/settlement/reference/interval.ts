import { divideUp } from "../../integers.ts";
import { MAX_TICKS } from "../../units.ts";
import {
  ALL_FILL,
  BUYERS_SHARE,
  EFFECTIVE_BITS,
  type IntervalClearing,
  NO_TRADE,
  type Order,
  SELLERS_SHARE,
  type Side,
} from "../types.ts";
import { offeredAt, offeredBelow, smaller, wantedAbove, wantedAt } from "./sums.ts";

/**
 * Clears one interval, straight from the definition: of all prices at which supply and demand balance with volume, the
 * lowest and the highest; the price is the middle.
 *
 * @param chargeTicks - Network charge: a bid counts at a price if it covers both.
 */
export function clearInterval(orders: readonly Order[], chargeTicks: number): IntervalClearing {
  const clearing = candidates(orders, chargeTicks).filter((price) => clears(orders, price, chargeTicks));
  const [lowTicks] = clearing;
  const highTicks = clearing.at(-1);
  if (lowTicks === undefined || highTicks === undefined) return withoutTrade(witness(orders));

  const priceTicks = Math.floor((lowTicks + highTicks) / 2);
  const volumeWh = smaller(offeredAt(orders, lowTicks), wantedAt(orders, lowTicks, chargeTicks));
  const side = sideOf(orders, chargeTicks, lowTicks, highTicks, volumeWh);
  const effective = effectiveOf(orders, chargeTicks, side, priceTicks, volumeWh);
  return { lowTicks, highTicks, priceTicks, side, effective, volumeWh };
}

/** The outcome where nothing can be sold; `witnessTicks` is a price that shows it. */
export function withoutTrade(witnessTicks: number): IntervalClearing {
  return {
    lowTicks: witnessTicks,
    highTicks: witnessTicks,
    priceTicks: 0,
    side: NO_TRADE,
    effective: 0n,
    volumeWh: 0n,
  };
}

/** Prices at which supply or demand changes, ascending: the lowest and the highest that clear are among them. */
function candidates(orders: readonly Order[], chargeTicks: number): number[] {
  const prices = orders.flatMap(({ askTicks, bidTicks }) => [askTicks, bidTicks - chargeTicks]);
  return [...new Set(prices)].filter((price) => price >= 0).toSorted((a, b) => a - b);
}

/** Whether supply and demand balance at a price, and something is sold. */
function clears(orders: readonly Order[], price: number, chargeTicks: number): boolean {
  const most = smaller(offeredAt(orders, price), wantedAt(orders, price, chargeTicks));
  return most > 0n && offeredBelow(orders, price) <= most && wantedAbove(orders, price, chargeTicks) <= most;
}

/** At the lowest ask of an interval without trade nothing is asked below, and nothing bid. Without asks any price will do. */
function witness(orders: readonly Order[]): number {
  const asks = orders.filter(({ exportWh }) => exportWh > 0n).map(({ askTicks }) => askTicks);
  return Math.min(MAX_TICKS, ...asks);
}

function sideOf(orders: readonly Order[], chargeTicks: number, low: number, high: number, volumeWh: bigint): Side {
  if (low < high) return ALL_FILL;
  if (offeredAt(orders, low) > volumeWh) return SELLERS_SHARE;
  if (wantedAt(orders, low, chargeTicks) > volumeWh) return BUYERS_SHARE;
  return ALL_FILL;
}

/** Price x the filled part of the orders that share: against the seller and against the buyer, never against the treasury. */
function effectiveOf(
  orders: readonly Order[],
  chargeTicks: number,
  side: Side,
  price: number,
  volumeWh: bigint,
): bigint {
  if (side === SELLERS_SHARE) {
    const better = offeredBelow(orders, price);
    return ((BigInt(price) << EFFECTIVE_BITS) * (volumeWh - better)) / (offeredAt(orders, price) - better);
  }
  if (side === BUYERS_SHARE) {
    const better = wantedAbove(orders, price, chargeTicks);
    const full = BigInt(price + chargeTicks) << EFFECTIVE_BITS;
    return divideUp(full * (volumeWh - better), wantedAt(orders, price, chargeTicks) - better);
  }
  return 0n;
}
