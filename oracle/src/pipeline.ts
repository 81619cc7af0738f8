import { dayOf, isoDay } from "@commonwatt/sdk/time";
import type { Logger } from "pino";

import type { Clock } from "./clock/clock.ts";
import type { Config, MeterConfig } from "./config/schema.ts";
import { createProcessor, type Processor } from "./inbox/processor.ts";
import { createIntake, type IntakeParts, type RunningIntake } from "./intake/create-intake.ts";
import { adoptRegisters, type RegistersOnChain } from "./profiles/adopt-registers.ts";
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
  /** The look at the clock that days are closed by, unix milliseconds; -Infinity before the first. */
  lookedMs(): number;
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
  /** Goes on from a meter's registers on chain, before its first day is closed. */
  adopt(meter: number, onChain: RegistersOnChain): Promise<void>;
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
  /** Where several processes share the meters. */
  shared?: SharedWork;
};

/** What is another's business where several processes share the meters. */
export type SharedWork = {
  /** Puts messages into the inbox of all. */
  append: IntakeParts["append"];
  /** @param refusals - Discreet about private inputs. */
  createProcessor: (refusals: RefusalLog) => Pick<Processor, "catchUp" | "forget" | "status">;
  /**
   * Works through what there is, and finds the latest look at the clock by which everything that had arrived, at any of the
   * processes, is worked through.
   *
   * @returns That look, unix milliseconds, and the meters that are this process's since before; undefined before the first.
   */
  look(nowMs: number): Promise<{ nowMs: number; isOwn: (meter: number) => boolean } | undefined>;
  /** The database for what only the process may do that has the meter. */
  databaseOf(meter: number): Database;
};

export async function createPipeline(given: PipelineParts): Promise<Pipeline> {
  const parts = { ...given, refusals: createDiscreetRefusals(given.refusals, given.config.meters) };
  const { config, database, clock, shared } = parts;
  const { meters, timing } = config;
  const patience = createPatience(timing, clock.nowMs());
  /** The look that days are closed by: what came after it is not worked through for certain. */
  let lookMs = -Infinity;
  const disagreements = new Map<number, Disagreement & { day: string }>();

  await database.transaction(async (sql) => {
    const store = createMeterStore(sql);
    const known = await store.allMeters();
    const strangers = meters.filter(({ meter }) => !known.has(meter));
    await store.addMeters(strangers.map((meter) => ({ meter: meter.meter, state: openingState(meter) })));
  });
  const own = shared === undefined ? createProcessor(parts) : undefined;
  const processor = own ?? shared?.createProcessor(parts.refusals);
  if (processor === undefined) throw new Error("nobody works through the inbox");
  await own?.look();
  const intake = createIntake({
    ...parts,
    onStored: (rows) => {
      own?.push(rows);
    },
    onUnknown: () => {
      own?.unknown();
    },
    ...(shared?.append === undefined ? {} : { append: shared.append }),
  });
  const databaseOf = (meter: number) => shared?.databaseOf(meter) ?? database;

  /** Works through what had arrived by a look at the clock; whose days can be closed by which look. */
  async function look(nowMs: number): Promise<{ nowMs: number; isOwn: (meter: number) => boolean } | undefined> {
    if (shared !== undefined) return shared.look(nowMs);
    await intake.settled();
    await processor?.catchUp();
    return { nowMs, isOwn: () => true };
  }

  return {
    intake,
    catchUp: () => processor.catchUp(),
    async due() {
      const looked = await look(clock.nowMs());
      if (looked === undefined) return [];
      lookMs = looked.nowMs;
      const store = createMeterStore(database);
      const candidates = new Set(await store.metersOpenBefore(dayOf(lookMs / 1000)));
      const found: MeterConfig[] = [];
      for (const meter of meters.filter((entry) => candidates.has(entry.meter) && looked.isOwn(entry.meter))) {
        if ((await daysOver(store, meter, patience.at(meter.meter, lookMs))).length > 0) found.push(meter);
      }
      return found;
    },
    async closeDays(meter, maxUnits, keep) {
      const closed = await databaseOf(meter.meter).transaction((sql) => {
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
    lookedMs: () => lookMs,
    adopt: (meter, onChain) =>
      databaseOf(meter).transaction((sql) => {
        processor.forget(meter);
        return adoptRegisters({ store: createMeterStore(sql), checks: createCheckStore(sql) }, meter, onChain);
      }),
    disagreementOf: (meter) => disagreements.get(meter),
    status: () => ({ ...intake.status(), ...processor.status() }),
  };
}

function openingState({ openingImportWh, openingExportWh }: MeterConfig): MeterState {
  const nothing = { lateImportWh: 0, lateExportWh: 0, closedDay: -1, adoptedDay: -1 };
  return { importWh: openingImportWh, exportWh: openingExportWh, ...nothing };
}
