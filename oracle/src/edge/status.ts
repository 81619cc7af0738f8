import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { dayEnd, isoDay } from "@commonwatt/sdk/time";

import type { DayStanding, SignedDay } from "./day-store.ts";
import type { GatewayConfig } from "./gateway-config.ts";
import { SAID } from "./show-days.ts";

/** Where a gateway's meters stand, for people and for programs. */
export type GatewayStatus = {
  at: string;
  relay: { connected: boolean };
  /** By how much this clock is ahead of the relay's, where they differ notably. */
  clockSkewSeconds: number | null;
  meters: {
    meter: number;
    lastReading: string | null;
    lastSignedDay: string | null;
    lastDayOnChain: string | null;
    /** Days signed and not known to be on chain. */
    open: { day: string; standing: DayStanding; said: string; reason?: string | undefined; overdue: boolean }[];
  }[];
};

export type StatusParts = {
  config: Pick<GatewayConfig, "meters">;
  nowMs: number;
  connected: boolean;
  skewSeconds: number | undefined;
  days: readonly SignedDay[];
  overdue: readonly SignedDay[];
  isDone: (standing: DayStanding) => boolean;
  lastReadingMs: ReadonlyMap<number, number>;
};

export function statusOf(parts: StatusParts): GatewayStatus {
  const { config, nowMs, connected, skewSeconds, days, overdue, isDone, lastReadingMs } = parts;
  const isOverdue = (of: SignedDay) => overdue.some((entry) => entry.meter === of.meter && entry.day === of.day);
  return {
    at: new Date(nowMs).toISOString(),
    relay: { connected },
    clockSkewSeconds: skewSeconds ?? null,
    meters: config.meters.map(({ meter }) => {
      const own = days.filter((of) => of.meter === meter);
      const lastMs = lastReadingMs.get(meter);
      const last = (list: readonly SignedDay[]) => {
        const [first, ...more] = list;
        return first === undefined ? null : isoDay(more.at(-1)?.day ?? first.day);
      };
      return {
        meter,
        lastReading: lastMs === undefined ? null : new Date(lastMs).toISOString(),
        lastSignedDay: last(own),
        lastDayOnChain: last(own.filter(({ standing }) => isDone(standing))),
        open: own
          .filter(({ standing }) => !isDone(standing))
          .map((of) => ({
            day: isoDay(of.day),
            standing: of.standing,
            said: SAID[of.standing],
            reason: of.reason,
            overdue: isOverdue(of),
          })),
      };
    }),
  };
}

/** The same as Prometheus metrics, for a collector that reads files (node_exporter's textfile collector). */
export function metricsOf(status: GatewayStatus, nowMs: number): string {
  const lines: string[] = [];
  const gauge = (name: string, help: string, values: readonly (readonly [labels: string, value: number])[]) => {
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} gauge`);
    for (const [labels, value] of values) lines.push(`${name}${labels} ${value}`);
  };
  const ofMeters = (value: (meter: GatewayStatus["meters"][number]) => number) =>
    status.meters.map((meter) => [`{meter="${meter.meter}"}`, value(meter)] as const);
  gauge("commonwatt_edge_relay_connected", "Whether the relay's broker is there.", [
    ["", status.relay.connected ? 1 : 0],
  ]);
  gauge(
    "commonwatt_edge_days_open",
    "Signed days not known to be on chain.",
    ofMeters(({ open }) => open.length),
  );
  gauge(
    "commonwatt_edge_days_withheld",
    "Signed days not known to be on chain for longer than receipts.alarmHours.",
    ofMeters(({ open }) => open.filter(({ overdue }) => overdue).length),
  );
  gauge(
    "commonwatt_edge_oldest_open_day_seconds",
    "Since the end of the oldest signed day that is not known to be on chain; 0 when there is none.",
    ofMeters(({ open: [oldest] }) => (oldest === undefined ? 0 : Math.round(nowMs / 1000 - endOf(oldest.day)))),
  );
  gauge(
    "commonwatt_edge_last_reading_timestamp_seconds",
    "Time of the last reading; 0 before the first.",
    ofMeters(({ lastReading }) => (lastReading === null ? 0 : Math.round(Date.parse(lastReading) / 1000))),
  );
  return `${lines.join("\n")}\n`;
}

const endOf = (isoText: string) => dayEnd((Date.parse(isoText) / 86_400_000) as Parameters<typeof dayEnd>[0]);

/** Writes `status.json` and `edge.prom` into the data folder; whoever reads finds a whole file at any moment. */
export function writeStatus(dataDir: string, status: GatewayStatus, nowMs: number): void {
  replace(join(dataDir, STATUS_FILE), `${JSON.stringify(status, undefined, 2)}\n`);
  replace(join(dataDir, METRICS_FILE), metricsOf(status, nowMs));
}

export const STATUS_FILE = "status.json";
export const METRICS_FILE = "edge.prom";

function replace(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o644 });
  renameSync(`${file}.new`, file);
}
