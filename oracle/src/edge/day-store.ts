import { decodeIntervals, decodeQuality } from "@commonwatt/sdk/profile";
import type { SignedProfile } from "@commonwatt/sdk/profile-signing";
import { type Day, day } from "@commonwatt/sdk/time";
import type { Address, Hex } from "viem";

import type { Row, Sql } from "../storage/sql.ts";
import type { Receipt } from "./message.ts";

/**
 * How far a signed day has come. `new`: nobody has said that they have it. `taken`: the relay says so. `claimed`: the relay
 * says that it is on chain. `proven`: the chain says so. `refused`: the relay says that it will not get there.
 */
export type DayStanding = "new" | "taken" | "claimed" | "proven" | "refused";

/** A day that a device of this gateway has signed. Quantities in the meter's unit. */
export type SignedDay = {
  meter: number;
  day: Day;
  device: Address;
  profile: SignedProfile;
  standing: DayStanding;
  reason: string | undefined;
  transaction: Hex | undefined;
};

/** Keeps what became of the gateway's signed days, which lie in the outbox. */
export type DayStore = ReturnType<typeof createDayStore>;

/** Only a gateway's database has it: beside the oracle's tables, of which it uses those of the pipeline and the outbox. */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS edge_days (
    meter INTEGER NOT NULL,
    day INTEGER NOT NULL,
    standing TEXT NOT NULL,
    -- How often it was shown to the relay, and not before when again.
    shown INTEGER NOT NULL,
    next_ms INTEGER NOT NULL,
    reason TEXT,
    transaction_hash TEXT,
    PRIMARY KEY (meter, day)
  ) STRICT, WITHOUT ROWID`;
const COLUMNS = `
  outbox.meter, outbox.day, outbox.device, outbox.import_register, outbox.export_register, outbox.quality,
  outbox.intervals, outbox.signature, edge_days.standing, edge_days.reason, edge_days.transaction_hash`;
const FROM = `
  FROM outbox LEFT JOIN edge_days ON edge_days.meter = outbox.meter AND edge_days.day = outbox.day
  WHERE outbox.state = 'signed'`;
const SELECT_ONE = `SELECT ${COLUMNS} ${FROM} AND outbox.meter = ? AND outbox.day = ?`;
const SELECT_ALL = `SELECT ${COLUMNS} ${FROM} ORDER BY outbox.meter, outbox.day`;
const SELECT_OPEN = `
  SELECT ${COLUMNS} ${FROM} AND (edge_days.standing IS NULL OR edge_days.standing <> 'proven')
  AND (outbox.meter, outbox.day) > (?, ?)
  ORDER BY outbox.meter, outbox.day LIMIT ?`;
// Of each meter the first day that nobody has yet: a later one must not overtake it.
const SELECT_NEW = `
  SELECT ${COLUMNS} ${FROM} AND (edge_days.standing IS NULL OR edge_days.standing = 'new')
  AND (edge_days.next_ms IS NULL OR edge_days.next_ms <= ?) AND NOT EXISTS (
    SELECT 1 FROM outbox AS earlier
    LEFT JOIN edge_days AS known ON known.meter = earlier.meter AND known.day = earlier.day
    WHERE earlier.meter = outbox.meter AND earlier.day < outbox.day AND earlier.state IN ('closed', 'signed')
    AND (known.standing IS NULL OR known.standing = 'new')
  ) ORDER BY outbox.day, outbox.meter LIMIT ?`;
const SELECT_ASKED = `
  SELECT ${COLUMNS} ${FROM} AND edge_days.standing IN ('taken', 'refused') AND edge_days.next_ms <= ?
  ORDER BY outbox.day, outbox.meter LIMIT ?`;
const SHOW = `
  INSERT INTO edge_days (meter, day, standing, shown, next_ms) VALUES (?, ?, 'new', 1, ?)
  ON CONFLICT (meter, day) DO UPDATE SET shown = edge_days.shown + 1, next_ms = excluded.next_ms`;
const SELECT_SHOWN = "SELECT shown FROM edge_days WHERE meter = ? AND day = ?";
const TELL = `
  INSERT INTO edge_days (meter, day, standing, shown, next_ms, reason, transaction_hash) VALUES (?, ?, ?, 0, ?, ?, ?)
  ON CONFLICT (meter, day) DO UPDATE SET standing = excluded.standing, next_ms = excluded.next_ms,
  reason = excluded.reason, transaction_hash = excluded.transaction_hash`;
const PROVE = `
  INSERT INTO edge_days (meter, day, standing, shown, next_ms) VALUES (?, ?, 'proven', 0, 0)
  ON CONFLICT (meter, day) DO UPDATE SET standing = 'proven', reason = NULL`;
const OLD = `
  SELECT outbox.meter, outbox.day ${FROM} AND outbox.day < ? AND (edge_days.standing = 'proven' OR edge_days.standing = ?)
  ORDER BY outbox.day LIMIT ?`;
const DROP_PROFILE = "DELETE FROM outbox WHERE meter = ? AND day = ?";
const DROP_DAY = "DELETE FROM edge_days WHERE meter = ? AND day = ?";

/** Makes the table, where there is none yet. */
export async function prepareDayStore(sql: Sql): Promise<void> {
  await sql.run(SCHEMA);
}

export function createDayStore(sql: Sql) {
  return {
    async find(meter: number, of: number): Promise<SignedDay | undefined> {
      const row = await sql.get(SELECT_ONE, meter, of);
      return row === undefined ? undefined : readDay(row);
    },
    all: async (): Promise<SignedDay[]> => (await sql.all(SELECT_ALL)).map(readDay),
    /** Days that are not proven to be on chain, by meter and day, from the one after another. */
    open: async (after: { meter: number; day: number }, limit: number): Promise<SignedDay[]> =>
      (await sql.all(SELECT_OPEN, after.meter, after.day, limit)).map(readDay),
    /** Of each meter the first day that nobody has yet, if it is due to be shown. */
    toShow: async (nowMs: number, limit: number): Promise<SignedDay[]> =>
      (await sql.all(SELECT_NEW, nowMs, limit)).map(readDay),
    /** Days that the relay has, or will not have, and is to be asked about again. */
    toAsk: async (nowMs: number, limit: number): Promise<SignedDay[]> =>
      (await sql.all(SELECT_ASKED, nowMs, limit)).map(readDay),
    /** How often a day has been shown. */
    async shown(meter: number, of: number): Promise<number> {
      return Number((await sql.get(SELECT_SHOWN, meter, of))?.["shown"] ?? 0);
    },
    async markShown(meter: number, of: number, nextMs: number): Promise<void> {
      await sql.run(SHOW, meter, of, nextMs);
    },
    /** Keeps what the relay said. */
    async tell({ meter, day: of, transaction, reason }: Receipt, standing: DayStanding, nextMs: number): Promise<void> {
      await sql.run(TELL, meter, of, standing, nextMs, reason ?? null, transaction ?? null);
    },
    async markProven(meter: number, of: number): Promise<void> {
      await sql.run(PROVE, meter, of);
    },
    /**
     * Removes days before one that are on chain, at most so many.
     *
     * @param enough - The least that must be known of a day: the relay's word where there is nobody else to ask.
     */
    async removeBefore(before: number, enough: "claimed" | "proven", limit: number): Promise<number> {
      const rows = await sql.all(OLD, before, enough, limit);
      for (const row of rows) {
        await sql.run(DROP_PROFILE, Number(row["meter"]), Number(row["day"]));
        await sql.run(DROP_DAY, Number(row["meter"]), Number(row["day"]));
      }
      return rows.length;
    },
  };
}

function readDay(row: Row): SignedDay {
  const of = day(Number(row["day"]));
  const intervals = row["intervals"] as Hex;
  const quality = BigInt(String(row["quality"]));
  // What the database holds is looked at before it leaves, for a disk can rot too.
  decodeIntervals(intervals);
  decodeQuality(quality);
  return {
    meter: Number(row["meter"]),
    day: of,
    device: row["device"] as Address,
    profile: {
      day: of,
      importRegister: BigInt(Number(row["import_register"])),
      exportRegister: BigInt(Number(row["export_register"])),
      quality,
      intervals,
      signature: row["signature"] as Hex,
    },
    standing: (row["standing"] ?? "new") as DayStanding,
    reason: (row["reason"] ?? undefined) as string | undefined,
    transaction: (row["transaction_hash"] ?? undefined) as Hex | undefined,
  };
}
