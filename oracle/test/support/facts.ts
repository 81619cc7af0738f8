import type { Facts } from "../../src/metrics/facts.ts";

const NOW = Date.UTC(2026, 4, 4, 12);

/** The facts of an oracle that is well, for tests. */
export const FACTS: Facts = {
  atMs: NOW,
  startedMs: NOW - 3_600_000,
  version: "0.1.0",
  clock: { kind: "system", nowMs: NOW },
  database: { kind: "sqlite", problem: null, bytes: 20_000_000 },
  chain: {
    chainId: 31_337,
    endpoints: [
      { endpoint: "http://127.0.0.1:8545", state: "used", chainId: 31_337, head: 7, failures: 0, lastFailure: null },
    ],
    head: { number: 7, timestamp: NOW / 1000 - 5 },
    problem: null,
  },
  source: { kind: "embedded", connected: true },
  inbox: { stored: 1_000, waiting: 0, depth: 0, aside: 0, oldestArrivalMs: null },
  meters: { total: 3, newestReadingMs: NOW - 4_000, never: 0, silent: 0, longestSilent: [], overdue: 0 },
  profiles: {
    closed: 0,
    signed: 0,
    sent: 0,
    recorded: 9,
    settled: 0,
    late: 0,
    parked: 0,
    parkedLately: 0,
    oldestUnrecordedDay: null,
  },
  transactions: { unmined: 0, watched: 1, trouble: null },
  account: {
    address: "0x00000000000000000000000000000000000000A1",
    balanceWei: 10n ** 18n,
    spentWeiPerDay: 10n ** 16n,
  },
  settlement: null,
  disk: { freeBytes: 9_000_000_000, totalBytes: 30_000_000_000, growthBytesPerDay: 1_000_000 },
  lastBackupMs: NOW - 86_400_000,
  edge: null,
  refusals: {},
};
