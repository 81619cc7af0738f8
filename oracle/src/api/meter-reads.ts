import { decodeIntervals, decodeQuality, type Quality } from "@commonwatt/sdk/profile";
import { type Day, dayEnd, firstInterval, INTERVALS_PER_DAY, type Interval, interval } from "@commonwatt/sdk/time";
import type { Hex } from "viem";

import type { Meaning } from "../config/schema.ts";
import type { Use } from "../config/uses.ts";
import type { OutboxState } from "../outbox/outbox-store.ts";
import type { ChannelState } from "../registers/channel.ts";
import type { Row, Sql } from "../storage/sql.ts";

/** What is read for members: small questions by key, each a statement of its own, so that messages go in between. */
export type MeterReads = ReturnType<typeof createMeterReads>;

export type Channel = { meter: number; input: string; meaning: Meaning; state: ChannelState };
/** Energy of an interval, running or done; Wh. */
export type IntervalSoFar = { interval: Interval; importWh: number; exportWh: number; quality: Quality };
export type WayOfProfile = {
  meter: number;
  day: number;
  state: OutboxState;
  device: string | null;
  transactionHash: string | null;
  reason: string | null;
};

/** Meters asked for in one statement; its text must be constant, so fewer are filled up with the last one. */
const AT_ONCE = 16;
const MANY = `(${Array<string>(AT_ONCE).fill("?").join(", ")})`;
const CHANNELS = `SELECT meter, input, meaning, state FROM channels WHERE meter IN ${MANY} ORDER BY meter, input`;
const INTERVALS = `
  SELECT * FROM intervals WHERE meter IN ${MANY} AND interval >= ? AND interval < ? ORDER BY meter, interval`;
/** A transaction that is written down has the hash of its last signing. */
const WAYS = `
  SELECT meter, day, state, device, transaction_hash, reason, (
    SELECT hash FROM transaction_attempts WHERE transaction_attempts.transaction_id = outbox.transaction_id
    ORDER BY signed_ms DESC LIMIT 1
  ) AS sent_hash
  FROM outbox WHERE meter IN ${MANY} AND day >= ? AND day <= ? ORDER BY meter, day`;
const CLOSED = "SELECT intervals, quality FROM outbox WHERE meter = ? AND day = ?";
const USES = `
  SELECT interval / 96 AS day, use, sum(energy_wh) AS energy_wh FROM uses
  WHERE meter = ? AND interval >= ? AND interval < ? GROUP BY interval / 96, use ORDER BY interval / 96, use`;

export function createMeterReads(sql: Sql) {
  /** Rows of many meters, some of them at a time. */
  async function ofMany(statement: string, meters: readonly number[], ...rest: number[]): Promise<Row[]> {
    const rows: Row[] = [];
    for (let from = 0; from < meters.length; from += AT_ONCE) {
      const some = meters.slice(from, from + AT_ONCE);
      const filled = Array.from({ length: AT_ONCE }, (_, index) => some[Math.min(index, some.length - 1)] ?? 0);
      rows.push(...(await sql.all(statement, ...filled, ...rest)));
    }
    return rows;
  }

  return {
    async channels(meters: readonly number[]): Promise<Channel[]> {
      return (await ofMany(CHANNELS, meters)).map((row) => ({
        meter: Number(row["meter"]),
        input: String(row["input"]),
        meaning: String(row["meaning"]) as Meaning,
        state: JSON.parse(String(row["state"])) as ChannelState,
      }));
    },

    /** Of days that are not closed. */
    async openIntervals(
      meters: readonly number[],
      first: number,
      end: number,
    ): Promise<(IntervalSoFar & { meter: number })[]> {
      return (await ofMany(INTERVALS, meters, first, end)).map((row) => ({
        meter: Number(row["meter"]),
        interval: interval(Number(row["interval"])),
        importWh: Number(row["import_wh"]),
        exportWh: Number(row["export_wh"]),
        quality: Number(row["quality"]) as Quality,
      }));
    },

    /** The 96 intervals of a day whose profile is closed; undefined when there is none. */
    async closedIntervals(meter: number, day: Day, unitWh: number): Promise<IntervalSoFar[] | undefined> {
      const row = await sql.get(CLOSED, meter, day);
      if (row === undefined) return undefined;
      const { imports, exports } = decodeIntervals(row["intervals"] as Hex);
      const quality = decodeQuality(BigInt(String(row["quality"])));
      return Array.from({ length: INTERVALS_PER_DAY }, (_, index) => ({
        interval: interval(firstInterval(day) + index),
        importWh: (imports[index] ?? 0) * unitWh,
        exportWh: (exports[index] ?? 0) * unitWh,
        quality: quality[index] ?? 0,
      }));
    },

    /** Profiles of days from `first` to `last`, and where they stand. */
    async ways(meters: readonly number[], first: number, last: number): Promise<WayOfProfile[]> {
      return (await ofMany(WAYS, meters, first, last)).map((row) => ({
        meter: Number(row["meter"]),
        day: Number(row["day"]),
        state: row["state"] as OutboxState,
        device: (row["device"] ?? null) as string | null,
        transactionHash: (row["transaction_hash"] ?? (row["state"] === "sent" ? row["sent_hash"] : null) ?? null) as
          string | null,
        reason: (row["reason"] ?? null) as string | null,
      }));
    },

    /** Energy by day and use, of days from `first` to `last`. */
    async uses(meter: number, first: Day, last: Day): Promise<{ day: number; use: Use; energyWh: number }[]> {
      const end = Math.floor(dayEnd(last) / 900);
      return (await sql.all(USES, meter, firstInterval(first), end)).map((row) => ({
        day: Number(row["day"]),
        use: String(row["use"]) as Use,
        energyWh: Number(row["energy_wh"]),
      }));
    },
  };
}
