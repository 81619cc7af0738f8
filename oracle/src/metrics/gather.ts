import { readFileSync } from "node:fs";
import { stat, statfs } from "node:fs/promises";
import { join } from "node:path";

import { dayOf } from "@commonwatt/sdk/time";
import type { Address } from "viem";

import { readLastBackup } from "../backup/last-backup.ts";
import type { Endpoints } from "../chain/endpoints/endpoints.ts";
import type { Reader } from "../chain/reader.ts";
import type { Submitter } from "../chain/transactions/submitter.ts";
import type { Clock } from "../clock/clock.ts";
import type { Config } from "../config/schema.ts";
import { createSharedInbox } from "../cluster/shared-inbox.ts";
import type { EdgeReport } from "../edge/relay/start-relay.ts";
import { createInboxStore } from "../inbox/inbox-store.ts";
import { createOutboxStore } from "../outbox/outbox-store.ts";
import type { Pipeline } from "../pipeline.ts";
import type { RefusalLog } from "../refusals.ts";
import type { SettlementStatus } from "../settlement/status.ts";
import { createMeterStore } from "../storage/meter-store.ts";
import type { Database } from "../storage/sql.ts";
import { type Facts, SHOWN_SILENT } from "./facts.ts";
import { createHistory } from "./history.ts";
import { lastReadings } from "./last-readings.ts";

export type GatherParts = {
  config: Pick<Config, "meters" | "database" | "dataDir" | "clock" | "timing" | "alarms" | "broker"> & {
    cluster?: unknown;
  };
  database: Database;
  clock: Clock;
  endpoints: Pick<Endpoints, "report" | "chainId">;
  reader: Pick<Reader, "getBlock" | "getBalance">;
  /** Null while another process sends. */
  submitter: { report(): ReturnType<Submitter["report"]> | null };
  account: Address;
  pipeline: Pick<Pipeline, "status">;
  refusals: Pick<RefusalLog, "counts">;
  /** Undefined before the first look. */
  settlement: () => SettlementStatus | undefined;
  isSourceConnected: () => boolean;
  /** Undefined where no meter signs for itself. */
  edge: () => EdgeReport | undefined;
  /** Unix milliseconds of the machine's clock. */
  nowMs?: () => number;
};

/** A step of the schema that exists in every version, changed into itself: whether the database takes writes. */
const WRITE_NOTHING = "UPDATE inbox_cursor SET seq = seq";
const PARKED_LATELY = `SELECT count(*) AS "rows" FROM outbox WHERE state = 'parked' AND day >= ?`;
const POSTGRES_SIZE = "SELECT pg_database_size(current_database()) AS bytes";
const LATELY_DAYS = 7;
/** A day is closed by then for certain, unless something is wrong. */
const OVERDUE_SECONDS = 3_600;

/** Gathers the facts. What cannot be learned is null, or says its problem: gathering never throws. */
export function createGatherer(parts: GatherParts): () => Promise<Facts> {
  const { config, database, clock, endpoints, submitter, account, pipeline, refusals, settlement } = parts;
  const { nowMs = Date.now } = parts;
  const startedMs = nowMs();
  const version = ownVersion();
  const history = createHistory(config.dataDir);
  const counts = { closed: 0, signed: 0, sent: 0, recorded: 0, settled: 0, late: 0, parked: 0 };
  let stored: Stored = {
    problem: null,
    bytes: null,
    inbox: { stored: 0, oldestArrivalMs: null },
    meters: {
      total: config.meters.length,
      newestReadingMs: null,
      never: config.meters.length,
      silent: 0,
      longestSilent: [],
      overdue: 0,
    },
    profiles: { ...counts, parkedLately: 0, oldestUnrecordedDay: null },
  };

  /** After a failure the last that was known, with the problem. */
  async function askDatabase(): Promise<Stored> {
    try {
      await database.run(WRITE_NOTHING);
      stored = {
        problem: null,
        bytes: await sizeOf(config, database),
        inbox: await inboxFacts(database, config.cluster !== undefined),
        meters: await meterFacts(parts, startedMs),
        profiles: await profileFacts(database, clock.nowMs()),
      };
    } catch (error) {
      stored = { ...stored, problem: error instanceof Error ? firstLine(error.message) : String(error) };
    }
    return stored;
  }

  return async () => {
    const [kept, chain, disk] = await Promise.all([askDatabase(), askChain(parts), diskFacts(config.dataDir)]);
    const { waiting, depth, aside } = pipeline.status();
    const sender = submitter.report();
    const atMs = nowMs();
    history.note({ atMs, databaseBytes: kept.bytes, balanceWei: chain.balanceWei });
    const { growthBytesPerDay, spentWeiPerDay } = history.pace();
    return {
      atMs,
      startedMs,
      version,
      clock: { kind: config.clock, nowMs: clock.nowMs() },
      database: { kind: config.database.kind, problem: kept.problem, bytes: kept.bytes },
      chain: {
        chainId: endpoints.chainId,
        endpoints: endpoints.report(),
        head: chain.head,
        problem: chain.problem,
      },
      source: { kind: config.broker.kind, connected: parts.isSourceConnected() },
      inbox: { ...kept.inbox, waiting, depth, aside },
      meters: kept.meters,
      profiles: kept.profiles,
      transactions: {
        unmined: (sender?.unmined ?? null) === null ? 0 : 1,
        watched: sender?.watched ?? 0,
        trouble: sender?.trouble ?? null,
      },
      account: { address: account, balanceWei: chain.balanceWei, spentWeiPerDay },
      settlement: settlement() ?? null,
      disk: { ...disk, growthBytesPerDay },
      lastBackupMs: readLastBackup(config.dataDir) ?? null,
      edge: parts.edge() ?? null,
      refusals: refusals.counts(),
    };
  };
}

type Stored = {
  problem: string | null;
  bytes: number | null;
  inbox: Pick<Facts["inbox"], "stored" | "oldestArrivalMs">;
  meters: Facts["meters"];
  profiles: Facts["profiles"];
};

/** @param isShared - Several processes share the inbox. */
export async function inboxFacts(database: Database, isShared: boolean): Promise<Stored["inbox"]> {
  if (isShared) return createSharedInbox(database).backlog();
  const inbox = createInboxStore(database);
  const [oldest] = await inbox.after(await inbox.cursor(), 1);
  return { stored: await inbox.last(), oldestArrivalMs: oldest?.arrivalMs ?? null };
}

async function meterFacts(
  { config, database, clock }: Pick<GatherParts, "config" | "database" | "clock">,
  startedMs: number,
): Promise<Facts["meters"]> {
  const store = createMeterStore(database);
  const now = clock.nowMs();
  const { graceSeconds, maxLateSeconds } = config.timing;
  const readings = [...(await lastReadings(config.meters, store))];
  const known = readings.flatMap(([, atMs]) => (atMs === undefined ? [] : [atMs]));
  const oldestMs = now - config.alarms.meterSilentSeconds * 1000;
  // One that was never heard has from the start on as long as the others.
  const isNewHere = config.clock === "system" && startedMs > oldestMs;
  const silent = readings
    .filter(([, atMs]) => (atMs === undefined ? !isNewHere : atMs < oldestMs))
    .sort(([, a], [, b]) => (a ?? 0) - (b ?? 0));
  const overdueDay = dayOf(Math.max(now / 1000 - graceSeconds - maxLateSeconds - OVERDUE_SECONDS, 0));
  return {
    total: readings.length,
    newestReadingMs: known.length === 0 ? null : known.reduce((a, b) => Math.max(a, b)),
    never: readings.length - known.length,
    silent: silent.length,
    longestSilent: silent.slice(0, SHOWN_SILENT).map(([meter, atMs]) => ({ meter, lastReadingMs: atMs ?? null })),
    overdue: (await store.metersOpenBefore(overdueDay)).length,
  };
}

async function profileFacts(database: Database, now: number): Promise<Facts["profiles"]> {
  const outbox = createOutboxStore(database);
  const today = dayOf(now / 1000);
  const parked = await database.get(PARKED_LATELY, today - LATELY_DAYS);
  const days = [...(await outbox.unrecorded()).values()];
  return {
    ...(await outbox.counts()),
    parkedLately: Number(parked?.["rows"] ?? 0),
    oldestUnrecordedDay: days.length === 0 ? null : days.reduce((a, b) => Math.min(a, b)),
  };
}

async function sizeOf({ database: { kind }, dataDir }: GatherParts["config"], database: Database): Promise<number> {
  if (kind === "postgres") return Number((await database.get(POSTGRES_SIZE))?.["bytes"]);
  const file = join(dataDir, "oracle.sqlite");
  const sizes = await Promise.all(
    [file, `${file}-wal`].map((path) =>
      stat(path).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((a, b) => a + b);
}

async function askChain({ reader, account }: Pick<GatherParts, "reader" | "account">) {
  try {
    const { number, timestamp } = await reader.getBlock({ blockTag: "latest" });
    const balanceWei = await reader.getBalance({ address: account });
    return { head: { number: Number(number), timestamp: Number(timestamp) }, balanceWei, problem: null };
  } catch (error) {
    return {
      head: null,
      balanceWei: null,
      problem: error instanceof Error ? firstLine(error.message) : String(error),
    };
  }
}

async function diskFacts(dataDir: string): Promise<Omit<Facts["disk"], "growthBytesPerDay">> {
  try {
    const { bavail, blocks, bsize } = await statfs(dataDir);
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  } catch {
    return { freeBytes: null, totalBytes: null };
  }
}

/** Of this package. */
export function ownVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return String((JSON.parse(text) as { version?: unknown }).version);
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? text;
}
