import type { Row, Sql } from "../storage/sql.ts";

/** A message as it waits in the inbox. */
export type InboxRow = {
  /** Its place in the order of arrival. */
  seq: number;
  arrivalMs: number;
  node: string;
  /** When it was measured; where the sender did not say, when it arrived. */
  timeMs: number;
  values: ReadonlyMap<string, number>;
};

/** Messages on the disk, from their arrival until some days after they were worked through. */
export type InboxStore = {
  /** @param bodies - The values of each row as JSON. */
  append(rows: readonly InboxRow[], bodies: readonly string[]): Promise<void>;
  /** The rows after `seq`, in order. */
  after(seq: number, limit: number): Promise<InboxRow[]>;
  /** Number of the last row there ever was. */
  last(): Promise<number>;
  /** Up to here the rows are worked through. */
  cursor(): Promise<number>;
  moveCursor(seq: number): Promise<void>;
  /** Keeps a row for good that could not be worked through. */
  setAside(row: InboxRow, reason: string): Promise<void>;
  asideCount(): Promise<number>;
  /**
   * Removes some of the rows that are worked through and arrived before a moment, the oldest first.
   *
   * @param limit - Most rows to look at.
   * @returns How many it removed.
   */
  prune(arrivedBeforeMs: number, limit: number): Promise<number>;
};

const APPEND = "INSERT INTO inbox (seq, arrival_ms, node, time_ms, body) VALUES (?, ?, ?, ?, ?)";
const AFTER = "SELECT seq, arrival_ms, node, time_ms, body FROM inbox WHERE seq > ? ORDER BY seq LIMIT ?";
const LAST = "SELECT max(seq) AS seq FROM inbox";
const CURSOR = "SELECT seq FROM inbox_cursor";
const MOVE = "UPDATE inbox_cursor SET seq = ?";
const SET_ASIDE = `
  INSERT INTO inbox_aside (seq, arrival_ms, node, time_ms, body, reason) VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT DO NOTHING`;
const COUNT_ASIDE = 'SELECT count(*) AS "rows" FROM inbox_aside';
const OLDEST = "SELECT seq, arrival_ms FROM inbox ORDER BY seq LIMIT 1";
const PRUNE = `
  DELETE FROM inbox WHERE seq < ? AND arrival_ms < ? AND seq <= (SELECT min(cursor.seq) FROM inbox_cursor AS cursor)`;

export function createInboxStore(sql: Sql): InboxStore {
  const cursor = async () => Number((await sql.get(CURSOR))?.["seq"] ?? 0);
  return {
    async append(rows, bodies) {
      await sql.runMany(
        APPEND,
        rows.map(({ seq, arrivalMs, node, timeMs }, index) => [seq, arrivalMs, node, timeMs, bodies[index] ?? "{}"]),
      );
    },
    after: async (seq, limit) => (await sql.all(AFTER, seq, limit)).map(readRow),
    // What was worked through and removed counts: its numbers are not given again.
    last: async () => Math.max(Number((await sql.get(LAST))?.["seq"] ?? 0), await cursor()),
    cursor,
    async moveCursor(seq) {
      await sql.run(MOVE, seq);
    },
    async setAside({ seq, arrivalMs, node, timeMs, values }, reason) {
      await sql.run(SET_ASIDE, seq, arrivalMs, node, timeMs, JSON.stringify(Object.fromEntries(values)), reason);
    },
    asideCount: async () => Number((await sql.get(COUNT_ASIDE))?.["rows"]),
    async prune(arrivedBeforeMs, limit) {
      const oldest = await sql.get(OLDEST);
      // Arrivals are in order but for steps of the clock: as long as the oldest is too young, the others need no look.
      if (oldest === undefined || Number(oldest["arrival_ms"]) >= arrivedBeforeMs) return 0;
      return sql.run(PRUNE, Number(oldest["seq"]) + limit, arrivedBeforeMs);
    },
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
