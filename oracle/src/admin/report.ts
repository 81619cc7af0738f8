import type { Readiness } from "../alarms/readiness.ts";
import type { Alarm } from "../alarms/watch.ts";
import { daysLeft, type Facts } from "../metrics/facts.ts";

/** What `GET /status` answers and the verb `status` shows: plain JSON, moments in ISO 8601, money in decimal wei. */
export type Report = ReturnType<typeof reportOf>;

export function reportOf(facts: Facts, alarms: readonly Alarm[], readiness: Readiness, neighbourhood: string) {
  const { account, disk, meters, inbox, profiles, chain } = facts;
  const iso = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
  const finite = (days: number | null) => (days === null || Number.isFinite(days) ? days : null);
  return {
    version: facts.version,
    neighbourhood,
    at: new Date(facts.atMs).toISOString(),
    started: new Date(facts.startedMs).toISOString(),
    clock: { kind: facts.clock.kind, now: new Date(facts.clock.nowMs).toISOString() },
    ready: readiness.ready,
    notReady: readiness.reasons,
    alarms: alarms.map(({ sinceMs, ...alarm }) => ({ ...alarm, since: new Date(sinceMs).toISOString() })),
    database: facts.database,
    chain,
    source: facts.source,
    inbox: {
      stored: inbox.stored,
      waiting: inbox.waiting,
      depth: inbox.depth,
      aside: inbox.aside,
      oldestArrival: iso(inbox.oldestArrivalMs),
    },
    meters: {
      total: meters.total,
      never: meters.never,
      silent: meters.silent,
      overdue: meters.overdue,
      newestReading: iso(meters.newestReadingMs),
      longestSilent: meters.longestSilent.map(({ meter, lastReadingMs }) => ({
        meter,
        lastReading: iso(lastReadingMs),
      })),
    },
    profiles,
    transactions: facts.transactions,
    account: {
      address: account.address,
      balanceWei: account.balanceWei?.toString() ?? null,
      spentWeiPerDay: account.spentWeiPerDay?.toString() ?? null,
      daysLeft: finite(daysLeft(account.balanceWei, account.spentWeiPerDay)),
    },
    settlement: facts.settlement,
    disk: { ...disk, daysLeft: finite(daysLeft(disk.freeBytes, disk.growthBytesPerDay)) },
    edge: facts.edge,
    lastBackup: iso(facts.lastBackupMs),
    refusals: facts.refusals,
  };
}
