import { hostname } from "node:os";

import type { Logger } from "pino";

import type { ClusterConfig, Config } from "../config/schema.ts";
import { startLoop } from "../loop.ts";
import type { MessageHandler } from "../sources/message.ts";
import { readSecret } from "../keystore/passphrase.ts";
import { openSharedPostgres, type SharedDatabase } from "../storage/postgres.ts";
import type { Database, Sql } from "../storage/sql.ts";
import { moveToShared } from "./change-over.ts";
import { lockOthersOut, lookAround } from "./lease-store.ts";
import { createLeases, type Leases } from "./leases.ts";
import { createSeats, saveCleared, type Seats } from "./seats.ts";
import { createSharedProcessor, type SharedProcessor } from "./shared-processor.ts";
import { createOwnShare, type OwnShare } from "./shared-work.ts";
import { assignShards, SEATS, SHARDS } from "./shards.ts";

/** How this process stands among the others, for `GET /api/health`. */
export type ClusterStatus = { processes: number; shards: string; seats: string; sends: boolean };

/** Where the messages come from that the broker gives to this process. */
export type ClusterSource = {
  isConnected: () => boolean;
  publish: (topic: string, payload: string) => boolean;
  close: () => Promise<void>;
};

/** One oracle process among several on one database. */
export type Cluster = {
  database: SharedDatabase;
  share: OwnShare;
  /** The database for what only the process may do that sends transactions. */
  accountDatabase: Database;
  /** For `switchOver`. Inside a transaction. */
  others: (sql: Sql) => Promise<number>;
  /** Another number each time the account becomes this process's; undefined while it is another's. */
  accountTenure(): number | undefined;
  /**
   * Takes part from now on: takes leases, and messages from the broker. Once the meters are in the database.
   *
   * @param topics - Filters to subscribe to.
   * @returns Gives back the sessions with the broker. The leases go with the connection to the database.
   */
  join(handle: MessageHandler, topics: readonly string[]): Promise<ClusterSource>;
  status(): ClusterStatus;
};

/**
 * Opens the database that the processes share.
 *
 * @throws CommonwattError as `openSharedPostgres`.
 */
export async function openCluster(config: Config, cluster: ClusterConfig, log: Logger): Promise<Cluster> {
  const { database: where, broker, meters } = config;
  if (where.kind !== "postgres" || broker.kind !== "external") throw new Error("a cluster without what it needs");
  const database = await openSharedPostgres(readSecret("database URL", where.urlFile));
  await database.transaction(moveToShared);
  const name = `${hostname()}:${process.pid}`;
  const stopping = new AbortController();
  let seats: Seats | undefined;
  let processor: SharedProcessor | undefined;
  let tenures = 0;
  let tenure: number | undefined;

  const leases: Leases = createLeases({
    database,
    config: cluster,
    name,
    log,
    onGained(kind, number) {
      if (kind === "shard") processor?.forgetShard(number);
      else if (kind === "seat") seats?.open(number);
      else tenure = ++tenures;
    },
    onLost(kind, number) {
      if (kind === "shard") processor?.forgetShard(number);
      else if (kind === "seat") void seats?.close(number);
      else tenure = undefined;
    },
    async beforeHandOver(kind, number) {
      if (kind === "seat") await seats?.close(number);
    },
  });
  const share = createOwnShare({
    meters,
    database,
    leases,
    createProcessor: (refusals) =>
      (processor = createSharedProcessor({
        config,
        database,
        leases,
        refusals,
        log,
        patienceMs: cluster.patienceSeconds * 1000,
      })),
  });
  /** By seat, what is to be noted of it; what comes in together is noted together. */
  const cleared = new Map<number, number>();

  function onCleared(seat: number, clearMs: number): void {
    if (cleared.size === 0) setImmediate(() => void noteCleared());
    cleared.set(seat, clearMs);
  }

  async function noteCleared(): Promise<void> {
    const rows = [...cleared];
    cleared.clear();
    // It is true whoever has the seat by then; and one that is lost is followed by the next.
    await saveCleared(database, rows).catch(() => undefined);
  }

  async function beat(): Promise<boolean> {
    const nowMs = await leases.beat();
    seats?.mark(nowMs);
    return false;
  }

  return {
    database,
    share,
    accountDatabase: database.guarded(() => {
      leases.check("account", 0);
    }),
    others: (sql) => lockOthersOut(sql, name, cluster.silenceSeconds * 1000),
    accountTenure: () => tenure,
    async join(handle, topics) {
      await database.transaction(async (sql) => {
        const { processes } = await lookAround(sql, name, cluster.silenceSeconds * 1000);
        await assignShards(sql, meters, processes === 1);
      });
      seats = createSeats({ broker, topics, handle, onCleared, log });
      const beating = startLoop(beat, {
        pauseMs: cluster.beatMilliseconds,
        signal: stopping.signal,
        mostPauseMs: cluster.beatMilliseconds,
        onError: (error) => {
          const reason = error instanceof Error ? error.message : String(error);
          log.warn(
            { event: "retry", what: "The cluster", reason },
            `Looking for the other processes failed: ${reason}`,
          );
        },
      });
      return {
        isConnected: () => seats?.isConnected() ?? false,
        publish: (topic, payload) => seats?.publish(topic, payload) ?? false,
        async close() {
          stopping.abort();
          await beating.done;
          await seats?.closeAll();
        },
      };
    },
    status: () => ({
      processes: leases.processes(),
      shards: `${leases.held("shard").length} of ${SHARDS}`,
      seats: `${leases.held("seat").length} of ${SEATS}`,
      sends: tenure !== undefined,
    }),
  };
}
