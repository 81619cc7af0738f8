import type { Config } from "../config/schema.ts";
import { daysLeft, type Facts } from "../metrics/facts.ts";
import type { AlarmName } from "./catalogue.ts";
import { ago, days, ether, megabytes } from "./words.ts";

/** An alarm's condition that is true at this moment, with the values that make it so. */
export type Trouble = { name: AlarmName; says: string };

/** A block's time may be a little ahead of an honest clock. */
const CLOCK_TOLERANCE_SECONDS = 30;
/** A day is recorded within minutes of its signature where nothing is in the way. */
const UNRECORDED_DAYS = 3;
/** Windows are 6 hours: the rest of one that is enough for somebody to act. */
const SETTLE_SOON_SECONDS = 2 * 3_600;
const DAY_MS = 86_400_000;

/**
 * What is wrong by the facts, each in a sentence with its values.
 *
 * @param limits - The config's section `alarms`.
 */
export function troublesOf(facts: Facts, limits: Config["alarms"]): Trouble[] {
  const found: Trouble[] = [];
  const say = (name: AlarmName, isTrue: boolean, says: () => string) => {
    if (isTrue) found.push({ name, says: says() });
  };
  judgeChain(facts, limits, say);
  judgeMessages(facts, limits, say);
  judgeDays(facts, say);

  const { database, disk, account, transactions } = facts;
  say("database-unavailable", database.problem !== null, () => `The database takes no writes: ${database.problem}`);
  const diskDays = daysLeft(disk.freeBytes, disk.growthBytesPerDay);
  const isTight = disk.freeBytes !== null && disk.freeBytes < limits.diskFreeMegabytes * 1e6;
  say("disk-filling", isTight || (diskDays !== null && diskDays < limits.diskDays), () => {
    return `${megabytes(disk.freeBytes)} are free on the disk${diskDays === null ? "" : `, enough for ${days(diskDays)}`}`;
  });
  const { trouble } = transactions;
  say("transactions-stuck", trouble !== null, () => trouble ?? "");
  const gasDays = daysLeft(account.balanceWei, account.spentWeiPerDay);
  const isEmpty = account.balanceWei === 0n;
  say("gas-low", isEmpty || (gasDays !== null && gasDays < limits.gasDays), () => {
    return `The account ${account.address} has ${ether(account.balanceWei)}${gasDays === null ? "" : `, enough for ${days(gasDays)}`}`;
  });
  const backupMs = facts.lastBackupMs ?? facts.startedMs;
  say("backup-old", facts.atMs - backupMs > limits.backupDays * DAY_MS, () =>
    facts.lastBackupMs === null
      ? "There is no backup"
      : `The last backup is ${ago(facts.atMs - facts.lastBackupMs)} old`,
  );
  return found;
}

type Say = (name: AlarmName, isTrue: boolean, says: () => string) => void;

function judgeChain({ chain, clock, atMs }: Facts, limits: Config["alarms"], say: Say): void {
  say("chain-unreachable", chain.problem !== null, () => `The chain does not answer: ${chain.problem}`);
  const left = chain.endpoints.filter(({ state }) => state !== "used" && state !== "spare");
  say("endpoints-degraded", left.length > 0 && chain.problem === null, () =>
    left
      .map(({ endpoint, state, lastFailure }) => `${endpoint} is ${state}${lastFailure ? ` (${lastFailure})` : ""}`)
      .join("; "),
  );
  if (chain.head === null || clock.kind === "chain") return;
  const ageMs = atMs - chain.head.timestamp * 1000;
  say("chain-stale", ageMs > limits.headStaleSeconds * 1000, () => `The chain's latest block is ${ago(ageMs)} old`);
  say(
    "clock-off",
    ageMs < -CLOCK_TOLERANCE_SECONDS * 1000,
    () => `The machine's clock is ${ago(-ageMs)} behind the chain's`,
  );
}

function judgeMessages({ source, meters, inbox, clock, atMs }: Facts, limits: Config["alarms"], say: Say): void {
  say("broker-disconnected", !source.connected, () => "The MQTT broker is not connected");
  const { newestReadingMs } = meters;
  const ageMs = newestReadingMs === null ? Infinity : clock.nowMs - newestReadingMs;
  const isStale = ageMs > limits.messagesStaleSeconds * 1000;
  say("messages-stale", isStale, () =>
    newestReadingMs === null ? "No meter has ever been heard" : `The newest reading is ${ago(ageMs)} old`,
  );
  say("meters-silent", meters.silent > 0 && !isStale, () => {
    const named = meters.longestSilent.map(({ meter }) => meter).join(", ");
    return `${meters.silent} of ${meters.total} meters are silent: ${named}${meters.silent > meters.longestSilent.length ? ", ..." : ""}`;
  });
  // Arrivals are stamped by the clock that days are judged by.
  const lagMs =
    inbox.oldestArrivalMs === null ? 0 : (clock.kind === "chain" ? clock.nowMs : atMs) - inbox.oldestArrivalMs;
  say(
    "inbox-lagging",
    lagMs > limits.inboxLagSeconds * 1000,
    () => `${inbox.depth} messages wait, the oldest for ${ago(lagMs)}`,
  );
  say("messages-set-aside", inbox.aside > 0, () => `${inbox.aside} messages are set aside in the table inbox_aside`);
}

function judgeDays({ meters, profiles, settlement, clock }: Facts, say: Say): void {
  say("days-not-closed", meters.overdue > 0, () => `${meters.overdue} meters have a day that is over and not closed`);
  say("profiles-unsigned", profiles.closed > 0, () => `${profiles.closed} closed days wait for their signature`);
  const oldest = profiles.oldestUnrecordedDay;
  const waitedDays = oldest === null ? 0 : Math.floor(clock.nowMs / DAY_MS) - oldest;
  say(
    "profiles-waiting",
    waitedDays > UNRECORDED_DAYS,
    () => `A profile has waited for ${days(waitedDays)} to be recorded`,
  );
  say(
    "profiles-parked",
    profiles.parkedLately > 0,
    () => `${profiles.parkedLately} profiles of the last week are parked`,
  );
  if (settlement === null) return;
  const { closesAt, windowDay, settleFrom, asOf } = settlement;
  const isLate =
    windowDay !== null && closesAt !== null && (settleFrom ?? Infinity) < asOf && closesAt - asOf < SETTLE_SOON_SECONDS;
  say(
    "settlement-late",
    isLate,
    () => `The window closes in ${ago(((closesAt ?? 0) - asOf) * 1000)}, and its day is not settled`,
  );
  say("settlement-paused", settlement.paused, () => "Settlements are paused");
}
