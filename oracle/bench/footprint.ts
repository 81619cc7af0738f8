import { setTimeout as sleep } from "node:timers/promises";

import { BENCH_DAY_START, createBenchOracle } from "./bench-oracle.ts";
import { runLoad } from "./children.ts";
import { readStats } from "./process-stats.ts";

/** What many meters with a message every ten seconds take of the oracle's process. */
export type Footprint = {
  meters: number;
  askedPerSecond: number;
  perSecond: number;
  p99Ms: number;
  cpuPercentOfACore: number;
  /** Memory when it was ready, after the load, and at most. */
  readyMb: number;
  residentMb: number;
  peakMb: number;
  startSeconds: number;
  /** After a kill in the middle: until the process is ready, and until everything is worked through. */
  readyAgainSeconds: number;
  workedThroughAgainSeconds: number;
  /** Messages that were waiting when it started again. */
  waiting: number;
};

const SECONDS_BETWEEN = 10;
const SETTLE_MS = 2_000;

/** @param databaseUrl - Of an empty PostgreSQL database; without it the oracle keeps SQLite's file. */
export async function measureFootprint(meters: number, seconds: number, databaseUrl?: string): Promise<Footprint> {
  const oracle = await createBenchOracle(meters, databaseUrl);
  try {
    const startSeconds = await oracle.start();
    await sleep(SETTLE_MS);
    const load = { url: oracle.url, meters, connections: 100, window: 20, seconds };
    const askedPerSecond = meters / SECONDS_BETWEEN;
    const before = readStats(oracle.pid());
    const began = performance.now();
    const steady = await runLoad({ ...load, rate: askedPerSecond, fromSeconds: BENCH_DAY_START });
    const elapsed = (performance.now() - began) / 1000;
    const after = readStats(oracle.pid());

    // As fast as it goes, and killed in the middle of it.
    const fromSeconds = BENCH_DAY_START + 3_600;
    const rush = runLoad({ ...load, rate: 0, seconds: 2, fromSeconds }).catch(() => undefined);
    await sleep(1_500);
    await oracle.kill();
    const readyAgainSeconds = await oracle.start();
    const waiting = await oracle.inbox();
    const workedThroughAgainSeconds = readyAgainSeconds + (await oracle.workedThrough());
    await rush;
    return {
      meters,
      askedPerSecond,
      perSecond: steady.perSecond,
      p99Ms: steady.p99Ms,
      cpuPercentOfACore: ((after.cpuSeconds - before.cpuSeconds) / elapsed) * 100,
      readyMb: before.residentMb,
      residentMb: after.residentMb,
      peakMb: after.peakMb,
      startSeconds,
      readyAgainSeconds,
      workedThroughAgainSeconds,
      waiting,
    };
  } finally {
    await oracle.close();
  }
}
