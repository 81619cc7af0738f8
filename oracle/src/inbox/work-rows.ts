import type { Logger } from "pino";

import type { Config } from "../config/schema.ts";
import { createReadingsMap } from "../readings/readings.ts";
import type { RefusalLog } from "../refusals.ts";
import type { Refusal } from "../sources/message.ts";
import type { Sql } from "../storage/sql.ts";
import { isPrivate } from "../uses/take-use.ts";
import { createChanges } from "./changes.ts";
import { createInboxStore, type InboxRow } from "./inbox-store.ts";
import type { MeterMemory } from "./meter-memory.ts";
import { takeReading, type Taken } from "./take-reading.ts";

export type RowsWorkParts = {
  config: Pick<Config, "meters" | "timing">;
  /** Must hold the meters of the rows. */
  memory: Pick<MeterMemory, "get">;
  refusals: RefusalLog;
  log: Logger;
};

/** What is to be told of a run through the inbox. */
export type News = { refused: Refusal[]; restarted: Taken[]; aside: { row: InboxRow; reason: string }[] };

/** What is done with rows of the inbox, whoever says which of them it is the turn of. */
export type RowsWork = {
  /** Works rows through in their order, inside a transaction. What it returns is to be told once that has taken place. */
  workThrough(sql: Sql, rows: readonly InboxRow[]): Promise<News>;
  tell(news: News): void;
  /** Rows since the start that could not be worked through. */
  aside(): number;
};

export function createRowsWork({ config, memory, refusals, log }: RowsWorkParts): RowsWork {
  const { meters, timing } = config;
  const readingsOf = createReadingsMap(meters);
  const configOf = new Map(meters.map((meter) => [meter.meter, meter]));
  let aside = 0;

  /** What the readings of a row change; nothing is changed yet, so that a row that fails leaves no trace. */
  function take({ node, timeMs, arrivalMs, values }: InboxRow): { taken: Taken[]; refused: Refusal[] } {
    const { readings, refusals: refused } = readingsOf({ node, timeMs, values }, timeMs);
    const taken = readings.flatMap((reading) => {
      const meter = configOf.get(reading.meter);
      if (meter === undefined) return [];
      const known = memory.get(reading.meter);
      return [takeReading(known.channels.get(reading.input), { ...reading, arrivalMs }, meter, timing, known.state)];
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

  return { workThrough, tell, aside: () => aside };
}
