import type { ReadSettledDay } from "@commonwatt/sdk/ledger/read-settled-day";
import { asUnfunded } from "@commonwatt/sdk/settlement/limits";
import { statementsOf as settlementStatements } from "@commonwatt/sdk/settlement/statement";
import type { DayClearing } from "@commonwatt/sdk/settlement/types";

import { addSeries, emptySeries, sumSeries } from "../lib/series.ts";
import type { SettledDay } from "./settled-day.ts";

/** A settled day with the profiles of its transaction: everything the auction knew. */
export type DayMarket = Pick<ReadSettledDay, "tariff" | "meters" | "claims"> & { settled: SettledDay };

/** Sums over all meters of a settled day, 96 amounts in Wh each. */
export type MarketSeries = {
  /** All that was sent out. */
  supply: number[];
  /** All that was taken in by meters that could pay for it. */
  demand: number[];
  /** All that was taken in. */
  need: number[];
  cleared: number[];
};

export function marketSeries({ meters, tariff, settled }: DayMarket): MarketSeries {
  let supply = emptySeries();
  let demand = emptySeries();
  let need = emptySeries();
  for (const meter of meters) {
    supply = addSeries(supply, inWh(meter.exports, meter.exponent));
    const imports = inWh(meter.imports, meter.exponent);
    need = addSeries(need, imports);
    if (asUnfunded(meter, tariff) === undefined) demand = addSeries(demand, imports);
  }
  return { supply, demand, need, cleared: settled.intervals.map(({ volumeWh }) => Number(volumeWh)) };
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
  const clearing: DayClearing = {
    ...settled,
    intervals: claims.map((claim, index) => {
      const { priceTicks = 0, volumeWh = 0n } = settled.intervals[index] ?? {};
      return { ...claim, priceTicks, volumeWh };
    }),
    payments: meters.map(({ meter }) => ({ meter, baseUnits: settled.paid.get(meter) ?? 0n })),
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

function inWh(units: readonly number[], exponent: number): number[] {
  return units.map((value) => value * 10 ** exponent);
}
