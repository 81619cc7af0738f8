import { dayOf } from "@commonwatt/sdk/time";
import type { Logger } from "pino";

import type { Clock } from "../clock/clock.ts";
import type { Config, MeterConfig } from "../config/schema.ts";
import { createPipeline } from "../pipeline.ts";
import type { RefusalLog } from "../refusals.ts";
import type { RefusalReason } from "../sources/message.ts";
import { createMeterStore } from "../storage/meter-store.ts";
import type { Database } from "../storage/sql.ts";
import type { BackfillRow } from "./parse.ts";

/** What became of a row: used, of a day that is closed, or refused by the same rules as any message. */
export type RowOutcome = "taken" | "closed" | RefusalReason;

export type BackfillParts = {
  config: Config;
  database: Database;
  clock: Clock;
  log: Logger;
  /** Told of each row, in the order of time. */
  onRow: (row: BackfillRow, outcome: RowOutcome, detail: string) => void;
};

/** Handing in old readings is what this is for, as far back as the config can allow at all. */
const PAST_TOLERANCE_SECONDS = 30 * 86_400;
/** Inputs that nobody asked for are in every message. */
const HARMLESS: ReadonlySet<RefusalReason> = new Set(["unknown-input"]);

/**
 * Hands rows to the intake, one after the other, so that each learns what became of it. A row of a day that is closed is
 * left out: it is signed as it is, and a counter's next reading brings its energy.
 */
export async function backfill(rows: readonly BackfillRow[], meter: MeterConfig, parts: BackfillParts): Promise<void> {
  const { config, database, clock, log, onRow } = parts;
  let refused: { reason: RefusalReason; detail: string }[] = [];
  const refusals: RefusalLog = {
    note: ({ reason, detail }) => refused.push({ reason, detail }),
    counts: () => ({}),
  };
  const timing = { ...config.timing, pastToleranceSeconds: PAST_TOLERANCE_SECONDS };
  const pipeline = await createPipeline({ config: { ...config, timing }, database, clock, refusals, log });
  await pipeline.catchUp();
  for (const row of rows) {
    refused = [];
    const closedDay = (await createMeterStore(database).meter(meter.meter))?.closedDay ?? -1;
    if (dayOf(row.timeMs / 1000) <= closedDay) {
      onRow(row, "closed", "its day is closed and signed");
      continue;
    }
    await pipeline.intake.take({
      messages: [{ node: meter.node, timeMs: row.timeMs, values: row.values }],
      refusals: [],
    });
    await pipeline.catchUp();
    const why = refused.find(({ reason }) => !HARMLESS.has(reason)) ?? (row.values.size > 0 ? undefined : refused[0]);
    onRow(row, why?.reason ?? "taken", why?.detail ?? "");
  }
}
