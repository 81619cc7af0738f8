import { decodeIntervals, decodeQuality, type Quality } from "@commonwatt/sdk/profile";
import { day, INTERVALS_PER_DAY, isoDay, SECONDS_PER_DAY, SECONDS_PER_INTERVAL } from "@commonwatt/sdk/time";
import type { Hex } from "viem";

import type { MeterConfig } from "../config/schema.ts";
import type { ReadOnlyDatabase } from "../storage/open-read-only.ts";
import type { Row } from "../storage/sql.ts";

/** What can be exported of a meter. */
export const EXPORTS = ["readings", "intervals", "profiles", "uses"] as const;
export type Export = (typeof EXPORTS)[number];

/** A row of an exported file: its columns are the same in each of one kind. */
export type ExportRow = Readonly<Record<string, string | number | null>>;

/** Days from `first` to before `end`, as day numbers. */
export type Days = { first: number; end: number };

const PAGE = 10_000;
const QUALITIES = ["measured", "estimated", "missing"] as const;

/** The rows of one meter, in the order of time. */
export async function* exportRows(
  what: Export,
  database: Pick<ReadOnlyDatabase, "all">,
  meter: MeterConfig,
  days: Days,
): AsyncGenerator<ExportRow> {
  if (what === "readings") yield* readings(database, meter, days);
  else if (what === "intervals") yield* intervals(database, meter, days);
  else if (what === "profiles") yield* profiles(database, meter, days);
  else yield* uses(database, meter, days);
}

/** What its inputs said, as long as messages are kept. */
async function* readings(database: Pick<ReadOnlyDatabase, "all">, meter: MeterConfig, { first, end }: Days) {
  const inputs = new Set(meter.inputs.flatMap(({ input, plus = [], minus = [] }) => [input, ...plus, ...minus]));
  for (let seq = 0; ;) {
    const page = await database.all(
      `SELECT seq, time_ms, body FROM inbox WHERE seq > ? AND node = ? AND time_ms >= ? AND time_ms < ?
       ORDER BY seq LIMIT ${PAGE}`,
      ...[seq, meter.node, first * SECONDS_PER_DAY * 1000, end * SECONDS_PER_DAY * 1000],
    );
    for (const row of page) {
      const time = new Date(Number(row["time_ms"])).toISOString();
      for (const [input, value] of Object.entries(JSON.parse(String(row["body"])) as Record<string, number>)) {
        if (inputs.has(input)) yield { meter: meter.meter, time, input, value };
      }
    }
    const last = page.at(-1)?.["seq"];
    if (page.length < PAGE || last === undefined) return;
    seq = Number(last);
  }
}

/** Closed days as they were signed, then what is known of those that are still open. */
async function* intervals(database: Pick<ReadOnlyDatabase, "all">, meter: MeterConfig, { first, end }: Days) {
  const { meter: number, unitWh } = meter;
  const row = (interval: number, importWh: number, exportWh: number, quality: Quality, state: string) => ({
    meter: number,
    start: new Date(interval * SECONDS_PER_INTERVAL * 1000).toISOString(),
    importWh,
    exportWh,
    quality: QUALITIES[quality],
    state,
  });
  for (const stored of await closedDays(database, number, { first, end })) {
    const { imports, exports } = decodeIntervals(String(stored["intervals"]) as Hex);
    const quality = decodeQuality(BigInt(String(stored["quality"])));
    for (let lane = 0; lane < INTERVALS_PER_DAY; lane++) {
      const interval = Number(stored["day"]) * INTERVALS_PER_DAY + lane;
      const [importWh, exportWh] = [(imports[lane] ?? 0) * unitWh, (exports[lane] ?? 0) * unitWh];
      yield row(interval, importWh, exportWh, quality[lane] ?? 2, String(stored["state"]));
    }
  }
  const open = await database.all(
    "SELECT * FROM intervals WHERE meter = ? AND interval >= ? AND interval < ? ORDER BY interval",
    ...[number, first * INTERVALS_PER_DAY, end * INTERVALS_PER_DAY],
  );
  for (const stored of open) {
    const [importWh, exportWh] = [Number(stored["import_wh"]), Number(stored["export_wh"])];
    yield row(Number(stored["interval"]), importWh, exportWh, Number(stored["quality"]) as Quality, "open");
  }
}

/** What was signed, with the signature: enough for anyone to check it. */
async function* profiles(database: Pick<ReadOnlyDatabase, "all">, { meter, unitWh }: MeterConfig, days: Days) {
  for (const row of await closedDays(database, meter, days)) {
    const text = (name: string) => (typeof row[name] === "string" ? row[name] : null);
    yield {
      meter,
      day: isoDay(day(Number(row["day"]))),
      unitWh,
      importRegister: Number(row["import_register"]),
      exportRegister: Number(row["export_register"]),
      quality: text("quality"),
      intervals: text("intervals"),
      route: text("route"),
      state: text("state"),
      device: text("device"),
      signature: text("signature"),
      transaction: text("transaction_hash"),
      reason: text("reason"),
    };
  }
}

async function* uses(database: Pick<ReadOnlyDatabase, "all">, { meter }: MeterConfig, { first, end }: Days) {
  const rows = await database.all(
    "SELECT * FROM uses WHERE meter = ? AND interval >= ? AND interval < ? ORDER BY interval, use",
    ...[meter, first * INTERVALS_PER_DAY, end * INTERVALS_PER_DAY],
  );
  for (const row of rows) {
    const start = new Date(Number(row["interval"]) * SECONDS_PER_INTERVAL * 1000).toISOString();
    yield { meter, start, use: String(row["use"]), energyWh: Number(row["energy_wh"]) };
  }
}

function closedDays(database: Pick<ReadOnlyDatabase, "all">, meter: number, { first, end }: Days): Promise<Row[]> {
  return database.all("SELECT * FROM outbox WHERE meter = ? AND day >= ? AND day < ? ORDER BY day", meter, first, end);
}
