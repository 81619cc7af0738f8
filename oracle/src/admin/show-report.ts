import { day, isoDay } from "@commonwatt/sdk/time";

import { ago, days, ether, megabytes } from "../alarms/words.ts";
import type { Report } from "./report.ts";

/** The report on one screen, in plain words. */
export function showReport(report: Report): string {
  const rows: [string, string][] = [
    ["Oracle", `version ${report.version}, running for ${since(report.started, report.at)}`],
    ["Ready", report.ready ? "yes" : `no: ${report.notReady.map(({ says }) => says).join("; ")}`],
    ["Meters", metersLine(report)],
    ["Messages", messagesLine(report)],
    ["Days", daysLine(report)],
    ["Settlement", settlementLine(report)],
    ["Money", moneyLine(report)],
    ["Chain", chainLine(report)],
    ["Disk", diskLine(report)],
    ["Backup", report.lastBackup === null ? "none yet" : `${since(report.lastBackup, report.at)} ago`],
  ];
  const lines = rows.map(([name, text]) => `${`${name}:`.padEnd(12)}${text}`);
  const { alarms } = report;
  if (alarms.length === 0) return [...lines, "Alarms:     none"].join("\n");
  const told = alarms.flatMap(({ severity, says, action, runbook, since: at }) => [
    `  ${severity === "critical" ? "CRITICAL" : "warning"}: ${says} (for ${since(at, report.at)})`,
    `    do: ${action}; more in ${runbook}`,
  ]);
  return [...lines, "Alarms:", ...told].join("\n");
}

function metersLine({ meters, clock }: Report): string {
  const { total, silent, longestSilent } = meters;
  if (silent === 0) return `all ${total} are heard`;
  const named = longestSilent.map(({ meter, lastReading }) =>
    lastReading === null ? `${meter} (never heard)` : `${meter} (for ${since(lastReading, clock.now)})`,
  );
  return `${total - silent} of ${total} are heard; silent: ${named.join(", ")}${silent > named.length ? ", and more" : ""}`;
}

function messagesLine({ meters, inbox, source, clock }: Report): string {
  const newest =
    meters.newestReading === null ? "none yet" : `newest reading ${since(meters.newestReading, clock.now)} old`;
  const waits = inbox.depth + inbox.waiting;
  const queue = waits === 0 ? "nothing waits" : `${waits} wait`;
  return `${newest}, ${queue}, ${inbox.stored} stored${source.connected ? "" : "; the MQTT broker is not connected"}`;
}

function daysLine({ profiles, transactions }: Report): string {
  const { closed, signed, sent, recorded, settled, late, parked } = profiles;
  const way = closed + signed + sent;
  const parts = [
    `${recorded + settled + late} meter days on chain`,
    way === 0 ? "none on the way" : `${way} on the way`,
  ];
  if (parked > 0) parts.push(`${parked} parked`);
  if (transactions.trouble !== null) parts.push(transactions.trouble);
  return parts.join(", ");
}

/** What each wait is for. */
const WAITS: Readonly<Record<string, string>> = {
  profiles: "waits for the profiles of its meters",
  window: "waits for the next window",
  hour: "is announced; it is settled once the members' hour is over",
  confirmation: "is on its way to the chain",
  nothing: "has nothing to do",
};

function settlementLine({ settlement }: Report): string {
  if (settlement === null) return "not looked at yet";
  if (settlement.sharingMeters === 0) return "no meter shares";
  const last =
    settlement.lastSettledDay === null
      ? "no day settled yet"
      : `last settled ${isoDay(day(settlement.lastSettledDay))}`;
  const next = `${isoDay(day(settlement.nextDay))} ${WAITS[settlement.waitingFor] ?? settlement.waitingFor}`;
  const awaited = settlement.awaited.length === 0 ? "" : ` (meter ${settlement.awaited.slice(0, 10).join(", ")})`;
  return `${last}; ${next}${awaited}${settlement.paused ? "; PAUSED by the guardian" : ""}`;
}

function moneyLine({ account }: Report): string {
  const { balanceWei, spentWeiPerDay, daysLeft } = account;
  const has = `${ether(balanceWei === null ? null : BigInt(balanceWei))} for gas on ${account.address}`;
  if (spentWeiPerDay === null) return `${has}; its pace is known after half a day`;
  if (daysLeft === null) return `${has}; nothing was spent lately`;
  return `${has}, enough for ${days(daysLeft)} at the last week's pace`;
}

function chainLine({ chain, at }: Report): string {
  const good = chain.endpoints.filter(({ state }) => state === "used" || state === "spare").length;
  const head =
    chain.head === null
      ? "no block known"
      : `block ${chain.head.number}, ${since(new Date(chain.head.timestamp * 1000).toISOString(), at)} old`;
  return `${chain.chainId}, ${good} of ${chain.endpoints.length} endpoints are good, ${head}`;
}

function diskLine({ disk, database }: Report): string {
  const { freeBytes, growthBytesPerDay, daysLeft } = disk;
  const size = database.bytes === null ? "" : `database ${megabytes(database.bytes)} (${database.kind}), `;
  const free = `${size}${megabytes(freeBytes)} free`;
  if (growthBytesPerDay === null) return `${free}; its growth is known after half a day`;
  if (daysLeft === null) return `${free}, not growing`;
  return `${free}, grows ${megabytes(growthBytesPerDay)} a day: ${days(daysLeft)} left`;
}

function since(from: string, until: string): string {
  return ago(Date.parse(until) - Date.parse(from));
}
