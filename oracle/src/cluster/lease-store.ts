import { LOCK } from "../storage/postgres-connection.ts";
import type { Sql } from "../storage/sql.ts";
import type { LeaseKind } from "./leases.ts";

/** First keys of the locks; the second is the number of what is held. Arbitrary, the same for every oracle. */
const CLASSES: Record<LeaseKind, number> = { shard: 71_650_001, seat: 71_650_002, account: 71_650_003 };
const KINDS = ["shard", "seat", "account"] as const;

/** Who holds what, in one look. */
export type Surroundings = {
  /** The database's clock, unix milliseconds. */
  nowMs: number;
  processes: number;
  mine: Record<LeaseKind, Set<number>>;
  /** By anybody, this process included. */
  taken: Record<LeaseKind, Set<number>>;
  /** Names of processes whose connection was just ended. */
  cutOff: string[];
};

const NOW = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint";
const BEAT = `
  INSERT INTO processes (backend_pid, name, started_ms, beat_ms) VALUES (pg_backend_pid(), ?, ${NOW}, ${NOW})
  ON CONFLICT (backend_pid) DO UPDATE SET name = excluded.name, beat_ms = excluded.beat_ms
  RETURNING backend_pid, beat_ms`;
/** Of this database: who is in it, under the lock that all oracles take with one key, and the leases, with two. */
const LOCKS = `
  SELECT pid::bigint AS pid, classid::bigint AS class, objid::bigint AS number, objsubid::bigint AS keys FROM pg_locks
  WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
const SILENT = `SELECT backend_pid, name FROM processes WHERE beat_ms < ?`;
/** Only a connection of the database that still has the lock is that process's: numbers are given again. */
const END = `
  SELECT pg_terminate_backend(pid) AS ended FROM pg_locks
  WHERE pid = ?::int AND locktype = 'advisory' AND objsubid = 1 AND classid = ?::bigint::oid AND objid = ?::bigint::oid`;
const LOCK_OUT = "LOCK TABLE neighbourhoods IN EXCLUSIVE MODE";
const FORGET = "DELETE FROM processes WHERE backend_pid = ?";
const TRY = `
  SELECT number::bigint AS number FROM unnest(string_to_array(?, ',')::int[]) AS number
  WHERE pg_try_advisory_lock(?::int, number)`;
const RELEASE = `
  SELECT pg_advisory_unlock(?::int, number) FROM unnest(string_to_array(?, ',')::int[]) AS number`;

const LOCK_CLASS = Number(LOCK >> 32n);
const LOCK_NUMBER = Number(LOCK & 0xffff_ffffn);

/**
 * Says that this process is there, and looks who else is. A process that has been silent for too long is cut off: its
 * connection is ended by the database, and with it its locks and whatever it was writing.
 */
export async function lookAround(sql: Sql, name: string, silenceMs: number): Promise<Surroundings> {
  const beat = await sql.get(BEAT, name);
  const [own, nowMs] = [Number(beat?.["backend_pid"]), Number(beat?.["beat_ms"])];
  const locks = (await sql.all(LOCKS)).map((row) => ({
    pid: Number(row["pid"]),
    class: Number(row["class"]),
    number: Number(row["number"]),
    keys: Number(row["keys"]),
  }));
  const present = new Set(
    locks.flatMap((lock) =>
      lock.keys === 1 && lock.class === LOCK_CLASS && lock.number === LOCK_NUMBER ? [lock.pid] : [],
    ),
  );
  const cutOff: string[] = [];
  for (const row of await sql.all(SILENT, nowMs - silenceMs)) {
    const pid = Number(row["backend_pid"]);
    if (pid === own) continue;
    if (present.has(pid)) {
      await sql.all(END, pid, LOCK_CLASS, LOCK_NUMBER);
      cutOff.push(String(row["name"]));
      present.delete(pid);
    }
    await sql.run(FORGET, pid);
  }
  const mine: Surroundings["mine"] = { shard: new Set(), seat: new Set(), account: new Set() };
  const taken: Surroundings["taken"] = { shard: new Set(), seat: new Set(), account: new Set() };
  for (const kind of KINDS) {
    for (const lock of locks) {
      if (lock.keys !== 2 || lock.class !== CLASSES[kind]) continue;
      taken[kind].add(lock.number);
      if (lock.pid === own) mine[kind].add(lock.number);
    }
  }
  return { nowMs, processes: present.size, mine, taken, cutOff };
}

/**
 * Keeps processes that are starting from learning which neighbourhood the database is of until the transaction ends.
 *
 * @returns How many processes have the database besides this one.
 */
export async function lockOthersOut(sql: Sql, name: string, silenceMs: number): Promise<number> {
  await sql.run(LOCK_OUT);
  return (await lookAround(sql, name, silenceMs)).processes - 1;
}

/** Takes what is free of these; returns what it got. */
export async function tryLeases(sql: Sql, kind: LeaseKind, numbers: readonly number[]): Promise<number[]> {
  if (numbers.length === 0) return [];
  return (await sql.all(TRY, numbers.join(","), CLASSES[kind])).map((row) => Number(row["number"]));
}

export async function release(sql: Sql, kind: LeaseKind, numbers: readonly number[]): Promise<void> {
  await sql.all(RELEASE, CLASSES[kind], numbers.join(","));
}
