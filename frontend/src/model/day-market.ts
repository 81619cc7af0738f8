import { asUnfunded } from "@commonwatt/sdk/settlement/limits";
import type { SettledDay as ToVerify } from "@commonwatt/sdk/settlement/verify";
import { statementsOf as settlementStatements } from "@commonwatt/sdk/settlement/statement";
import type { DayClearing, IntervalClaim, SettlementMeter, Tariff } from "@commonwatt/sdk/settlement/types";

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
  /** For what was sold, rounded down. */
  earnedBaseUnits: bigint;
  /** For what was bought, network charge included. */
  spentBaseUnits: bigint;
  /** What the contract booked, spent less earned; negative: the meter was paid. */
  paymentBaseUnits: bigint;
};

/** Everybody's statement, by meter. Slow for a large neighbourhood: keep what it returns. */
export function statementsOf(market: DayMarket): Map<number, Statement> {
  const { meters, tariff, settled, claims } = market;
  const { clearedWh, treasuryBaseUnits, payments } = settled;
  const clearing: DayClearing = {
    intervals: claims.map((claim, index) => {
      const { priceTicks = 0, volumeWh = 0 } = settled.intervals[index] ?? {};
      return { ...claim, priceTicks, volumeWh: BigInt(volumeWh) };
    }),
    payments: meters.map(({ meter }) => ({ meter, baseUnits: payments.get(meter) ?? 0n })),
    unfunded: [],
    clearedWh,
    treasuryBaseUnits,
  };
  const found = new Map<number, Statement>();
  for (const [index, statement] of settlementStatements(meters, tariff, clearing).entries()) {
    const meter = meters[index];
    if (meter === undefined) continue;
    found.set(meter.meter, {
      meter: meter.meter,
      exports: inWh(meter.exports, meter.exponent),
      imports: inWh(meter.imports, meter.exponent),
      sold: statement.soldWh.map(Number),
      bought: statement.boughtWh.map(Number),
      earnedBaseUnits: statement.soldBaseUnits,
      spentBaseUnits: statement.boughtBaseUnits,
      paymentBaseUnits: statement.paymentBaseUnits,
    });
  }
  return found;
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

/** A settled day as the sdk's verification takes it. @param unfunded - Meters the contract logged as unable to pay. */
export function toVerify(
  { settled, tariff, meters, claims }: DayMarket,
  unfunded: ReadonlyMap<number, unknown> = new Map(),
): ToVerify {
  const { intervals, payments, clearedWh, treasuryBaseUnits } = settled;
  const place = new Map(meters.map(({ meter }, index) => [meter, index]));
  return {
    tariff,
    meters,
    claims,
    clearedWh,
    treasuryBaseUnits,
    intervals: intervals.map((interval) => ({ ...interval, volumeWh: BigInt(interval.volumeWh) })),
    payments: [...payments].map(([meter, baseUnits]) => ({ meter, baseUnits })),
    unfunded: [...unfunded.keys()]
      .map((meter) => ({ meter }))
      .toSorted((a, b) => (place.get(a.meter) ?? 0) - (place.get(b.meter) ?? 0)),
  };
}

function inWh(units: readonly number[], exponent: number): number[] {
  return units.map((value) => value * 10 ** exponent);
}
