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
  /** Memory at most while it started, when it was calm again, and at the end of the load. */
  startPeakMb: number;
  calmMb: number;
  residentMb: number;
  startSeconds: number;
  /** After a kill in the middle: until the process is ready, and until everything is worked through. */
  readyAgainSeconds: number;
  workedThroughAgainSeconds: number;
  /** Messages that were waiting when it started again. */
  waiting: number;
};

const SECONDS_BETWEEN = 10;
/** After its start the oracle reads its meters' state from the chain; what is measured is what comes then. */
const CALM_CPU_SECONDS_PER_SECOND = 0.05;
const CALM_SECONDS = 5;
const CALM_AT_MOST_SECONDS = 120;

/** @param databaseUrl - Of an empty PostgreSQL database; without it the oracle keeps SQLite's file. */
export async function measureFootprint(meters: number, seconds: number, databaseUrl?: string): Promise<Footprint> {
  const oracle = await createBenchOracle(meters, databaseUrl);
  try {
    const startSeconds = await oracle.start();
    const startPeakMb = await calm(oracle.pid());
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
      startPeakMb,
      calmMb: before.residentMb,
      residentMb: after.residentMb,
      startSeconds,
      readyAgainSeconds,
      workedThroughAgainSeconds,
      waiting,
    };
  } finally {
    await oracle.close();
  }
}

/** Waits until the process has had next to nothing to do for some seconds; returns the most memory it had, MB. */
async function calm(pid: number): Promise<number> {
  let before = readStats(pid);
  let quiet = 0;
  for (let second = 0; second < CALM_AT_MOST_SECONDS && quiet < CALM_SECONDS; second++) {
    await sleep(1_000);
    const now = readStats(pid);
    quiet = now.cpuSeconds - before.cpuSeconds < CALM_CPU_SECONDS_PER_SECOND ? quiet + 1 : 0;
    before = now;
  }
  return before.peakMb;
}
