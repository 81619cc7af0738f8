import type { Quality } from "@commonwatt/sdk/profile";
import { type Day, day as asDay, type Interval, interval as asInterval } from "@commonwatt/sdk/time";

import type { Row, Sql, SqlValue } from "./sql.ts";

/** What is kept of a meter between its closed days. Energy in Wh. */
export type MeterState = {
  /** Registers at the end of the last closed day. */
  importWh: number;
  exportWh: number;
  /** Energy since then that belongs to no open interval. */
  lateImportWh: number;
  lateExportWh: number;
  /** Last day closed; -1 before the first. */
  closedDay: number;
  /** Last day that was on chain when the registers were taken over from there: its energy is in them. -1 when they were not. */
  adoptedDay: number;
};

/** Energy of one interval so far, and the worst that is known of its quality. */
export type IntervalRow = { interval: Interval; importWh: number; exportWh: number; quality: Quality };

/** Keeps meters, their channels and open intervals. Changes belong in a transaction, over its `sql`. */
export type MeterStore = {
  meter(meter: number): Promise<MeterState | undefined>;
  saveMeter(meter: number, state: MeterState): Promise<void>;
  /** The state that a channel last saved, as it was given; undefined for a new channel or one whose meaning changed. */
  channel(meter: number, input: string, meaning: string): Promise<unknown>;
  saveChannel(meter: number, input: string, meaning: string, state: object): Promise<void>;
  /** Rows of the intervals up to `last`, in order. */
  intervalsThrough(meter: number, last: Interval): Promise<IntervalRow[]>;
  deleteIntervalsThrough(meter: number, last: Interval): Promise<void>;
  /** Marked days, in order. */
  openDays(meter: number): Promise<Day[]>;
  unmarkDaysThrough(meter: number, day: Day): Promise<void>;
  /** Meters that have a day before this one open. */
  metersOpenBefore(day: Day): Promise<number[]>;

  /** By meter. */
  allMeters(): Promise<Map<number, MeterState>>;
  /** By meter and input. */
  allChannels(): Promise<Map<number, Map<string, { meaning: string; state: unknown }>>>;
  /** By meter. */
  allOpenDays(): Promise<Map<number, Day[]>>;
  /** Adds those that are not there yet. */
  addMeters(rows: readonly { meter: number; state: MeterState }[]): Promise<void>;
  saveMeters(rows: readonly { meter: number; state: MeterState }[]): Promise<void>;
  saveChannels(rows: readonly { meter: number; input: string; meaning: string; state: object }[]): Promise<void>;
  /** Adds energy and keeps the worst quality; each interval of a meter at most once in a call. */
  addToIntervals(rows: readonly (IntervalRow & { meter: number })[]): Promise<void>;
  markDays(rows: readonly { meter: number; day: Day }[]): Promise<void>;
};

const GET_METER = "SELECT * FROM meters WHERE meter = ?";
const ADD_METER = `
  INSERT INTO meters (meter, import_wh, export_wh, late_import_wh, late_export_wh, closed_day, adopted_day)
  VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (meter) DO NOTHING`;
const PUT_METER = `
  INSERT INTO meters (meter, import_wh, export_wh, late_import_wh, late_export_wh, closed_day, adopted_day)
  VALUES (?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (meter) DO UPDATE SET import_wh = excluded.import_wh, export_wh = excluded.export_wh,
  late_import_wh = excluded.late_import_wh, late_export_wh = excluded.late_export_wh, closed_day = excluded.closed_day,
  adopted_day = excluded.adopted_day`;
const GET_CHANNEL = "SELECT state FROM channels WHERE meter = ? AND input = ? AND meaning = ?";
const PUT_CHANNEL = `
  INSERT INTO channels (meter, input, meaning, state) VALUES (?, ?, ?, ?)
  ON CONFLICT (meter, input) DO UPDATE SET meaning = excluded.meaning, state = excluded.state`;
const ADD_INTERVAL = `
  INSERT INTO intervals (meter, interval, import_wh, export_wh, quality) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (meter, interval) DO UPDATE SET
  import_wh = intervals.import_wh + excluded.import_wh,
  export_wh = intervals.export_wh + excluded.export_wh,
  quality = CASE WHEN intervals.quality > excluded.quality THEN intervals.quality ELSE excluded.quality END`;
const GET_INTERVALS = "SELECT * FROM intervals WHERE meter = ? AND interval <= ? ORDER BY interval";
const DROP_INTERVALS = "DELETE FROM intervals WHERE meter = ? AND interval <= ?";
const ADD_DAY = "INSERT INTO open_days (meter, day) VALUES (?, ?) ON CONFLICT DO NOTHING";
const GET_DAYS = "SELECT day FROM open_days WHERE meter = ? ORDER BY day";
const GET_OPEN_BEFORE = "SELECT DISTINCT meter FROM open_days WHERE day < ? ORDER BY meter";
const ALL_METERS = "SELECT * FROM meters";
const ALL_CHANNELS = "SELECT * FROM channels";
const ALL_DAYS = "SELECT meter, day FROM open_days ORDER BY meter, day";
const DROP_DAYS = "DELETE FROM open_days WHERE meter = ? AND day <= ?";

export function createMeterStore(sql: Sql): MeterStore {
  return {
    async meter(meter) {
      const row = await sql.get(GET_METER, meter);
      return row === undefined ? undefined : readMeter(row);
    },
    async saveMeter(meter, state) {
      await sql.run(PUT_METER, ...meterValues(meter, state));
    },
    async channel(meter, input, meaning) {
      const row = await sql.get(GET_CHANNEL, meter, input, meaning);
      return row === undefined ? undefined : (JSON.parse(String(row["state"])) as unknown);
    },
    async saveChannel(meter, input, meaning, state) {
      await sql.run(PUT_CHANNEL, meter, input, meaning, JSON.stringify(state));
    },
    async intervalsThrough(meter, last) {
      return (await sql.all(GET_INTERVALS, meter, last)).map((row) => ({
        interval: asInterval(Number(row["interval"])),
        importWh: Number(row["import_wh"]),
        exportWh: Number(row["export_wh"]),
        quality: Number(row["quality"]) as Quality,
      }));
    },
    async deleteIntervalsThrough(meter, last) {
      await sql.run(DROP_INTERVALS, meter, last);
    },
    async openDays(meter) {
      return (await sql.all(GET_DAYS, meter)).map((row) => asDay(Number(row["day"])));
    },
    async unmarkDaysThrough(meter, day) {
      await sql.run(DROP_DAYS, meter, day);
    },
    async metersOpenBefore(day) {
      return (await sql.all(GET_OPEN_BEFORE, day)).map((row) => Number(row["meter"]));
    },
    async allMeters() {
      return new Map((await sql.all(ALL_METERS)).map((row) => [Number(row["meter"]), readMeter(row)]));
    },
    async allChannels() {
      const found = new Map<number, Map<string, { meaning: string; state: unknown }>>();
      for (const row of await sql.all(ALL_CHANNELS)) {
        const meter = Number(row["meter"]);
        const ofMeter = found.get(meter) ?? new Map<string, { meaning: string; state: unknown }>();
        const state = JSON.parse(String(row["state"])) as unknown;
        found.set(meter, ofMeter.set(String(row["input"]), { meaning: String(row["meaning"]), state }));
      }
      return found;
    },
    async allOpenDays() {
      const rows = Map.groupBy(await sql.all(ALL_DAYS), (row) => Number(row["meter"]));
      return new Map([...rows].map(([meter, days]) => [meter, days.map((row) => asDay(Number(row["day"])))]));
    },
    async addMeters(rows) {
      await sql.runMany(
        ADD_METER,
        rows.map(({ meter, state }) => meterValues(meter, state)),
      );
    },
    async saveMeters(rows) {
      await sql.runMany(
        PUT_METER,
        rows.map(({ meter, state }) => meterValues(meter, state)),
      );
    },
    async saveChannels(rows) {
      await sql.runMany(
        PUT_CHANNEL,
        rows.map(({ meter, input, meaning, state }) => [meter, input, meaning, JSON.stringify(state)]),
      );
    },
    async addToIntervals(rows) {
      await sql.runMany(
        ADD_INTERVAL,
        rows.map(({ meter, interval, importWh, exportWh, quality }) => [meter, interval, importWh, exportWh, quality]),
      );
    },
    async markDays(rows) {
      await sql.runMany(
        ADD_DAY,
        rows.map(({ meter, day }) => [meter, day]),
      );
    },
  };
}

function readMeter(row: Row): MeterState {
  return {
    importWh: Number(row["import_wh"]),
    exportWh: Number(row["export_wh"]),
    lateImportWh: Number(row["late_import_wh"]),
    lateExportWh: Number(row["late_export_wh"]),
    closedDay: Number(row["closed_day"]),
    adoptedDay: Number(row["adopted_day"]),
  };
}

function meterValues(meter: number, state: MeterState): SqlValue[] {
  const { importWh, exportWh, lateImportWh, lateExportWh, closedDay, adoptedDay } = state;
  return [meter, importWh, exportWh, lateImportWh, lateExportWh, closedDay, adoptedDay];
}
