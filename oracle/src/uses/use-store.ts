import { type Interval, interval as asInterval } from "@commonwatt/sdk/time";

import { type Use, USES } from "../config/uses.ts";
import type { Sql } from "../storage/sql.ts";

/** Energy of one use of a meter in one interval, Wh. */
export type UseRow = { meter: number; use: Use; interval: Interval; energyWh: number };

/**
 * Keeps what a household uses its energy for. This is its own business: it stands in the database and nowhere else, is in
 * no profile, no log, no health report, and goes after `retention.useDays`.
 */
export type UseStore = {
  /** Adds to what is there. */
  add(rows: readonly UseRow[]): Promise<void>;
  /** What was used in the intervals from `first` to before `end`, in order. */
  usesOf(meter: number, first: Interval, end: Interval): Promise<UseRow[]>;
  /**
   * Forgets some of what is older, the oldest first.
   *
   * @param most - Most intervals to go through.
   * @returns How many rows that were; 0 when nothing older is left.
   */
  removeBefore(interval: Interval, most: number): Promise<number>;
};

const ADD = `
  INSERT INTO uses (meter, use, interval, energy_wh) VALUES (?, ?, ?, ?)
  ON CONFLICT (meter, interval, use) DO UPDATE SET energy_wh = uses.energy_wh + excluded.energy_wh`;
const OF_METER = "SELECT * FROM uses WHERE meter = ? AND interval >= ? AND interval < ? ORDER BY interval, use";
const OLDEST = "SELECT min(interval) AS interval FROM uses";
const REMOVE = "DELETE FROM uses WHERE interval < ?";

export function createUseStore(sql: Sql): UseStore {
  return {
    add: (rows) =>
      sql.runMany(
        ADD,
        rows.map(({ meter, use, interval, energyWh }) => [meter, use, interval, energyWh]),
      ),
    async usesOf(meter, first, end) {
      return (await sql.all(OF_METER, meter, first, end)).map((row) => ({
        meter: Number(row["meter"]),
        use: useOf(row["use"]),
        interval: asInterval(Number(row["interval"])),
        energyWh: Number(row["energy_wh"]),
      }));
    },
    async removeBefore(interval, most) {
      const oldest = (await sql.get(OLDEST))?.["interval"];
      if (oldest === null || Number(oldest) >= interval) return 0;
      return sql.run(REMOVE, Math.min(interval, Number(oldest) + most));
    },
  };
}

function useOf(name: unknown): Use {
  const use = USES.find((known) => known === name);
  if (use === undefined) throw new Error(`use ${String(name)} in the database, expected one of ${USES.join(", ")}`);
  return use;
}
