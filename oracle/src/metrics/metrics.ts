import { collectDefaultMetrics, Counter, Gauge, Registry } from "prom-client";

import type { Alarm } from "../alarms/watch.ts";
import { ALARM_NAMES, ALARMS } from "../alarms/catalogue.ts";
import { daysLeft, type Facts } from "./facts.ts";

const DAY_SECONDS = 86_400;
const STATES = ["used", "spare", "wrong-chain", "failing", "behind", "stalled"] as const;

/** What a gauge without labels shows of the facts; null leaves it out. */
type Reading = [name: string, help: string, of: (facts: Facts) => number | null];

const READINGS: readonly Reading[] = [
  ["start_timestamp_seconds", "When the oracle was started", (f) => f.startedMs / 1000],
  ["clock_timestamp_seconds", "The time that meters and days are judged by", (f) => f.clock.nowMs / 1000],
  ["database_writable", "1 if the database takes writes", (f) => Number(f.database.problem === null)],
  ["database_size_bytes", "Size of the database", (f) => f.database.bytes],
  ["disk_free_bytes", "Free on the disk of dataDir", (f) => f.disk.freeBytes],
  ["disk_size_bytes", "Size of the disk of dataDir", (f) => f.disk.totalBytes],
  [
    "disk_left_seconds",
    "Until the disk is full at the pace of the last week",
    (f) => spanOf(f.disk.freeBytes, f.disk.growthBytesPerDay),
  ],
  ["chain_reachable", "1 if an RPC endpoint answers", (f) => Number(f.chain.problem === null)],
  ["chain_head_block", "Number of the chain's latest block", (f) => f.chain.head?.number ?? null],
  ["chain_head_timestamp_seconds", "Time of the chain's latest block", (f) => f.chain.head?.timestamp ?? null],
  ["broker_connected", "1 if the MQTT broker is connected", (f) => Number(f.source.connected)],
  ["inbox_waiting_messages", "Messages in memory that are not on the disk yet", (f) => f.inbox.waiting],
  ["inbox_depth_messages", "Messages on the disk that are not worked through yet", (f) => f.inbox.depth],
  ["inbox_set_aside_messages", "Messages since the start that could not be worked through", (f) => f.inbox.aside],
  [
    "inbox_oldest_timestamp_seconds",
    "Arrival of the oldest message that is not worked through",
    (f) => seconds(f.inbox.oldestArrivalMs),
  ],
  [
    "newest_reading_timestamp_seconds",
    "Time of the newest reading of all meters",
    (f) => seconds(f.meters.newestReadingMs),
  ],
  ["meters_overdue", "Meters with a day that is over and not closed", (f) => f.meters.overdue],
  [
    "oldest_unrecorded_day_timestamp_seconds",
    "Begin of the oldest day that waits to be recorded",
    (f) => dayStart(f.profiles.oldestUnrecordedDay),
  ],
  ["transactions_unmined", "Transactions that are in no block yet", (f) => f.transactions.unmined],
  ["transactions_watched", "Transactions in blocks that are still watched", (f) => f.transactions.watched],
  [
    "transactions_in_trouble",
    "1 if the nodes do not take a transaction",
    (f) => Number(f.transactions.trouble !== null),
  ],
  [
    "account_balance_ether",
    "Money for gas on the submitter's account",
    (f) => (f.account.balanceWei === null ? null : Number(f.account.balanceWei) / 1e18),
  ],
  [
    "account_left_seconds",
    "Until that is spent at the pace of the last week",
    (f) => spanOf(f.account.balanceWei, f.account.spentWeiPerDay),
  ],
  [
    "settlement_last_day_timestamp_seconds",
    "Begin of the last day that is settled",
    (f) => dayStart(f.settlement?.lastSettledDay ?? null),
  ],
  ["settlement_window_closes_timestamp_seconds", "When the open window closes", (f) => f.settlement?.closesAt ?? null],
  [
    "settlement_paused",
    "1 if the guardian has paused settlements",
    (f) => (f.settlement === null ? null : Number(f.settlement.paused)),
  ],
  [
    "settlement_awaited_profiles",
    "Profiles that the next day to announce waits for",
    (f) => f.settlement?.awaited.length ?? null,
  ],
  ["edge_waiting_profiles", "Days shown by gateways that wait to be judged", (f) => f.edge?.waiting ?? null],
  ["backup_timestamp_seconds", "When the last backup was made", (f) => seconds(f.lastBackupMs)],
];

/** The oracle's metrics, for Prometheus. Labels take few values: a meter's number is none of them. */
export type Metrics = {
  /** Shows these facts from now on. */
  show(facts: Facts, alarms: readonly Alarm[], isReady: boolean): void;
  /** In Prometheus' text format. */
  text(): Promise<string>;
  contentType: string;
};

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Gauge<L>({ name: `commonwatt_${name}`, help, labelNames, registers });
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Counter<L>({ name: `commonwatt_${name}`, help, labelNames, registers });

  const readings = READINGS.map(([name, help, of]) => ({ shown: gauge(name, help), of }));
  const build = gauge("build_info", "The oracle's version", ["version"]);
  const ready = gauge("ready", "1 if the oracle is ready, see /readyz");
  const alarm = gauge("alarm", "1 while the alarm is raised", ["alarm", "severity"]);
  const endpoints = gauge("chain_endpoints", "RPC endpoints by how they stand", ["state"]);
  const meters = gauge("meters", "Meters by whether they are heard", ["state"]);
  const profiles = gauge("profiles", "Signed days by how far they are", ["state"]);
  const messages = counter("messages_total", "Messages ever stored");
  const edgeMeters = gauge("edge_meters", "Meters whose gateways sign, by whether they showed a day since the start", [
    "state",
  ]);
  const edgeAnswers = counter("edge_answers_total", "Days shown by gateways, by what was said of them", ["answer"]);
  const refused = counter("refused_messages_total", "Messages and readings that were refused, by reason", ["reason"]);

  function showEdge({ meters: shown, answered }: NonNullable<Facts["edge"]>): void {
    const heard = shown.filter(({ lastDay }) => lastDay !== null).length;
    edgeMeters.set({ state: "shown" }, heard);
    edgeMeters.set({ state: "silent" }, shown.length - heard);
    for (const [answer, count] of Object.entries(answered)) edgeAnswers.inc({ answer }, count);
  }

  return {
    contentType: registry.contentType,
    show(facts, alarms, isReady) {
      for (const { shown, of } of readings) {
        const value = of(facts);
        // What is not known is left out, not shown as it was.
        if (value === null) shown.remove();
        else shown.set(value);
      }
      build.set({ version: facts.version }, 1);
      ready.set(Number(isReady));
      const raised = new Set(alarms.map(({ name }) => name));
      for (const name of ALARM_NAMES)
        alarm.set({ alarm: name, severity: ALARMS[name].severity }, Number(raised.has(name)));
      for (const state of STATES) {
        endpoints.set({ state }, facts.chain.endpoints.filter((endpoint) => endpoint.state === state).length);
      }
      const { total, silent, never } = facts.meters;
      meters.set({ state: "heard" }, total - silent);
      meters.set({ state: "silent" }, silent);
      meters.set({ state: "never" }, never);
      for (const state of ["closed", "signed", "sent", "recorded", "settled", "late", "parked"] as const) {
        profiles.set({ state }, facts.profiles[state]);
      }
      edgeMeters.reset();
      edgeAnswers.reset();
      if (facts.edge !== null) showEdge(facts.edge);
      messages.reset();
      messages.inc(facts.inbox.stored);
      refused.reset();
      for (const [reason, count] of Object.entries(facts.refusals)) refused.inc({ reason }, count);
    },
    text: () => registry.metrics(),
  };
}

const seconds = (ms: number | null) => (ms === null ? null : ms / 1000);
const dayStart = (day: number | null) => (day === null ? null : day * DAY_SECONDS);

function spanOf(amount: bigint | number | null, perDay: bigint | number | null): number | null {
  const left = daysLeft(amount, perDay);
  return left === null ? null : left * DAY_SECONDS;
}
