import type { MeterConfig } from "../config/schema.ts";
import { createOutboxStore, type OutboxStore } from "../outbox/outbox-store.ts";
import type { SharedWork } from "../pipeline.ts";
import type { SharedDatabase } from "../storage/postgres.ts";
import type { Database } from "../storage/sql.ts";
import type { Leases } from "./leases.ts";
import { createSharedInbox } from "./shared-inbox.ts";
import type { SharedProcessor } from "./shared-processor.ts";
import { maskOf, shardOf } from "./shards.ts";

export type SharedWorkParts = {
  meters: readonly MeterConfig[];
  database: SharedDatabase;
  leases: Leases;
  createProcessor: (refusals: Parameters<SharedWork["createProcessor"]>[0]) => SharedProcessor;
};

/** Looks that wait for their turn: a few a second, for as long as the broker is waited for. */
const MAX_LOOKS = 10_000;
const TO_SIGN = `
  SELECT outbox.meter, outbox.day FROM outbox JOIN meters ON meters.meter = outbox.meter
  WHERE outbox.state = 'closed' AND get_bit(?::bytea, meters.shard) = 1 AND (outbox.day, outbox.id) > (?, ?)
  ORDER BY outbox.day, outbox.id LIMIT ?`;
const CLOSED = `
  UPDATE shards SET closed_as_of = ? WHERE get_bit(?::bytea, shard) = 1 AND closed_as_of < ?`;
const ALL_CLOSED = "SELECT min(closed_as_of) AS as_of FROM shards";

/** What the process with its shards does of the work on the way from a message to a signed profile. */
export type OwnShare = SharedWork & {
  /** The outbox of whoever signs: rows to sign are those of the process's own shards. */
  signingOutbox: OutboxStore;
  /** Notes that by the last look all days of the process's own shards are closed and signed. */
  noteClosed(): Promise<void>;
  /** Up to here, unix seconds, the days of all shards are closed and signed. */
  closedAsOf(): Promise<number>;
};

export function createOwnShare({ meters, database, leases, createProcessor }: SharedWorkParts): OwnShare {
  const shardOfMeter = new Map(meters.map(({ meter, node }) => [meter, shardOf(node)]));
  const guarded = database.guarded(() => {
    leases.checkConnection();
  });
  /** A view of the database for each shard. */
  const databases = new Map<number, Database>();
  let processor: SharedProcessor | undefined;
  /** Looks at the two clocks, the oldest first, for which not everything is worked through yet but for the first. */
  let looks: { nowMs: number; databaseMs: number }[] = [];
  let own: { nowMs: number; shards: ReadonlySet<number> } | undefined;

  return {
    append: async (rows, bodies) => {
      await database.transaction((sql) => createSharedInbox(sql).append(rows, bodies));
    },
    createProcessor: (refusals) => (processor = createProcessor(refusals)),
    async look(nowMs) {
      if (processor === undefined) return undefined;
      // Asked after the clock of the look: whatever was acknowledged before is stored before.
      looks.push({ nowMs, databaseMs: await processor.databaseMs() });
      await processor.catchUp();
      const workedToMs = processor.workedToMs();
      const shards = new Set(leases.held("shard"));
      const latest = looks.findLastIndex(({ databaseMs }) => databaseMs <= workedToMs);
      const found = looks[latest];
      own = found === undefined ? undefined : { nowMs: found.nowMs, shards };
      looks = looks.slice(Math.max(latest, 0)).slice(-MAX_LOOKS);
      return own && { nowMs: own.nowMs, isOwn: (meter) => shards.has(shardOfMeter.get(meter) ?? -1) };
    },
    databaseOf(meter) {
      const shard = shardOfMeter.get(meter) ?? -1;
      let found = databases.get(shard);
      if (found === undefined) {
        found = database.guarded(() => {
          leases.check("shard", shard);
        });
        databases.set(shard, found);
      }
      return found;
    },
    signingOutbox: {
      ...createOutboxStore(guarded),
      async toSign(limit, after) {
        const shards = leases.held("shard");
        if (shards.length === 0) return [];
        const outbox = createOutboxStore(guarded);
        const rows = await guarded.all(TO_SIGN, maskOf(shards), after?.profile.day ?? -1, after?.id ?? 0, limit);
        const found = [];
        for (const row of rows) found.push(await outbox.find(Number(row["meter"]), Number(row["day"])));
        return found.flatMap((row) => (row?.state === "closed" ? [row] : []));
      },
    },
    async noteClosed() {
      if (own === undefined) return;
      const { nowMs, shards } = own;
      const asOf = Math.floor(nowMs / 1000);
      const still = leases.held("shard").filter((shard) => shards.has(shard));
      if (still.length === 0) return;
      await guarded.run(CLOSED, asOf, maskOf(still), asOf);
    },
    closedAsOf: async () => Number((await database.get(ALL_CLOSED))?.["as_of"] ?? 0),
  };
}
