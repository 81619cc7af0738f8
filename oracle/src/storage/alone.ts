import type { Sql } from "./sql.ts";

/** Every database has this row, and processes that share one do not use it for their messages. */
const HOLD = "UPDATE inbox_cursor SET seq = seq";

/**
 * Waits until no other process is in a transaction that has called this, and keeps others waiting until this one ends. For
 * what is looked up first and written then: two processes would both find room where there is room for one.
 *
 * @param sql - Of a transaction.
 */
export async function standAlone(sql: Sql): Promise<void> {
  await sql.run(HOLD);
}
