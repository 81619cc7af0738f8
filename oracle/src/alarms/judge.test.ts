import { pino } from "pino";
import { describe, expect, it, test } from "vitest";

import { FACTS } from "../../test/support/facts.ts";
import { alarms } from "../config/operation.ts";
import type { Facts } from "../metrics/facts.ts";
import { paceOf } from "../metrics/history.ts";
import { ALARM_NAMES, ALARMS } from "./catalogue.ts";
import { troublesOf } from "./judge.ts";
import { readinessOf } from "./readiness.ts";
import { createAlarmWatch } from "./watch.ts";

const LIMITS = alarms.parse({});
const HOUR = 3_600_000;
const now = FACTS.atMs;
const day = Math.floor(now / 86_400_000);
const settlement = {
  asOf: now / 1000,
  nextDay: day - 1,
  windowDay: day - 1,
  windowOpensAt: 0,
  settleFrom: now / 1000 - 3_600,
  closesAt: now / 1000 + 3_600,
  lastSettledDay: day - 2,
  waitingFor: "hour",
  wakeAt: null,
  awaited: [],
  sharingMeters: 3,
  paused: true,
} satisfies Facts["settlement"];

/** For each alarm the facts that raise it, and words that its sentence must have. */
const CASES: readonly [name: string, change: Partial<Facts>, words: string][] = [
  ["database-unavailable", { database: { ...FACTS.database, problem: "disk I/O error" } }, "disk I/O error"],
  ["disk-filling", { disk: { freeBytes: 400e6, totalBytes: 1e9, growthBytesPerDay: null } }, "400 MB are free"],
  ["disk-filling", { disk: { freeBytes: 2e9, totalBytes: 9e9, growthBytesPerDay: 100e6 } }, "enough for 20 days"],
  ["chain-unreachable", { chain: { ...FACTS.chain, problem: "no answer" } }, "no answer"],
  ["chain-stale", { chain: { ...FACTS.chain, head: { number: 7, timestamp: now / 1000 - 7_200 } } }, "2 hours old"],
  ["clock-off", { chain: { ...FACTS.chain, head: { number: 7, timestamp: now / 1000 + 300 } } }, "5 minutes behind"],
  [
    "endpoints-degraded",
    {
      chain: { ...FACTS.chain, endpoints: FACTS.chain.endpoints.map((one) => ({ ...one, state: "behind" as const })) },
    },
    "is behind",
  ],
  ["broker-disconnected", { source: { kind: "external", connected: false } }, "not connected"],
  ["messages-stale", { meters: { ...FACTS.meters, newestReadingMs: now - 3 * HOUR } }, "3 hours old"],
  ["messages-stale", { meters: { ...FACTS.meters, newestReadingMs: null } }, "ever been heard"],
  [
    "meters-silent",
    { meters: { ...FACTS.meters, silent: 12, longestSilent: [{ meter: 7, lastReadingMs: null }] } },
    "12 of 3 meters are silent: 7, ...",
  ],
  ["inbox-lagging", { inbox: { ...FACTS.inbox, depth: 9, oldestArrivalMs: now - HOUR } }, "9 messages wait"],
  ["messages-set-aside", { inbox: { ...FACTS.inbox, aside: 2 } }, "2 messages"],
  ["days-not-closed", { meters: { ...FACTS.meters, overdue: 4 } }, "4 meters"],
  ["profiles-unsigned", { profiles: { ...FACTS.profiles, closed: 5 } }, "5 closed days"],
  ["profiles-waiting", { profiles: { ...FACTS.profiles, oldestUnrecordedDay: day - 6 } }, "6 days"],
  ["profiles-parked", { profiles: { ...FACTS.profiles, parkedLately: 1 } }, "1 profiles"],
  [
    "transactions-stuck",
    { transactions: { unmined: 1, watched: 0, trouble: "refused, the account is empty" } },
    "empty",
  ],
  ["gas-low", { account: { ...FACTS.account, balanceWei: 0n, spentWeiPerDay: null } }, "0.0000 ether"],
  ["gas-low", { account: { ...FACTS.account, spentWeiPerDay: 10n ** 17n } }, "enough for 10 days"],
  ["settlement-late", { settlement }, "1 hour"],
  ["settlement-paused", { settlement }, "paused"],
  ["backup-old", { lastBackupMs: now - 9 * 24 * HOUR }, "9 days old"],
  ["backup-old", { lastBackupMs: null, startedMs: now - 9 * 24 * HOUR }, "no backup"],
];

describe("the judgement of the facts", () => {
  it("finds nothing wrong with an oracle that is well", () => {
    expect(troublesOf(FACTS, LIMITS)).toEqual([]);
    expect(readinessOf([])).toEqual({ ready: true, reasons: [] });
  });

  test.each(CASES)("raises %s", (name, change, words) => {
    const found = troublesOf({ ...FACTS, ...change }, LIMITS).find((trouble) => trouble.name === name);
    expect(found?.says).toContain(words);
  });

  it("has a case for every alarm", () => {
    expect(new Set(CASES.map(([name]) => name))).toEqual(new Set(ALARM_NAMES));
  });

  it("is not ready with data that is stale, and is with a disk that fills up", () => {
    const stale = troublesOf({ ...FACTS, meters: { ...FACTS.meters, newestReadingMs: now - 3 * HOUR } }, LIMITS);
    expect(readinessOf(stale)).toMatchObject({ ready: false, reasons: [{ name: "messages-stale" }] });
    const full = troublesOf({ ...FACTS, disk: { freeBytes: 1, totalBytes: 9e9, growthBytesPerDay: null } }, LIMITS);
    expect(full).toHaveLength(1);
    expect(readinessOf(full).ready).toBe(true);
  });
});

describe("the watch over alarms", () => {
  it("raises one when it has been true for long enough, tells the log once, and once when it is over", () => {
    const lines: { event: string; alarm: string }[] = [];
    const log = pino({}, { write: (text: string) => lines.push(JSON.parse(text) as { event: string; alarm: string }) });
    const watch = createAlarmWatch(log);
    const trouble = [{ name: "chain-unreachable", says: "No answer" }] as const;
    watch.look(trouble, 0);
    expect(watch.raised()).toEqual([]);
    const afterMs = ALARMS["chain-unreachable"].afterSeconds * 1000;
    for (const atMs of [afterMs, afterMs + 1, afterMs + 2]) watch.look(trouble, atMs);
    expect(watch.raised()).toMatchObject([{ name: "chain-unreachable", severity: "critical", sinceMs: 0 }]);
    watch.look([], afterMs + 3);
    // What comes back has to stay again.
    watch.look(trouble, afterMs + 4);
    expect(watch.raised()).toEqual([]);
    expect(lines.map(({ event }) => event)).toEqual(["alarm", "alarm-over"]);
  });
});

describe("the pace of the last week", () => {
  it("counts what went out of the account, not what came in, and knows nothing before half a day", () => {
    const sample = (hours: number, balance: bigint, bytes: number) => ({
      atMs: hours * HOUR,
      balanceWei: balance,
      databaseBytes: bytes,
    });
    expect(paceOf([sample(0, 100n, 0), sample(11, 90n, 50)])).toEqual({
      growthBytesPerDay: null,
      spentWeiPerDay: null,
    });
    const week = [sample(0, 100n, 1_000), sample(24, 60n, 1_500), sample(36, 500n, 1_700), sample(48, 480n, 2_000)];
    expect(paceOf(week)).toEqual({ growthBytesPerDay: 500, spentWeiPerDay: 30n });
  });
});
