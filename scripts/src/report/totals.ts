import type { Ledger } from "@commonwatt/sdk/ledger/types";
import { type BaseUnits, baseUnits, type Wh, wh } from "@commonwatt/sdk/units";

/** What happened in a run, as the chain tells it. */
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
};

function total<T>(entries: readonly T[], value: (entry: T) => bigint): bigint {
  return entries.reduce((sum, entry) => sum + value(entry), 0n);
}

/** Sums up a ledger, or a part of one. */
export function totalsOf(ledger: Pick<Ledger, "profiles" | "transfers" | "trades" | "retirements">): Totals {
  const { profiles, transfers, trades, retirements } = ledger;
  const minted = transfers.filter(({ kind }) => kind === "mint").flatMap(({ lines }) => lines);
  return {
    days: new Set(profiles.map(({ day }) => day)).size,
    meters: new Set(profiles.map(({ meter }) => meter)).size,
    profiles: profiles.length,
    importWh: wh(total(profiles, ({ importWh }) => importWh)),
    exportWh: wh(total(profiles, ({ exportWh }) => exportWh)),
    mintedWh: wh(total(minted, (line) => line.wh)),
    soldWh: wh(total(trades, ({ energyWh }) => energyWh)),
    retiredWh: wh(total(retirements, ({ energyWh }) => energyWh)),
    unattributedWh: wh(total(profiles, (entry) => entry.unattributedImportWh + entry.unattributedExportWh)),
    paidBaseUnits: baseUnits(total(trades, ({ paidBaseUnits }) => paidBaseUnits)),
  };
}

/** The totals as JSON: integers as decimal strings. */
export function totalsJson(totals: Totals, failures: readonly string[]): string {
  const numbers = Object.entries(totals).map(([name, value]) => [name, value.toString()] as const);
  return `${JSON.stringify({ ...Object.fromEntries(numbers), failures }, undefined, 2)}\n`;
}
