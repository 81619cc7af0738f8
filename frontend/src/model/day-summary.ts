import type { EnergyLine, ProfileEntry } from "@commonwatt/sdk/ledger/types";
import { decodeIntervals, decodeQuality, ESTIMATED, MISSING } from "@commonwatt/sdk/profile";
import { type Day, indexInDay, dayOfInterval } from "@commonwatt/sdk/time";

import { addSeries, emptySeries, sumSeries } from "../lib/series.ts";
import type { Books, DayBook } from "./books.ts";
import { type DayMarket, marketSeries } from "./day-market.ts";

/** Import and export of a recorded meter-day, 96 amounts in Wh each. */
export function profileSeries(profile: ProfileEntry): { imports: number[]; exports: number[] } {
  const { imports, exports } = decodeIntervals(profile.intervals);
  const unit = Number(profile.unitWh);
  return { imports: imports.map((units) => units * unit), exports: exports.map((units) => units * unit) };
}

/** How many of a profile's 96 quarter-hours were measured, estimated, missing. */
export function qualityCounts(profile: ProfileEntry): { measured: number; estimated: number; missing: number } {
  const quality = decodeQuality(profile.quality);
  const estimated = quality.filter((entry) => entry === ESTIMATED).length;
  const missing = quality.filter((entry) => entry === MISSING).length;
  return { measured: quality.length - estimated - missing, estimated, missing };
}

/** A neighbourhood's day in sums. */
export type DaySummary = {
  day: Day;
  exports: number[];
  imports: number[];
  sold: number[];
  covered: number[];
  exportWh: bigint;
  importWh: bigint;
  mintedWh: bigint;
  soldWh: bigint;
  usedWh: bigint;
  unattributedWh: bigint;
  paidBaseUnits: bigint;
  chargeBaseUnits: bigint;
};

/** Days with something in the books, newest first. */
export function recordedDays(books: Books): Day[] {
  return [...books.days]
    .filter(([, book]) => book.profiles.length > 0)
    .map(([day]) => day)
    .toSorted((a, b) => b - a);
}

/** Days with anything to show: recorded or settled, newest first. */
export function ledgerDays(books: Books): Day[] {
  return [...new Set([...recordedDays(books), ...books.settlement.settled.keys()])].toSorted((a, b) => b - a);
}

/** Sums a day's book. */
export function summarize(day: Day, book: DayBook): DaySummary {
  let exports = emptySeries();
  let imports = emptySeries();
  for (const profile of book.profiles) {
    const series = profileSeries(profile);
    exports = addSeries(exports, series.exports);
    imports = addSeries(imports, series.imports);
  }
  return {
    day,
    exports,
    imports,
    sold: linesOf(day, book.trades),
    covered: linesOf(day, book.retirements),
    exportWh: total(book.profiles, (profile) => profile.exportWh),
    importWh: total(book.profiles, (profile) => profile.importWh),
    mintedWh: total(book.profiles, (profile) => profile.mintedWh),
    soldWh: total(book.trades, (trade) => trade.energyWh),
    usedWh: total(book.retirements, (retirement) => retirement.energyWh),
    unattributedWh: total(book.profiles, (profile) => profile.unattributedImportWh + profile.unattributedExportWh),
    paidBaseUnits: total(book.trades, (trade) => trade.paidBaseUnits),
    chargeBaseUnits: total(book.trades, (trade) => trade.chargeBaseUnits),
  };
}

/**
 * Adds what was shared automatically to the sums of a day traded by hand: what was shared counts as sold, and as need
 * that is covered.
 */
export function withShared(summary: DaySummary, market: DayMarket): DaySummary {
  const { supply, need, cleared } = marketSeries(market);
  const { clearedWh, intervals } = market.settled;
  const paidTenths = intervals.reduce((sum, { volumeWh, priceTicks }) => sum + volumeWh * BigInt(priceTicks), 0n);
  return {
    ...summary,
    exports: addSeries(summary.exports, supply),
    imports: addSeries(summary.imports, need),
    sold: addSeries(summary.sold, cleared),
    covered: addSeries(summary.covered, cleared),
    exportWh: summary.exportWh + BigInt(sumSeries(supply)),
    importWh: summary.importWh + BigInt(sumSeries(need)),
    soldWh: summary.soldWh + clearedWh,
    usedWh: summary.usedWh + clearedWh,
    paidBaseUnits: summary.paidBaseUnits + paidTenths / 10n,
  };
}

/** Average price of some sales in ticks, rounded to the nearest; undefined where nothing was sold. */
export function averageTicks(energyWh: bigint, paidBaseUnits: bigint): number | undefined {
  return energyWh === 0n ? undefined : Number((paidBaseUnits * 10n + energyWh / 2n) / energyWh);
}

function linesOf(day: Day, entries: readonly { lines: readonly EnergyLine[] }[]): number[] {
  const series = emptySeries();
  for (const { interval, wh } of entries.flatMap(({ lines }) => lines)) {
    if (dayOfInterval(interval) === day)
      series[indexInDay(interval)] = (series[indexInDay(interval)] ?? 0) + Number(wh);
  }
  return series;
}

function total<T>(entries: readonly T[], of: (entry: T) => bigint): bigint {
  return entries.reduce((sum, entry) => sum + of(entry), 0n);
}
