import { createInboxStore } from "../inbox/inbox-store.ts";
import type { Sql } from "../storage/sql.ts";
import { createSharedInbox } from "./shared-inbox.ts";

const LOCK_INBOX = "LOCK TABLE shared_inbox IN EXCLUSIVE MODE";
const GO_ON_FROM = `
  SELECT setval(pg_get_serial_sequence('shared_inbox', 'seq'), greatest(?::bigint, (SELECT max(seq) FROM shared_inbox), 1))`;
const BACK = `
  INSERT INTO inbox (seq, arrival_ms, node, time_ms, body)
  SELECT ? + row_number() OVER (ORDER BY time_ms, seq), arrival_ms, node, time_ms, body FROM shared_inbox WHERE worked = 0`;
const LAST = "SELECT max(seq) AS seq FROM shared_inbox";
const EMPTY = "DELETE FROM shared_inbox";
const CHUNK = 4_000;

/** Moves what one oracle alone has taken, and not worked through, into the inbox of several. Inside a transaction. */
export async function moveToShared(sql: Sql): Promise<void> {
  // Several may start at the same time: one moves, the others find it done.
  await sql.run(LOCK_INBOX);
  const [alone, shared] = [createInboxStore(sql), createSharedInbox(sql)];
  const [from, last] = [await alone.cursor(), await alone.last()];
  await sql.all(GO_ON_FROM, last);
  for (let done = from; done < last;) {
    const rows = await alone.after(done, CHUNK);
    const reached = rows.at(-1)?.seq;
    if (reached === undefined) break;
    await shared.append(
      rows,
      rows.map(({ values }) => JSON.stringify(Object.fromEntries(values))),
    );
    done = reached;
  }
  await alone.moveCursor(last);
}

/** The same the other way, for one oracle that is alone from now on. Numbers are not given again. */
export async function moveFromShared(sql: Sql): Promise<void> {
  const alone = createInboxStore(sql);
  const sharedLast = Number((await sql.get(LAST))?.["seq"] ?? 0);
  if (sharedLast === 0) return;
  const last = Math.max(await alone.last(), sharedLast);
  await alone.moveCursor(last);
  await sql.run(BACK, last);
  await sql.run(EMPTY);
}
