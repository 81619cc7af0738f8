import { assertValidProfile, type DayProfile, MEASURED, MISSING, type Quality } from "@commonwatt/sdk/profile";
import { type Day, firstInterval, intervalStart, INTERVALS_PER_DAY, SECONDS_PER_INTERVAL } from "@commonwatt/sdk/time";

import type { IntervalRow, MeterState } from "../storage/meter-store.ts";

export type ProfileInput = {
  day: Day;
  meter: MeterState;
  /** Rows up to the day's last interval, earlier days' included; an interval without a row had no reading. */
  rows: readonly IntervalRow[];
  /** Up to here the energy of all the meter's channels is known, unix milliseconds. */
  knownUntilMs: number;
  unitWh: number;
  /** Most energy of an interval and direction that the chain accepts, in units. */
  maxUnits: number;
};

export type BuiltProfile = {
  profile: DayProfile;
  /** Registers at the day's end, Wh. */
  importWh: number;
  exportWh: number;
  /** Intervals whose energy is above `maxUnits`: reported as missing, or the whole day would be refused. */
  overflowing: number[];
};

/**
 * The profile of a day. Registers are the whole energy in units, rounded down; an interval is the difference of two such
 * registers. So the intervals and what is missing add up to the register increase exactly, whatever the unit.
 */
export function buildProfile({ day, meter, rows, knownUntilMs, unitWh, maxUnits }: ProfileInput): BuiltProfile {
  const first = firstInterval(day);
  const earlier = rows.filter(({ interval }) => interval < first);
  let importWh = meter.importWh + meter.lateImportWh + sum(earlier, "importWh");
  let exportWh = meter.exportWh + meter.lateExportWh + sum(earlier, "exportWh");
  const byInterval = new Map(rows.map((row) => [row.interval as number, row]));
  const units = (energyWh: number) => Math.floor(energyWh / unitWh);

  const quality: Quality[] = [];
  const imports: number[] = [];
  const exports: number[] = [];
  const overflowing: number[] = [];
  for (let index = 0; index < INTERVALS_PER_DAY; index++) {
    const row = byInterval.get(first + index);
    const importUnits = units(importWh + (row?.importWh ?? 0)) - units(importWh);
    const exportUnits = units(exportWh + (row?.exportWh ?? 0)) - units(exportWh);
    importWh += row?.importWh ?? 0;
    exportWh += row?.exportWh ?? 0;
    const overflows = Math.max(importUnits, exportUnits) > maxUnits;
    if (overflows) overflowing.push(index);
    const endMs = (intervalStart(first) + (index + 1) * SECONDS_PER_INTERVAL) * 1000;
    const isMissing = row === undefined || endMs > knownUntilMs || row.quality === MISSING || overflows;
    quality.push(isMissing ? MISSING : row.quality);
    imports.push(isMissing ? 0 : importUnits);
    exports.push(isMissing ? 0 : exportUnits);
  }
  const profile: DayProfile = {
    day,
    importRegister: BigInt(units(importWh)),
    exportRegister: BigInt(units(exportWh)),
    quality,
    imports,
    exports,
  };
  assertValidProfile(profile);
  return { profile, importWh, exportWh, overflowing };
}

/** How many intervals of a profile were measured, estimated and missing. */
export function countQuality({ quality }: DayProfile): { measured: number; estimated: number; missing: number } {
  const count = (wanted: Quality) => quality.filter((entry) => entry === wanted).length;
  return {
    measured: count(MEASURED),
    estimated: quality.length - count(MEASURED) - count(MISSING),
    missing: count(MISSING),
  };
}

function sum(rows: readonly IntervalRow[], key: "importWh" | "exportWh"): number {
  return rows.reduce((total, row) => total + row[key], 0);
}
