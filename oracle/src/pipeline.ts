import { dayOf, isoDay } from "@commonwatt/sdk/time";
import type { Logger } from "pino";

import type { Clock } from "./clock/clock.ts";
import type { Config, MeterConfig } from "./config/schema.ts";
import { createProcessor } from "./inbox/processor.ts";
import { createIntake, type RunningIntake } from "./intake/create-intake.ts";
import { createCheckStore } from "./profiles/check-store.ts";
import { closeDays, type ClosedDay, daysOver } from "./profiles/close-days.ts";
import type { Disagreement } from "./profiles/compare-power.ts";
import { createPatience } from "./profiles/patience.ts";
import type { RefusalLog } from "./refusals.ts";
import { createMeterStore, type MeterState } from "./storage/meter-store.ts";
import type { Database, Sql } from "./storage/sql.ts";
import { createDiscreetRefusals } from "./uses/discreet-refusals.ts";

/** The way of a message: intake -> inbox -> readings -> registers -> intervals, and of a day from there to its profile. */
export type Pipeline = {
  /** Where every source hands over what it decoded. */
  intake: RunningIntake;
  /** Works through what the intake has written before the call. */
  catchUp(): Promise<void>;
  /** Meters that have a day to close by the clock, once everything that had arrived by now is worked through. */
  due(): Promise<MeterConfig[]>;
  /**
   * Closes what was over of a meter when `due` last looked, and hands the profiles to `keep` in the same transaction, over
   * its `sql`.
   *
   * @param maxUnits - Most energy an interval can have on chain, in the meter's unit.
   */
  closeDays(
    meter: MeterConfig,
    maxUnits: number,
    keep: (closed: ClosedDay, sql: Sql) => Promise<void>,
  ): Promise<ClosedDay[]>;
  /** Changes the registers of a meter before its first day is closed. */
  saveMeter(meter: number, state: MeterState): Promise<void>;
  status(): PipelineStatus;
  /** Of the last day closed since the start: what the power beside the counters says otherwise. */
  disagreementOf(meter: number): (Disagreement & { day: string }) | undefined;
};

export type PipelineStatus = {
  /** Messages in memory that are not on the disk yet. */
  waiting: number;
  /** Messages on the disk that are not worked through yet. */
  depth: number;
  /** Messages since the start that could not be worked through. */
  aside: number;
  lastCommitMs: number | undefined;
};

export type PipelineParts = {
  config: Pick<Config, "meters" | "timing">;
  database: Database;
  clock: Clock;
  refusals: RefusalLog;
  log: Logger;
};

export async function createPipeline(given: PipelineParts): Promise<Pipeline> {
  const parts = { ...given, refusals: createDiscreetRefusals(given.refusals, given.config.meters) };
  const { config, database, clock } = parts;
  const { meters, timing } = config;
  const patience = createPatience(timing, clock.nowMs());
  /** The look that days are closed by: what came after it is not worked through for certain. */
  let lookMs = -Infinity;
  const disagreements = new Map<number, Disagreement & { day: string }>();

  await database.transaction(async (sql) => {
    const store = createMeterStore(sql);
    const known = await store.allMeters();
    const strangers = meters.filter(({ meter }) => !known.has(meter));
    await store.saveMeters(strangers.map((meter) => ({ meter: meter.meter, state: openingState(meter) })));
  });
  const processor = createProcessor(parts);
  await processor.look();
  const intake = createIntake({
    ...parts,
    onStored: (rows) => {
      processor.push(rows);
    },
    onUnknown: () => {
      processor.unknown();
    },
  });

  return {
    intake,
    catchUp: () => processor.catchUp(),
    async due() {
      const nowMs = clock.nowMs();
      await intake.settled();
      await processor.catchUp();
      lookMs = nowMs;
      const store = createMeterStore(database);
      const candidates = new Set(await store.metersOpenBefore(dayOf(nowMs / 1000)));
      const found: MeterConfig[] = [];
      for (const meter of meters.filter((entry) => candidates.has(entry.meter))) {
        if ((await daysOver(store, meter, patience.at(meter.meter, lookMs))).length > 0) found.push(meter);
      }
      return found;
    },
    async closeDays(meter, maxUnits, keep) {
      const closed = await database.transaction((sql) => {
        processor.forget(meter.meter);
        const at = { ...patience.at(meter.meter, lookMs), maxUnits };
        return closeDays({ store: createMeterStore(sql), checks: createCheckStore(sql) }, meter, at, (day) =>
          keep(day, sql),
        );
      });
      const last = closed.at(-1);
      patience.forget(meter.meter, last?.profile.day);
      if (last?.disagreement !== undefined)
        disagreements.set(meter.meter, { day: isoDay(last.profile.day), ...last.disagreement });
      else if (last !== undefined) disagreements.delete(meter.meter);
      return closed;
    },
    saveMeter: (meter, state) =>
      database.transaction((sql) => {
        processor.forget(meter);
        return createMeterStore(sql).saveMeter(meter, state);
      }),
    disagreementOf: (meter) => disagreements.get(meter),
    status: () => ({ ...intake.status(), ...processor.status() }),
  };
}

function openingState({ openingImportWh, openingExportWh }: MeterConfig): MeterState {
  return { importWh: openingImportWh, exportWh: openingExportWh, lateImportWh: 0, lateExportWh: 0, closedDay: -1 };
}
