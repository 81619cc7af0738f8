import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { hasMosquitto, startMosquitto } from "../test/support/mosquitto.ts";
import type { Postgres } from "../test/support/postgres.ts";
import { BENCH_DAY_START, createBenchOracle } from "./bench-oracle.ts";
import { endNow, firstLine, runInserts, runLoad, startNode } from "./children.ts";
import { readStats } from "./process-stats.ts";

/** One thing that messages, or their rows, were sent to, and how many a second it took. */
export type Rate = {
  what: string;
  /** How its messages came; of rows that were written without messages: none. */
  shape?: string | undefined;
  perSecond: number;
  p50Ms?: number;
  p99Ms?: number;
  workedThroughPerSecond?: number;
  cpuPerMessageUs?: number;
};

const METERS = 1_000;
const LOAD = { meters: METERS, rate: 0, fromSeconds: BENCH_DAY_START };
/**
 * A street: every meter has its connection, and sends on when its message is acknowledged. A bridge: few connections carry
 * a hundred unacknowledged messages each, as from another broker, so that reading and writing the sockets costs next to
 * nothing and the rest shows.
 */
const SHAPES = [
  { shape: "a connection a meter", connections: METERS, window: 1 },
  { shape: "20 bridges", connections: 20, window: 100 },
];
type Shape = (typeof SHAPES)[number];
/** Rows of a transaction: one by one, and as many as the oracle commits together under load. */
const BATCHES = [1, 100, 500];

/** One round: the oracle, the brokers alone, and the databases alone, one after the other with the same client. */
export async function measureRates(seconds: number, postgres: Postgres | undefined, round: number): Promise<Rate[]> {
  const rates: Rate[] = [];
  for (const [index, shape] of SHAPES.entries()) {
    rates.push(await oracleRate("oracle, SQLite", shape, seconds));
    if (postgres !== undefined) {
      const database = await postgres.createDatabase(`oracle_${round}_${index}`);
      rates.push(await oracleRate("oracle, PostgreSQL", shape, seconds, database));
    }
    rates.push(await brokerRate(shape, seconds));
    if (hasMosquitto) rates.push(await mosquittoRate(shape, seconds));
  }
  return [...rates, ...(await insertRates(seconds, postgres))];
}

/** The same rows, written by a program that does nothing else. */
async function insertRates(seconds: number, postgres: Postgres | undefined): Promise<Rate[]> {
  const rates: Rate[] = [];
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

async function oracleRate(what: string, shape: Shape, seconds: number, databaseUrl?: string): Promise<Rate> {
  const oracle = await createBenchOracle(METERS, databaseUrl);
  try {
    await oracle.start();
    const began = performance.now();
    const rate = await rateOf(what, shape, oracle, seconds, () => oracle.workedThrough());
    return { ...rate, workedThroughPerSecond: rate.acknowledged / ((performance.now() - began) / 1000) };
  } finally {
    await oracle.close();
  }
}

async function brokerRate(shape: Shape, seconds: number): Promise<Rate> {
  const broker = startNode("broker-only.ts", []);
  try {
    const url = `mqtt://127.0.0.1:${await firstLine(broker)}`;
    return await rateOf("embedded broker alone", shape, { url, pid: () => broker.pid }, seconds);
  } finally {
    await endNow(broker);
  }
}

async function mosquittoRate(shape: Shape, seconds: number): Promise<Rate> {
  const broker = await startMosquitto();
  try {
    const url = `mqtt://127.0.0.1:${broker.port}`;
    return await rateOf("mosquitto alone", shape, { url, pid: broker.pid }, seconds);
  } finally {
    await broker.close();
  }
}

/** @param finish - What the server's processor time still includes. */
async function rateOf(
  what: string,
  { shape, connections, window }: Shape,
  server: { url: string; pid: () => number | undefined },
  seconds: number,
  finish: () => Promise<unknown> = () => Promise.resolve(),
): Promise<Rate & { acknowledged: number }> {
  const pid = server.pid() ?? 0;
  const before = readStats(pid);
  const load = await runLoad({ ...LOAD, connections, window, url: server.url, seconds });
  await finish();
  const cpuSeconds = readStats(pid).cpuSeconds - before.cpuSeconds;
  const { acknowledged, perSecond, p50Ms, p99Ms } = load;
  return { what, shape, acknowledged, perSecond, p50Ms, p99Ms, cpuPerMessageUs: (cpuSeconds / acknowledged) * 1e6 };
}
