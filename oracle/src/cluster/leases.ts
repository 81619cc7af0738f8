import type { Logger } from "pino";

import type { ClusterConfig } from "../config/schema.ts";
import { LeaseLostError } from "../storage/errors.ts";
import type { SharedDatabase } from "../storage/postgres.ts";
import type { Sql } from "../storage/sql.ts";
import { lookAround, release, type Surroundings, tryLeases } from "./lease-store.ts";
import { SEATS, SHARDS } from "./shards.ts";

/** What there is to hold: parts of the meters, sessions with the broker, and the account that transactions are sent from. */
export type LeaseKind = "shard" | "seat" | "account";

const COUNTS: Record<LeaseKind, number> = { shard: SHARDS, seat: SEATS, account: 1 };
const KINDS = ["shard", "seat", "account"] as const;
/** Leases of a kind that a process hands over in one look, so that the others are never without many of them at once. */
const MOST_HANDED_OVER = 16;

export type LeaseEvents = {
  /** It is this process's from now on. */
  onGained: (kind: LeaseKind, number: number) => void;
  /** It is not this process's any more: nothing may be written for it. */
  onLost: (kind: LeaseKind, number: number) => void;
  /** Before a lease is handed over: what goes on outside the database is brought to an end. */
  beforeHandOver: (kind: LeaseKind, number: number) => Promise<void>;
};

export type LeaseParts = LeaseEvents & {
  database: SharedDatabase;
  config: Pick<ClusterConfig, "silenceSeconds">;
  /** What other processes call this one in their logs. */
  name: string;
  log: Logger;
};

/** The share of the work that is this process's. A lease is a lock of the database connection, and gone with it. */
export type Leases = {
  /**
   * Looks who is there, takes what is free up to a fair share, and hands over what is beyond it.
   *
   * @returns The database's clock, unix milliseconds.
   */
  beat(): Promise<number>;
  /** None while the connection that they are locks of is gone. */
  held(kind: LeaseKind): number[];
  /** Throws LeaseLostError when the lease is not this process's, by all that it can know. */
  check(kind: LeaseKind, number: number): void;
  /** Throws LeaseLostError when the connection that the leases are locks of is gone. */
  checkConnection(): void;
  /** Processes at the last look, this one included. */
  processes(): number;
};

export function createLeases(parts: LeaseParts): Leases {
  const { database, config, log, onGained, onLost, beforeHandOver } = parts;
  const held: Record<LeaseKind, Set<number>> = { shard: new Set(), seat: new Set(), account: new Set() };
  /** The connection that these are locks of. */
  let generation: number | undefined;
  let processes = 0;

  function lose(kind: LeaseKind, number: number): void {
    if (held[kind].delete(number)) onLost(kind, number);
  }

  function forgetIfGone(): void {
    if (generation === database.generation()) return;
    for (const kind of KINDS) for (const number of [...held[kind]]) lose(kind, number);
    generation = undefined;
  }

  /** What this process holds and what is free, as the database has it. */
  async function look(sql: Sql): Promise<Surroundings> {
    const found = await lookAround(sql, parts.name, config.silenceSeconds * 1000);
    for (const name of found.cutOff) {
      log.warn(
        { event: "cut-off", process: name },
        `The oracle process ${name} has not been heard of for ${config.silenceSeconds} s: its connection to the database is ended, its share goes to the others`,
      );
    }
    return found;
  }

  function fairShare(kind: LeaseKind): number {
    return Math.ceil(COUNTS[kind] / Math.max(processes, 1));
  }

  async function handOver(kind: LeaseKind): Promise<void> {
    const surplus = [...held[kind]].slice(fairShare(kind)).slice(0, MOST_HANDED_OVER);
    for (const number of surplus) {
      await beforeHandOver(kind, number);
      lose(kind, number);
    }
    // Queued behind whatever is being written for them.
    if (surplus.length > 0) await release(database, kind, surplus);
  }

  function checkConnection(): void {
    if (generation === undefined || generation !== database.generation()) {
      throw new LeaseLostError(
        "The connection to the database, and with it this process's share of the work, was lost",
      );
    }
  }

  return {
    async beat() {
      forgetIfGone();
      const before = processes;
      const nowMs = await database.transaction(async (sql) => {
        const current = database.generation();
        if (current !== generation) forgetIfGone();
        generation = current;
        const around = await look(sql);
        processes = around.processes;
        for (const kind of KINDS) {
          const mine = around.mine[kind];
          for (const number of [...held[kind]]) if (!mine.has(number)) lose(kind, number);
          const taken = around.taken[kind];
          const free = Array.from({ length: COUNTS[kind] }, (_, number) => number).filter(
            (number) => !taken.has(number),
          );
          const wanted = free.slice(0, Math.max(fairShare(kind) - mine.size, 0));
          for (const number of await tryLeases(sql, kind, wanted)) mine.add(number);
          for (const number of mine) {
            if (held[kind].has(number)) continue;
            held[kind].add(number);
            onGained(kind, number);
          }
        }
        return around.nowMs;
      });
      for (const kind of KINDS) await handOver(kind);
      if (processes !== before) {
        log.info(
          { event: "cluster", processes, shards: held.shard.size, seats: held.seat.size },
          `${processes} oracle process${processes === 1 ? "" : "es"} share the work; this one has ${held.shard.size} of ${SHARDS} parts of the meters`,
        );
      }
      return nowMs;
    },
    held: (kind) => (generation === database.generation() ? [...held[kind]] : []),
    check(kind, number) {
      checkConnection();
      if (held[kind].has(number)) return;
      throw new LeaseLostError(`The ${kind} ${number} is another process's`);
    },
    checkConnection,
    processes: () => processes,
  };
}
