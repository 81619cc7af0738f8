import { asUnfunded, limitsOf } from "@commonwatt/sdk/settlement/limits";
import { allocateDay, type MeterAllocation } from "@commonwatt/sdk/settlement/reference/allocate";
import type { IntervalClaim, IntervalClearing, SettlementMeter, Tariff } from "@commonwatt/sdk/settlement/types";

import { addSeries, emptySeries, sumSeries } from "../lib/series.ts";
import type { SettledDay } from "./settled-day.ts";

/** A settled day with the profiles of its transaction: everything the auction knew. */
export type DayMarket = {
  settled: SettledDay;
  tariff: Tariff;
  meters: readonly SettlementMeter[];
  /** 96 entries. */
  claims: readonly IntervalClaim[];
};

/** Sums over all meters of a settled day, 96 amounts in Wh each. */
export type MarketSeries = {
  /** All that was sent out. */
  supply: number[];
  /** All that was taken in by meters that could pay for it. */
  demand: number[];
  cleared: number[];
};

export function marketSeries({ meters, tariff, settled }: DayMarket): MarketSeries {
  let supply = emptySeries();
  let demand = emptySeries();
  for (const meter of meters) {
    supply = addSeries(supply, inWh(meter.exports, meter.exponent));
    if (asUnfunded(meter, tariff) === undefined) demand = addSeries(demand, inWh(meter.imports, meter.exponent));
  }
  return { supply, demand, cleared: settled.intervals.map(({ volumeWh }) => volumeWh) };
}

/** A meter's settled day. Series are 96 amounts in Wh. */
export type Statement = {
  meter: number;
  exports: number[];
  imports: number[];
  sold: number[];
  bought: number[];
  /** Of what was sold, at the price of each quarter-hour, rounded down. */
  earnedBaseUnits: bigint;
  /** Of what was bought, network charge included, rounded up. */
  spentBaseUnits: bigint;
  /** What the contract booked: negative means the meter was paid. Exact; the two above differ from it by rounding. */
  paymentBaseUnits: bigint;
};

/** Who sold and bought how much. Slow for a large neighbourhood: keep what it returns. */
export function allocationsOf(market: DayMarket): MeterAllocation[] {
  const intervals = market.claims.map((claim, index): IntervalClearing => {
    const { priceTicks = 0, volumeWh = 0 } = market.settled.intervals[index] ?? {};
    return { ...claim, priceTicks, volumeWh: BigInt(volumeWh) };
  });
  return allocateDay(market.meters, market.tariff, { intervals });
}

/** The statement of one meter; undefined if the day was settled without it. */
export function statementOf(
  market: DayMarket,
  allocations: readonly MeterAllocation[],
  number: number,
): Statement | undefined {
  const meter = market.meters.find((entry) => entry.meter === number);
  const allocation = allocations.find((entry) => entry.meter === number);
  const paymentBaseUnits = market.settled.payments.get(number);
  if (meter === undefined || allocation === undefined || paymentBaseUnits === undefined) return undefined;
  const price = (index: number) => BigInt(market.settled.intervals[index]?.priceTicks ?? 0);
  const charge = BigInt(market.tariff.networkChargeTicks);
  const earned = allocation.soldWh.reduce((sum, wh, index) => sum + wh * price(index), 0n);
  const spent = allocation.boughtWh.reduce((sum, wh, index) => sum + wh * (price(index) + charge), 0n);
  return {
    meter: number,
    exports: inWh(meter.exports, meter.exponent),
    imports: inWh(meter.imports, meter.exponent),
    sold: allocation.soldWh.map(Number),
    bought: allocation.boughtWh.map(Number),
    earnedBaseUnits: earned / 10n,
    spentBaseUnits: (spent + 9n) / 10n,
    paymentBaseUnits,
  };
}

/** What a meter sold and bought in sums, and what stayed with its supplier. */
export type StatementTotals = {
  soldWh: bigint;
  boughtWh: bigint;
  residualExportWh: bigint;
  residualImportWh: bigint;
};

export function totalsOf({ sold, bought, exports, imports }: Statement): StatementTotals {
  const soldWh = BigInt(sumSeries(sold));
  const boughtWh = BigInt(sumSeries(bought));
  return {
    soldWh,
    boughtWh,
    residualExportWh: BigInt(sumSeries(exports)) - soldWh,
    residualImportWh: BigInt(sumSeries(imports)) - boughtWh,
  };
}

/** A meter's limits of that day in words need the tariff: the community price is a flag. */
export function limitsOfDay(market: DayMarket, number: number): { askTicks: number; bidTicks: number } | undefined {
  const meter = market.meters.find((entry) => entry.meter === number);
  return meter === undefined ? undefined : limitsOf(meter, market.tariff);
}

function inWh(units: readonly number[], exponent: number): number[] {
  return units.map((value) => value * 10 ** exponent);
}
