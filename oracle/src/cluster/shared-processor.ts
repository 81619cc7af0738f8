import type { Config } from "../config/schema.ts";
import { createMeterMemory } from "../inbox/meter-memory.ts";
import type { Processor } from "../inbox/processor.ts";
import { createRowsWork, type News, type RowsWorkParts } from "../inbox/work-rows.ts";
import type { SharedDatabase } from "../storage/postgres.ts";
import type { Leases } from "./leases.ts";
import { createSharedInbox } from "./shared-inbox.ts";
import { maskOf, shardOf } from "./shards.ts";

export type SharedProcessorParts = Omit<RowsWorkParts, "memory" | "config"> & {
  config: Pick<Config, "meters" | "timing">;
  database: SharedDatabase;
  leases: Leases;
  patienceMs: number;
};

/** Works through what all processes have put into the inbox for the shards that this one holds. */
export type SharedProcessor = Pick<Processor, "catchUp" | "forget" | "status"> & {
  /** What memory holds of a shard's meters no longer counts. */
  forgetShard(shard: number): void;
  /** Up to here, by the database's clock, what the held shards were sent is worked through. */
  workedToMs(): number;
  /** The database's clock, unix milliseconds. */
  databaseMs(): Promise<number>;
};

const BATCH = 4_000;

export function createSharedProcessor(parts: SharedProcessorParts): SharedProcessor {
  const { config, database, leases, patienceMs } = parts;
  const memory = createMeterMemory();
  const rowsWork = createRowsWork({ ...parts, memory });
  const metersOf = Map.groupBy(config.meters, ({ node }) => shardOf(node));
  const guarded = database.guarded(() => {
    leases.checkConnection();
  });
  let depth = 0;
  let workedToMs = -Infinity;
  /** Counts the shards that came or went: what a run through the inbox says is of the shards at its beginning. */
  let changes = 0;
  let working: Promise<void> | undefined;

  /** One transaction: it reads what is waiting for the shards held at its beginning, so that nobody else has seen to it. */
  function workBatch(untilMs: number): Promise<{ news: News; count: number }> {
    return guarded.transaction(async (sql) => {
      const shards = leases.held("shard");
      const inbox = createSharedInbox(sql);
      const rows = await inbox.waiting(maskOf(shards), untilMs, BATCH);
      if (rows.length === 0) return { news: { refused: [], restarted: [], aside: [] }, count: 0 };
      const concerned = new Set(rows.map(({ node }) => shardOf(node)));
      await memory.load(
        [...concerned].flatMap((shard) => metersOf.get(shard) ?? []),
        sql,
      );
      const news = await rowsWork.workThrough(sql, rows);
      await inbox.markWorked(rows.map(({ seq }) => seq));
      return { news, count: rows.length };
    });
  }

  async function work(): Promise<void> {
    const inbox = createSharedInbox(database);
    const before = changes;
    // It is other processes' turn, or nobody's until the next look at the leases.
    if (leases.held("shard").length === 0) return;
    try {
      const { clearMs, nowMs } = await inbox.watermark();
      const untilMs = Math.max(clearMs, nowMs - patienceMs);
      for (;;) {
        const { news, count } = await workBatch(untilMs);
        rowsWork.tell(news);
        if (count < BATCH) break;
      }
      if (changes === before) workedToMs = untilMs;
      depth = await inbox.depth();
    } catch (error) {
      // What memory holds may be ahead of the database, or behind it.
      memory.forgetAll();
      throw error;
    }
  }

  return {
    async catchUp() {
      await working?.catch(() => undefined);
      working ??= work().finally(() => {
        working = undefined;
      });
      await working;
    },
    forget: (meter) => {
      memory.forget(meter);
    },
    forgetShard(shard) {
      for (const { meter } of metersOf.get(shard) ?? []) memory.forget(meter);
      changes++;
      workedToMs = -Infinity;
    },
    workedToMs: () => workedToMs,
    databaseMs: async () => (await createSharedInbox(database).watermark()).nowMs,
    status: () => ({ depth, aside: rowsWork.aside() }),
  };
}
