import { divideUp } from "../../integers.ts";
import {
  ALL_FILL,
  BUYERS_SHARE,
  EFFECTIVE_BITS,
  type IntervalClaim,
  NO_TRADE,
  type Order,
  SELLERS_SHARE,
  type SettlementMeter,
  type Side,
  type Tariff,
} from "../types.ts";
import { ordersOf } from "./day.ts";
import { offeredAt, offeredBelow, smaller, wantedAbove, wantedAt } from "./sums.ts";

/** Names of the contract's errors about a claim. */
export type ClaimError =
  | "PricesCrossed"
  | "WitnessFails"
  | "PriceDoesNotClear"
  | "NotLowestPrice"
  | "NotHighestPrice"
  | "NoVolume"
  | "WrongSide"
  | "WrongEffectivePrice";

/**
 * Checks the claim of one interval by the rules the contract accepts it under. Knows nothing of how a claim is found.
 *
 * @returns The rule that is broken, or undefined.
 */
export function checkInterval(
  orders: readonly Order[],
  chargeTicks: number,
  claim: IntervalClaim,
): ClaimError | undefined {
  const { lowTicks: low, highTicks: high, side } = claim;
  if (low > high) return "PricesCrossed";
  if (side === NO_TRADE) return checkWitness(orders, chargeTicks, claim);

  if (offeredAt(orders, low) < wantedAbove(orders, low, chargeTicks)) return "PriceDoesNotClear";
  if (wantedAt(orders, high, chargeTicks) < offeredBelow(orders, high)) return "PriceDoesNotClear";
  if (wantedAt(orders, low, chargeTicks) <= offeredBelow(orders, low)) return "NotLowestPrice";
  if (offeredAt(orders, high) <= wantedAbove(orders, high, chargeTicks)) return "NotHighestPrice";
  const volumeWh = smaller(offeredAt(orders, low), wantedAt(orders, low, chargeTicks));
  if (volumeWh === 0n) return "NoVolume";
  if (side !== expectedSide(orders, chargeTicks, claim, volumeWh)) return "WrongSide";
  return claim.effective === expectedEffective(orders, chargeTicks, claim, volumeWh)
    ? undefined
    : "WrongEffectivePrice";
}

/** Checks the claims of a whole day, interval after interval; undefined: the contract accepts them. */
export function checkClaims(
  meters: readonly SettlementMeter[],
  tariff: Tariff,
  claims: readonly IntervalClaim[],
): { interval: number; error: ClaimError } | undefined {
  const orders = ordersOf(meters, tariff);
  for (const [interval, claim] of claims.entries()) {
    const error = checkInterval(orders[interval] ?? [], tariff.networkChargeTicks, claim);
    if (error !== undefined) return { interval, error };
  }
  return undefined;
}

function checkWitness(orders: readonly Order[], chargeTicks: number, claim: IntervalClaim): ClaimError | undefined {
  const { lowTicks: witness, highTicks: high, effective } = claim;
  if (witness !== high) return "WitnessFails";
  const noneAsked = offeredAt(orders, witness) === 0n && wantedAbove(orders, witness, chargeTicks) === 0n;
  const noneBid = offeredBelow(orders, witness) === 0n && wantedAt(orders, witness, chargeTicks) === 0n;
  if (!noneAsked && !noneBid) return "WitnessFails";
  return effective === 0n ? undefined : "WrongEffectivePrice";
}

function expectedSide(orders: readonly Order[], chargeTicks: number, claim: IntervalClaim, volumeWh: bigint): Side {
  const { lowTicks: low, highTicks: high } = claim;
  if (low < high) return ALL_FILL;
  if (offeredAt(orders, low) > volumeWh) return SELLERS_SHARE;
  return wantedAt(orders, low, chargeTicks) > volumeWh ? BUYERS_SHARE : ALL_FILL;
}

function expectedEffective(
  orders: readonly Order[],
  chargeTicks: number,
  { lowTicks: price, side }: IntervalClaim,
  volumeWh: bigint,
): bigint {
  const scale = 1n << EFFECTIVE_BITS;
  if (side === SELLERS_SHARE) {
    const better = offeredBelow(orders, price);
    const sharing = offeredAt(orders, price) - better;
    return (BigInt(price) * scale * (volumeWh - better)) / sharing;
  }
  if (side === BUYERS_SHARE) {
    const better = wantedAbove(orders, price, chargeTicks);
    const sharing = wantedAt(orders, price, chargeTicks) - better;
    return divideUp(BigInt(price + chargeTicks) * scale * (volumeWh - better), sharing);
  }
  return 0n;
}
