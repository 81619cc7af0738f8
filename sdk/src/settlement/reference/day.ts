import { divideUp } from "../../integers.ts";
import { INTERVALS_PER_DAY } from "../../time.ts";
import { assertClearable, asUnfunded, limitsOf, toWh } from "../limits.ts";
import {
  BUYERS_SHARE,
  type DayClearing,
  EFFECTIVE_BITS,
  type IntervalClearing,
  type Limits,
  NO_TRADE,
  type Order,
  SELLERS_SHARE,
  type SettlementMeter,
  type Tariff,
} from "../types.ts";
import { clearInterval } from "./interval.ts";

/**
 * Clears a day: the plain reference that the contract and the fast solver are tested against. For speed take `solveDay`.
 *
 * @param meters - Those of the batch, each once. Payments come in their order.
 * @throws InvalidValueError when a value is outside what a meter's word or a profile can hold.
 */
export function clearDay(meters: readonly SettlementMeter[], tariff: Tariff): DayClearing {
  assertClearable(meters, tariff);
  const { networkChargeTicks } = tariff;
  const unfunded = meters.flatMap((meter) => asUnfunded(meter, tariff) ?? []);
  const intervals = ordersOf(meters, tariff).map((orders) => clearInterval(orders, networkChargeTicks));
  const poor = new Set(unfunded.map(({ meter }) => meter));
  const payments = meters.map((meter) => ({
    meter: meter.meter,
    baseUnits: paymentOf(meter, poor.has(meter.meter), tariff, intervals),
  }));
  return {
    intervals,
    payments,
    unfunded,
    clearedWh: intervals.reduce((sum, { volumeWh }) => sum + volumeWh, 0n),
    treasuryBaseUnits: payments.reduce((sum, { baseUnits }) => sum + baseUnits, 0n),
  };
}

/** What the meters offer and want in each of the day's 96 intervals. Unfunded meters want nothing. */
export function ordersOf(meters: readonly SettlementMeter[], tariff: Tariff): Order[][] {
  const parties = meters.map((meter) => ({
    ...meter,
    ...limitsOf(meter, tariff),
    buys: asUnfunded(meter, tariff) === undefined,
  }));
  return Array.from({ length: INTERVALS_PER_DAY }, (_, index) =>
    parties.map(({ meter, askTicks, bidTicks, exponent, imports, exports, buys }) => ({
      meter,
      askTicks,
      bidTicks,
      exportWh: toWh(exports[index] ?? 0, exponent),
      importWh: buys ? toWh(imports[index] ?? 0, exponent) : 0n,
    })),
  );
}

/** What a seller with this ask gets per kWh of its whole export, ticks x 2^30. */
export function sellerPrice({ askTicks }: Limits, clearing: IntervalClearing): bigint {
  if (clearing.side === NO_TRADE || askTicks > clearing.lowTicks) return 0n;
  const shares = clearing.side === SELLERS_SHARE && askTicks === clearing.lowTicks;
  return shares ? clearing.effective : BigInt(clearing.priceTicks) << EFFECTIVE_BITS;
}

/** What a buyer with this bid pays per kWh of its whole import, ticks x 2^30. */
export function buyerPrice({ bidTicks }: Limits, clearing: IntervalClearing, chargeTicks: number): bigint {
  const leastTicks = clearing.highTicks + chargeTicks;
  if (clearing.side === NO_TRADE || bidTicks < leastTicks) return 0n;
  const shares = clearing.side === BUYERS_SHARE && bidTicks === leastTicks;
  return shares ? clearing.effective : BigInt(clearing.priceTicks + chargeTicks) << EFFECTIVE_BITS;
}

/** Purchases less sales of the day, rounded up once, in base units: Wh x ticks / 10, prices being ticks x 2^30. */
function paymentOf(
  meter: SettlementMeter,
  unfunded: boolean,
  tariff: Tariff,
  intervals: readonly IntervalClearing[],
): bigint {
  const limits = limitsOf(meter, tariff);
  const net = intervals.reduce((sum, clearing, index) => {
    const sale = BigInt(meter.exports[index] ?? 0) * sellerPrice(limits, clearing);
    const units = unfunded ? 0 : (meter.imports[index] ?? 0);
    return sum + BigInt(units) * buyerPrice(limits, clearing, tariff.networkChargeTicks) - sale;
  }, 0n);
  return divideUp(toWh(1, meter.exponent) * net, 10n << EFFECTIVE_BITS);
}
