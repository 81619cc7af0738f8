import { type Interval, interval as asInterval } from "@commonwatt/sdk/time";

import type { Sql } from "../storage/sql.ts";

/** What the power beside a meter's counters came to in an interval. */
export type CheckRow = {
  meter: number;
  interval: Interval;
  netWh: number;
  /** Time that it is known for; of several inputs the sum. */
  knownMs: number;
};

/** Keeps the energy of compared powers until its day is closed. */
export type CheckStore = {
  /** Adds to what is there. */
  add(rows: readonly CheckRow[]): Promise<void>;
  /** Of the intervals up to `last`, in order. */
  through(meter: number, last: Interval): Promise<CheckRow[]>;
  deleteThrough(meter: number, last: Interval): Promise<void>;
};

const ADD = `
  INSERT INTO power_checks (meter, interval, net_wh, known_ms) VALUES (?, ?, ?, ?)
  ON CONFLICT (meter, interval) DO UPDATE SET
  net_wh = power_checks.net_wh + excluded.net_wh, known_ms = power_checks.known_ms + excluded.known_ms`;
const THROUGH = "SELECT * FROM power_checks WHERE meter = ? AND interval <= ? ORDER BY interval";
const DELETE = "DELETE FROM power_checks WHERE meter = ? AND interval <= ?";

export function createCheckStore(sql: Sql): CheckStore {
  return {
    add: (rows) =>
      sql.runMany(
        ADD,
        rows.map(({ meter, interval, netWh, knownMs }) => [meter, interval, netWh, knownMs]),
      ),
    async through(meter, last) {
      return (await sql.all(THROUGH, meter, last)).map((row) => ({
        meter: Number(row["meter"]),
        interval: asInterval(Number(row["interval"])),
        netWh: Number(row["net_wh"]),
        knownMs: Number(row["known_ms"]),
      }));
    },
    async deleteThrough(meter, last) {
      await sql.run(DELETE, meter, last);
    },
  };
}
