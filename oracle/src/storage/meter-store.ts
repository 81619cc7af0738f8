import type { Quality } from "@commonwatt/sdk/profile";
import { type Day, day as asDay, type Interval, interval as asInterval } from "@commonwatt/sdk/time";

import type { Database } from "./database.ts";

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
};

/** Energy of one interval so far, and the worst that is known of its quality. */
export type IntervalRow = { interval: Interval; importWh: number; exportWh: number; quality: Quality };

/** Keeps meters, their channels and open intervals. Every change belongs in a transaction of the database. */
export type MeterStore = {
  meter(meter: number): MeterState | undefined;
  saveMeter(meter: number, state: MeterState): void;
  /** The state that a channel last saved, as it was given; undefined for a new channel or one whose meaning changed. */
  channel(meter: number, input: string, meaning: string): unknown;
  saveChannel(meter: number, input: string, meaning: string, state: object): void;
  addToInterval(meter: number, row: IntervalRow): void;
  /** Rows of the intervals up to `last`, in order. */
  intervalsThrough(meter: number, last: Interval): IntervalRow[];
  deleteIntervalsThrough(meter: number, last: Interval): void;
  markDay(meter: number, day: Day): void;
  /** Marked days, in order. */
  openDays(meter: number): Day[];
  unmarkDaysThrough(meter: number, day: Day): void;
};

export function createMeterStore({ sql }: Database): MeterStore {
  const getMeter = sql.prepare("SELECT * FROM meters WHERE meter = ?");
  const putMeter = sql.prepare("INSERT OR REPLACE INTO meters VALUES (?, ?, ?, ?, ?, ?)");
  const getChannel = sql.prepare("SELECT state FROM channels WHERE meter = ? AND input = ? AND meaning = ?");
  const putChannel = sql.prepare("INSERT OR REPLACE INTO channels VALUES (?, ?, ?, ?)");
  const addInterval = sql.prepare(`
    INSERT INTO intervals VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
    import_wh = import_wh + excluded.import_wh,
    export_wh = export_wh + excluded.export_wh,
    quality = max(quality, excluded.quality)`);
  const getIntervals = sql.prepare("SELECT * FROM intervals WHERE meter = ? AND interval <= ? ORDER BY interval");
  const dropIntervals = sql.prepare("DELETE FROM intervals WHERE meter = ? AND interval <= ?");
  const addDay = sql.prepare("INSERT OR IGNORE INTO open_days VALUES (?, ?)");
  const getDays = sql.prepare("SELECT day FROM open_days WHERE meter = ? ORDER BY day");
  const dropDays = sql.prepare("DELETE FROM open_days WHERE meter = ? AND day <= ?");

  return {
    meter(meter) {
      const row = getMeter.get(meter);
      return row === undefined
        ? undefined
        : {
            importWh: Number(row["import_wh"]),
            exportWh: Number(row["export_wh"]),
            lateImportWh: Number(row["late_import_wh"]),
            lateExportWh: Number(row["late_export_wh"]),
            closedDay: Number(row["closed_day"]),
          };
    },
    saveMeter(meter, { importWh, exportWh, lateImportWh, lateExportWh, closedDay }) {
      putMeter.run(meter, importWh, exportWh, lateImportWh, lateExportWh, closedDay);
    },
    channel(meter, input, meaning) {
      const row = getChannel.get(meter, input, meaning);
      return row === undefined ? undefined : (JSON.parse(String(row["state"])) as unknown);
    },
    saveChannel(meter, input, meaning, state) {
      putChannel.run(meter, input, meaning, JSON.stringify(state));
    },
    addToInterval(meter, { interval, importWh, exportWh, quality }) {
      addInterval.run(meter, interval, importWh, exportWh, quality);
    },
    intervalsThrough(meter, last) {
      return getIntervals.all(meter, last).map((row) => ({
        interval: asInterval(Number(row["interval"])),
        importWh: Number(row["import_wh"]),
        exportWh: Number(row["export_wh"]),
        quality: Number(row["quality"]) as Quality,
      }));
    },
    deleteIntervalsThrough(meter, last) {
      dropIntervals.run(meter, last);
    },
    markDay(meter, day) {
      addDay.run(meter, day);
    },
    openDays(meter) {
      return getDays.all(meter).map((row) => asDay(Number(row["day"])));
    },
    unmarkDaysThrough(meter, day) {
      dropDays.run(meter, day);
    },
  };
}
