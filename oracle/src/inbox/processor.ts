import type { Logger } from "pino";

import type { Config } from "../config/schema.ts";
import type { RefusalLog } from "../refusals.ts";
import type { Database, Sql } from "../storage/sql.ts";
import { createInboxStore, type InboxRow } from "./inbox-store.ts";
import { createMeterMemory } from "./meter-memory.ts";
import { createInboxTail } from "./tail.ts";
import { createRowsWork, type News } from "./work-rows.ts";

export type ProcessorParts = {
  config: Pick<Config, "meters" | "timing">;
  database: Database;
  refusals: RefusalLog;
  log: Logger;
};

/** Works the inbox through, from readings to the energy of intervals, in the order of arrival. */
export type Processor = {
  /** Rows that have just been written: they need not be read again. */
  push(rows: readonly InboxRow[]): void;
  /** It is not known what was written: the disk is asked. */
  unknown(): void;
  /** Learns from the disk what there is to do. */
  look(): Promise<void>;
  /** Works through everything that was written before the call. */
  catchUp(): Promise<void>;
  /** Before a transaction changes a meter, inside it: what memory holds of the meter no longer counts. */
  forget(meter: number): void;
  /** `depth`: rows that wait; `aside`: rows that could not be worked through since the start. */
  status(): { depth: number; aside: number };
};

/** Rows of one transaction: what a meter sends several times meanwhile is written once. More would hold up the sources. */
const BATCH = 4_000;
/** Rows kept in memory between their writing and their turn. */
const MAX_TAIL = 20_000;

export function createProcessor(parts: ProcessorParts): Processor {
  const { database } = parts;
  const { meters } = parts.config;
  const memory = createMeterMemory();
  const rowsWork = createRowsWork({ ...parts, memory });
  const tail = createInboxTail(MAX_TAIL);
  /** Undefined: the disk has to be asked. */
  let cursor: number | undefined;
  /** The same for who asks how deep the inbox is. */
  let seenCursor = 0;
  let last: number | undefined;
  let pushed = 0;
  let working: Promise<void> | undefined;

  /** Works some rows through. Inside a transaction; returns what is to be told once it has taken place. */
  async function workThrough(sql: Sql, rows: readonly InboxRow[]): Promise<News> {
    await memory.load(meters, sql);
    const news = await rowsWork.workThrough(sql, rows);
    await createInboxStore(sql).moveCursor(rows.at(-1)?.seq ?? 0);
    return news;
  }

  const newest = () => Math.max(last ?? 0, pushed);

  async function look(): Promise<void> {
    const inbox = createInboxStore(database);
    last ??= await inbox.last();
    cursor ??= await inbox.cursor();
    seenCursor = cursor;
  }

  async function work(): Promise<void> {
    try {
      await look();
      const inbox = createInboxStore(database);
      const until = newest();
      let done = cursor ?? until;
      while (done < until) {
        const rows = tail.after(done, BATCH) ?? (await inbox.after(done, BATCH));
        const reached = rows.at(-1)?.seq;
        if (reached === undefined) break;
        const news = await database.transaction((sql) => workThrough(sql, rows));
        cursor = done = reached;
        seenCursor = reached;
        rowsWork.tell(news);
      }
    } catch (error) {
      // What memory holds may be ahead of the database, or behind it.
      memory.forgetAll();
      cursor = undefined;
      throw error;
    }
  }

  return {
    push(rows) {
      tail.push(rows);
      pushed = rows.at(-1)?.seq ?? pushed;
    },
    unknown() {
      tail.clear();
      last = undefined;
    },
    async catchUp() {
      // A run under way may have begun before the newest rows were there.
      await working?.catch(() => undefined);
      working ??= work().finally(() => {
        working = undefined;
      });
      await working;
    },
    forget(meter) {
      memory.forget(meter);
    },
    look,
    status: () => ({ depth: Math.max(newest() - seenCursor, 0), aside: rowsWork.aside() }),
  };
}
