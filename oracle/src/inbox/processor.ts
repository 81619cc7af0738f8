import type { Logger } from "pino";

import type { Config } from "../config/schema.ts";
import { createReadingsMap } from "../readings/readings.ts";
import type { RefusalLog } from "../refusals.ts";
import type { Refusal } from "../sources/message.ts";
import type { Database, Sql } from "../storage/sql.ts";
import { isPrivate } from "../uses/take-use.ts";
import { createChanges } from "./changes.ts";
import { createInboxStore, type InboxRow } from "./inbox-store.ts";
import { createMeterMemory } from "./meter-memory.ts";
import { createInboxTail } from "./tail.ts";
import { takeReading, type Taken } from "./take-reading.ts";

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

/** What is to be told of a run through the inbox. */
type News = { refused: Refusal[]; restarted: Taken[]; aside: { row: InboxRow; reason: string }[] };

/** Rows of one transaction: what a meter sends several times meanwhile is written once. More would hold up the sources. */
const BATCH = 4_000;
/** Rows kept in memory between their writing and their turn. */
const MAX_TAIL = 20_000;

export function createProcessor({ config, database, refusals, log }: ProcessorParts): Processor {
  const { meters, timing } = config;
  const readingsOf = createReadingsMap(meters);
  const configOf = new Map(meters.map((meter) => [meter.meter, meter]));
  const memory = createMeterMemory();
  const tail = createInboxTail(MAX_TAIL);
  /** Undefined: the disk has to be asked. */
  let cursor: number | undefined;
  /** The same for who asks how deep the inbox is. */
  let seenCursor = 0;
  let last: number | undefined;
  let pushed = 0;
  let aside = 0;
  let working: Promise<void> | undefined;

  /** What the readings of a row change; nothing is changed yet, so that a row that fails leaves no trace. */
  function take({ node, timeMs, arrivalMs, values }: InboxRow): { taken: Taken[]; refused: Refusal[] } {
    const { readings, refusals: refused } = readingsOf({ node, timeMs, values }, timeMs);
    const taken = readings.flatMap((reading) => {
      const meter = configOf.get(reading.meter);
      if (meter === undefined) return [];
      return [
        takeReading(memory.get(reading.meter).channels.get(reading.input), { ...reading, arrivalMs }, meter, timing),
      ];
    });
    for (const { reading, refused: why } of taken) {
      if (why === undefined) continue;
      const { input, value, timeMs: atMs } = reading;
      const detail = `${value} at ${new Date(atMs).toISOString()}, expected ${why.expected}`;
      refused.push({ reason: why.reason, node, input, detail });
    }
    return { taken, refused };
  }

  /** Works some rows through. Inside a transaction; returns what is to be told once it has taken place. */
  async function workThrough(sql: Sql, rows: readonly InboxRow[]): Promise<News> {
    const inbox = createInboxStore(sql);
    await memory.load(meters, sql);
    const changes = createChanges(memory);
    const news: News = { refused: [], restarted: [], aside: [] };
    for (const row of rows) {
      try {
        const { taken, refused } = take(row);
        for (const change of taken) {
          changes.apply(change);
          if (change.restarted) news.restarted.push(change);
        }
        news.refused.push(...refused);
      } catch (error) {
        news.aside.push({ row, reason: error instanceof Error ? error.message : String(error) });
      }
    }
    for (const { row, reason } of news.aside) await inbox.setAside(row, reason);
    await changes.write(sql);
    await inbox.moveCursor(rows.at(-1)?.seq ?? 0);
    return news;
  }

  function tell(news: News): void {
    for (const refusal of news.refused) refusals.note(refusal);
    for (const { reading } of news.restarted) {
      const { meter, input, meaning, value } = reading;
      const shown = isPrivate(meaning) ? {} : { value };
      log.warn(
        { event: "counter-restarted", meter, input, ...shown },
        `Counter ${input} of meter ${meter} has restarted${isPrivate(meaning) ? "" : ` and goes on at ${value} Wh`}`,
      );
    }
    for (const { row, reason } of news.aside) {
      aside++;
      log.error(
        { event: "set-aside", seq: row.seq, node: row.node, reason },
        `Message ${row.seq} of ${row.node} cannot be worked through and is kept in inbox_aside: ${reason}`,
      );
    }
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
        tell(news);
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
    status: () => ({ depth: Math.max(newest() - seenCursor, 0), aside }),
  };
}
