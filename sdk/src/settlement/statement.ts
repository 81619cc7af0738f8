import { EFFECTIVE_BITS, type DayClearing, type SettlementMeter, type Tariff } from "./types.ts";
import { limitsOf, toWh } from "./limits.ts";
import { allocateDay } from "./reference/allocate.ts";
import { sellerPrice } from "./reference/day.ts";

/** What a meter sold and bought in a settled day. */
export type MeterStatement = {
  meter: number;
  /** 96 entries each. */
  soldWh: bigint[];
  boughtWh: bigint[];
  /** Rounded down. */
  soldBaseUnits: bigint;
  /** Network charge included; less what was sold it is the payment, to the base unit. */
  boughtBaseUnits: bigint;
  /** What the meter paid; negative: what it was paid. */
  paymentBaseUnits: bigint;
};

/**
 * Statements of a cleared day, in the order of the meters: energy in whole Wh, money to the base unit.
 *
 * @param clearing - Of these meters.
 */
export function statementsOf(
  meters: readonly SettlementMeter[],
  tariff: Tariff,
  clearing: DayClearing,
): MeterStatement[] {
  const allocations = allocateDay(meters, tariff, clearing);
  return meters.map((meter, place) => {
    const { soldWh = [], boughtWh = [] } = allocations[place] ?? {};
    const paymentBaseUnits = clearing.payments[place]?.baseUnits ?? 0n;
    const soldBaseUnits = saleOf(meter, tariff, clearing);
    return {
      meter: meter.meter,
      soldWh,
      boughtWh,
      soldBaseUnits,
      boughtBaseUnits: paymentBaseUnits + soldBaseUnits,
      paymentBaseUnits,
    };
  });
}

function saleOf(meter: SettlementMeter, tariff: Tariff, { intervals }: DayClearing): bigint {
  const limits = limitsOf(meter, tariff);
  const sale = intervals.reduce(
    (sum, clearing, index) => sum + BigInt(meter.exports[index] ?? 0) * sellerPrice(limits, clearing),
    0n,
  );
  return (toWh(1, meter.exponent) * sale) / (10n << EFFECTIVE_BITS);
}
