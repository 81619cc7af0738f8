import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { hasMosquitto, startMosquitto } from "../test/support/mosquitto.ts";
import type { Postgres } from "../test/support/postgres.ts";
import { BENCH_DAY_START, createBenchOracle } from "./bench-oracle.ts";
import { endNow, firstLine, runInserts, runLoad, startNode } from "./children.ts";
import type { LoadResult } from "./load-client.ts";
import { readStats } from "./process-stats.ts";

/** One thing that messages, or their rows, were sent to, and how many a second it took. */
export type Rate = {
  what: string;
  perSecond: number;
  p50Ms?: number;
  p99Ms?: number;
  workedThroughPerSecond?: number;
  cpuPerMessageUs?: number;
};

const METERS = 1_000;
/** Few connections with many messages each, as from a broker's bridge or a busy gateway: the client then costs least. */
const LOAD = { meters: METERS, connections: 20, window: 100, rate: 0, fromSeconds: BENCH_DAY_START };
/** Rows of a transaction: one by one, and as many as the oracle commits together under load. */
const BATCHES = [1, 100, 500];

/** One round: the oracle, the brokers alone, and the databases alone, one after the other with the same client. */
export async function measureRates(seconds: number, postgres: Postgres | undefined, round: number): Promise<Rate[]> {
  const rates = [await oracleRate("oracle, SQLite", seconds)];
  if (postgres !== undefined) {
    const database = await postgres.createDatabase(`oracle_${round}`);
    rates.push(await oracleRate("oracle, PostgreSQL", seconds, database));
  }
  rates.push(await brokerRate(seconds));
  if (hasMosquitto) rates.push(await mosquittoRate(seconds));
  for (const batch of BATCHES) {
    const folder = mkdtempSync(join(tmpdir(), "commonwatt-bench-"));
    const target = join(folder, "plain.sqlite");
    rates.push({
      what: insertName("SQLite", batch),
      perSecond: await runInserts({ kind: "sqlite", target, batch, seconds }),
    });
    rmSync(folder, { recursive: true });
    if (postgres === undefined) continue;
    const options = { kind: "postgres", target: postgres.url, batch, seconds } as const;
    rates.push({ what: insertName("PostgreSQL", batch), perSecond: await runInserts(options) });
  }
  return rates;
}

function insertName(database: string, batch: number): string {
  return `${database} alone, ${batch} ${batch === 1 ? "row" : "rows"} a transaction`;
}

async function oracleRate(what: string, seconds: number, databaseUrl?: string): Promise<Rate> {
  const oracle = await createBenchOracle(METERS, databaseUrl);
  try {
    await oracle.start();
    const before = readStats(oracle.pid());
    const began = performance.now();
    const load = await runLoad({ ...LOAD, url: oracle.url, seconds });
    await oracle.workedThrough();
    const elapsed = (performance.now() - began) / 1000;
    const cpuSeconds = readStats(oracle.pid()).cpuSeconds - before.cpuSeconds;
    return {
      ...rateOf(what, load),
      workedThroughPerSecond: load.acknowledged / elapsed,
      cpuPerMessageUs: (cpuSeconds / load.acknowledged) * 1e6,
    };
  } finally {
    await oracle.close();
  }
}

async function brokerRate(seconds: number): Promise<Rate> {
  const broker = startNode("broker-only.ts", []);
  try {
    const port = await firstLine(broker);
    return rateOf("embedded broker alone", await runLoad({ ...LOAD, url: `mqtt://127.0.0.1:${port}`, seconds }));
  } finally {
    await endNow(broker);
  }
}

async function mosquittoRate(seconds: number): Promise<Rate> {
  const broker = await startMosquitto();
  try {
    return rateOf("mosquitto alone", await runLoad({ ...LOAD, url: `mqtt://127.0.0.1:${broker.port}`, seconds }));
  } finally {
    await broker.close();
  }
}

function rateOf(what: string, { perSecond, p50Ms, p99Ms }: LoadResult): Rate {
  return { what, perSecond, p50Ms, p99Ms };
}
