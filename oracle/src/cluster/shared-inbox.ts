import type { InboxRow } from "../inbox/inbox-store.ts";
import type { Row, Sql } from "../storage/sql.ts";
import { shardOf } from "./shards.ts";

/**
 * The inbox that several processes fill. Each row is marked when it is worked through: a cursor would pass over a row
 * whose number was given before, and whose transaction took place after, those of its neighbours.
 */
export type SharedInbox = {
  append(rows: readonly Omit<InboxRow, "seq">[], bodies: readonly string[]): Promise<void>;
  /** Up to this moment of the database's clock everything that the broker had is here; and that clock. */
  watermark(): Promise<{ clearMs: number; nowMs: number }>;
  /**
   * Rows to work through, in order of their times: those stored up to `untilMs`, and of their nodes whatever is older.
   *
   * @param mask - Shards, see `maskOf`.
   */
  waiting(mask: Uint8Array, untilMs: number, limit: number): Promise<InboxRow[]>;
  markWorked(seqs: readonly number[]): Promise<void>;
  /** Rows of all shards that are not worked through. */
  depth(): Promise<number>;
  /** Rows ever stored, and when the oldest one arrived that is not worked through. */
  backlog(): Promise<{ stored: number; oldestArrivalMs: number | null }>;
  /** Removes some of the rows that are worked through and arrived before a moment. Returns how many. */
  prune(arrivedBeforeMs: number, limit: number): Promise<number>;
};

const NOW = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint";
// One row each, of arrays, as `runMany` does it; the database's clock says when.
const APPEND = `
  INSERT INTO shared_inbox (shard, arrival_ms, node, time_ms, body) VALUES (?, ?, ?, ?, ?)`;
const WATERMARK = `SELECT min(clear_ms) AS clear_ms, ${NOW} AS now_ms FROM seats`;
const WAITING = `
  WITH held AS MATERIALIZED (
    SELECT seq, arrival_ms, node, time_ms, body, stored_ms FROM shared_inbox
    WHERE worked = 0 AND get_bit(?::bytea, shard) = 1
  )
  SELECT held.seq, held.arrival_ms, held.node, held.time_ms, held.body FROM held
  JOIN (SELECT node, max(time_ms) AS until_ms FROM held WHERE stored_ms <= ? GROUP BY node) AS ready
  ON ready.node = held.node AND held.time_ms <= ready.until_ms
  ORDER BY held.time_ms, held.seq LIMIT ?`;
const MARK = "UPDATE shared_inbox SET worked = 1 WHERE seq = ANY (string_to_array(?, ',')::bigint[])";
const DEPTH = 'SELECT count(*) AS "rows" FROM shared_inbox WHERE worked = 0';
const BACKLOG = `
  SELECT pg_sequence_last_value(pg_get_serial_sequence('shared_inbox', 'seq')::regclass) AS stored,
  (SELECT min(arrival_ms) FROM shared_inbox WHERE worked = 0) AS oldest_ms`;
const PRUNE = `
  DELETE FROM shared_inbox WHERE seq IN (
    SELECT seq FROM shared_inbox WHERE worked = 1 AND arrival_ms < ? ORDER BY seq LIMIT ? FOR UPDATE SKIP LOCKED
  )`;

export function createSharedInbox(sql: Sql): SharedInbox {
  return {
    async append(rows, bodies) {
      await sql.runMany(
        APPEND,
        rows.map(({ arrivalMs, node, timeMs }, index) => [
          shardOf(node),
          arrivalMs,
          node,
          timeMs,
          bodies[index] ?? "{}",
        ]),
      );
    },
    async watermark() {
      const row = await sql.get(WATERMARK);
      return { clearMs: Number(row?.["clear_ms"] ?? 0), nowMs: Number(row?.["now_ms"]) };
    },
    waiting: async (mask, untilMs, limit) => (await sql.all(WAITING, mask, untilMs, limit)).map(readRow),
    async markWorked(seqs) {
      await sql.run(MARK, seqs.join(","));
    },
    depth: async () => Number((await sql.get(DEPTH))?.["rows"]),
    async backlog() {
      const row = await sql.get(BACKLOG);
      const oldest = row?.["oldest_ms"] ?? null;
      return { stored: Number(row?.["stored"] ?? 0), oldestArrivalMs: oldest === null ? null : Number(oldest) };
    },
    prune: (arrivedBeforeMs, limit) => sql.run(PRUNE, arrivedBeforeMs, limit),
  };
}

function readRow(row: Row): InboxRow {
  return {
    seq: Number(row["seq"]),
    arrivalMs: Number(row["arrival_ms"]),
    node: String(row["node"]),
    timeMs: Number(row["time_ms"]),
    values: new Map(Object.entries(JSON.parse(String(row["body"])) as Record<string, number>)),
  };
}
