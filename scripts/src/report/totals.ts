import type { Ledger } from "@commonwatt/sdk/ledger/types";
import { divideUp } from "@commonwatt/sdk/integers";
import { type BaseUnits, baseUnits, type Wh, wh } from "@commonwatt/sdk/units";

import type { SettledMeterDay, Settlement } from "./settlements.ts";

/** What the day settlement did. */
export type SettledTotals = {
  /** Days on which at least one meter was settled. */
  readonly days: number;
  readonly meterDays: number;
  readonly clearedWh: Wh;
  /** Network charges and dust. */
  readonly treasuryBaseUnits: BaseUnits;
  /** Gas of all announcements, forced profiles and settlements of these days, by meter-days, rounded up. */
  readonly gasPerHouseholdDay: bigint;
};

/** What happened in a run, as the chain tells it. Days, meters, profiles and their energy: by hand and settled. */
export type Totals = {
  readonly days: number;
  readonly meters: number;
  readonly profiles: number;
  readonly importWh: Wh;
  readonly exportWh: Wh;
  /** By the token's own transfers, not by the profiles. */
  readonly mintedWh: Wh;
  readonly soldWh: Wh;
  readonly retiredWh: Wh;
  readonly unattributedWh: Wh;
  /** To the sellers. */
  readonly paidBaseUnits: BaseUnits;
  readonly settled: SettledTotals;
};

/** The settled part of a ledger. */
export type Settled = {
  readonly settlements: readonly Settlement[];
  readonly meterDays: readonly SettledMeterDay[];
};

const NOTHING_SETTLED: Settled = { settlements: [], meterDays: [] };

function total<T>(entries: readonly T[], value: (entry: T) => bigint): bigint {
  return entries.reduce((sum, entry) => sum + value(entry), 0n);
}

/** Sums up a ledger, or a part of one. */
export function totalsOf(
  ledger: Pick<Ledger, "profiles" | "transfers" | "trades" | "retirements">,
  settled: Settled = NOTHING_SETTLED,
): Totals {
  const { profiles, transfers, trades, retirements } = ledger;
  const { meterDays } = settled;
  const minted = transfers.filter(({ kind }) => kind === "mint").flatMap(({ lines }) => lines);
  const all = [...profiles, ...meterDays];
  return {
    days: new Set(all.map(({ day }) => day)).size,
    meters: new Set(all.map(({ meter }) => meter)).size,
    profiles: all.length,
    importWh: wh(total(all, ({ importWh }) => importWh)),
    exportWh: wh(total(all, ({ exportWh }) => exportWh)),
    mintedWh: wh(total(minted, (line) => line.wh)),
    soldWh: wh(total(trades, ({ energyWh }) => energyWh)),
    retiredWh: wh(total(retirements, ({ energyWh }) => energyWh)),
    unattributedWh: wh(
      total(profiles, (entry) => entry.unattributedImportWh + entry.unattributedExportWh) +
        total(meterDays, ({ unattributedWh }) => unattributedWh),
    ),
    paidBaseUnits: baseUnits(total(trades, ({ paidBaseUnits }) => paidBaseUnits)),
    settled: settledTotalsOf(settled.settlements),
  };
}

function settledTotalsOf(settlements: readonly Settlement[]): SettledTotals {
  const meterDays = settlements.reduce((sum, { payments }) => sum + payments.length, 0);
  const gas = total(settlements, (settlement) => settlement.gas);
  return {
    days: settlements.length,
    meterDays,
    clearedWh: wh(total(settlements, ({ clearedWh }) => clearedWh)),
    treasuryBaseUnits: baseUnits(total(settlements, ({ treasuryBaseUnits }) => treasuryBaseUnits)),
    gasPerHouseholdDay: meterDays === 0 ? 0n : divideUp(gas, BigInt(meterDays)),
  };
}

/** The totals as JSON: integers as decimal strings. */
export function totalsJson({ settled, ...totals }: Totals, failures: readonly string[]): string {
  const strings = (numbers: object): object =>
    Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, String(value)]));
  return `${JSON.stringify({ ...strings(totals), settled: strings(settled), failures }, undefined, 2)}\n`;
}
