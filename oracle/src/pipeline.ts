import { dayOf } from "@commonwatt/sdk/time";
import type { Logger } from "pino";

import type { Clock } from "./clock/clock.ts";
import { BILLING_MEANINGS } from "./config/check-meters.ts";
import type { Config, MeterConfig } from "./config/schema.ts";
import { type Deposit, spread, spreadBeforeFirst } from "./intervals/spread.ts";
import { closeDays, type ClosedDay, daysOver } from "./profiles/close-days.ts";
import { createReadingsMap, type Reading } from "./readings/readings.ts";
import type { RefusalLog } from "./refusals.ts";
import { advanceChannel, type ChannelState } from "./registers/channel.ts";
import type { Segment } from "./registers/segment.ts";
import { decodeMqtt } from "./sources/decode/mqtt.ts";
import { createNodeTable } from "./sources/decode/node-table.ts";
import type { Message, MessageHandler, RawMessage } from "./sources/message.ts";
import { createMeterStore, type MeterState, type MeterStore } from "./storage/meter-store.ts";
import type { Database, Sql } from "./storage/sql.ts";

/** The way of a message: source -> readings -> registers -> intervals, and of a day from there to its profile. */
export type Pipeline = {
  /** Takes one message, durably. Messages are taken one after the other, in the order of the calls. */
  handle: MessageHandler;
  /** Meters that have a day to close by the clock. */
  due(): Promise<MeterConfig[]>;
  /**
   * Closes what is over of a meter and hands the profiles to `keep` in the same transaction, over its `sql`.
   *
   * @param maxUnits - Most energy an interval can have on chain, in the meter's unit.
   */
  closeDays(
    meter: MeterConfig,
    maxUnits: number,
    keep: (closed: ClosedDay, sql: Sql) => Promise<void>,
  ): Promise<ClosedDay[]>;
};

export type PipelineParts = {
  config: Pick<Config, "baseTopic" | "meters" | "nodes" | "timing">;
  database: Database;
  clock: Clock;
  refusals: RefusalLog;
  log: Logger;
};

export async function createPipeline({ config, database, clock, refusals, log }: PipelineParts): Promise<Pipeline> {
  const { baseTopic, meters, timing } = config;
  const nodes = createNodeTable(config.nodes);
  const readingsOf = createReadingsMap(meters);
  const meterOf = new Map(meters.map((meter) => [meter.meter, meter]));
  const gaps = { maxGapMs: timing.maxGapSeconds * 1000, measuredGapMs: timing.measuredGapSeconds * 1000 };
  const closeTime = () => ({ nowMs: clock.nowMs(), graceMs: timing.graceSeconds * 1000 });
  let tail: Promise<void> = Promise.resolve();

  await database.transaction(async (sql) => {
    const store = createMeterStore(sql);
    for (const meter of meters) {
      if ((await store.meter(meter.meter)) === undefined) await store.saveMeter(meter.meter, openingState(meter));
    }
  });

  async function take(raw: RawMessage): Promise<void> {
    const decoded = decodeMqtt(raw, { baseTopic, nodes });
    for (const refusal of decoded.refusals) refusals.note(refusal);
    for (const message of decoded.messages) await takeMessage(message);
  }

  async function takeMessage(message: Message): Promise<void> {
    const timeMs = await timeOf(message);
    if (timeMs === undefined) return;
    const { readings, refusals: refused } = readingsOf(message, timeMs);
    for (const refusal of refused) refusals.note(refusal);
    if (readings.length === 0) return;
    await database.transaction(async (sql) => {
      const store = createMeterStore(sql);
      for (const reading of readings) await register(store, reading, message.node);
    });
  }

  /** The time a message counts for, or undefined when it is refused for its time. */
  async function timeOf({ node, timeMs }: Message): Promise<number | undefined> {
    const latestMs = () => clock.nowMs() + timing.futureToleranceSeconds * 1000;
    // The clock may lag behind the sender's by one look.
    if (timeMs === undefined || timeMs > latestMs()) await clock.refresh();
    if (timeMs === undefined) return clock.nowMs();
    const iso = new Date(timeMs).toISOString();
    if (timeMs > latestMs()) {
      refusals.note({
        reason: "from-the-future",
        node,
        detail: `${iso}, expected at most ${new Date(latestMs()).toISOString()}`,
      });
      return undefined;
    }
    const oldestMs = clock.nowMs() - timing.pastToleranceSeconds * 1000;
    if (timeMs < oldestMs) {
      refusals.note({
        reason: "too-old",
        node,
        detail: `${iso}, expected at least ${new Date(oldestMs).toISOString()}`,
      });
      return undefined;
    }
    return timeMs;
  }

  async function register(store: MeterStore, reading: Reading, node: string): Promise<void> {
    const meter = meterOf.get(reading.meter);
    if (meter === undefined) return;
    const { input, meaning, value, timeMs } = reading;
    const before = (await store.channel(meter.meter, input, meaning)) as ChannelState | undefined;
    const step = advanceChannel(before, { ...reading, arrivalMs: clock.nowMs() }, meter, timing);
    if (step.refused !== undefined) {
      const detail = `${value} at ${new Date(timeMs).toISOString()}, expected ${step.refused.expected}`;
      refusals.note({ reason: step.refused.reason, node, input, detail });
    }
    if (step.restarted) {
      log.warn(
        { event: "counter-restarted", meter: meter.meter, input, value },
        `Counter ${input} of meter ${meter.meter} has restarted and goes on at ${value} Wh`,
      );
    }
    if (step.state !== undefined) await store.saveChannel(meter.meter, input, meaning, step.state);
    if (!BILLING_MEANINGS.includes(meaning)) return;
    if (step.first) await deposit(store, meter, spreadBeforeFirst(timeMs));
    for (const segment of step.segments) await book(store, meter, segment);
  }

  async function book(store: MeterStore, meter: MeterConfig, segment: Segment): Promise<void> {
    await deposit(store, meter, spread(segment, gaps));
    // The day that the segment ends in, midnight counting for the day before; but where a gap ends at midnight, nothing is
    // known of the day before, and the new one is to cover its energy.
    const isGap = !segment.known || segment.toMs - segment.fromMs > gaps.maxGapMs;
    const day = dayOf((isGap ? segment.toMs : segment.toMs - 1) / 1000);
    if (day > ((await store.meter(meter.meter))?.closedDay ?? -1)) await store.markDay(meter.meter, day);
  }

  async function deposit(store: MeterStore, meter: MeterConfig, deposits: readonly Deposit[]): Promise<void> {
    const state = (await store.meter(meter.meter)) ?? openingState(meter);
    let { lateImportWh, lateExportWh } = state;
    for (const entry of deposits) {
      if (dayOf(entry.interval * 900) > state.closedDay) await store.addToInterval(meter.meter, entry);
      else {
        lateImportWh += entry.importWh;
        lateExportWh += entry.exportWh;
      }
    }
    if (lateImportWh !== state.lateImportWh || lateExportWh !== state.lateExportWh) {
      await store.saveMeter(meter.meter, { ...state, lateImportWh, lateExportWh });
    }
  }

  return {
    handle(message) {
      const taken = tail.then(() => take(message));
      // One message that fails must not fail the next.
      tail = taken.catch(() => undefined);
      return taken;
    },
    async due() {
      const store = createMeterStore(database);
      const at = closeTime();
      const found: MeterConfig[] = [];
      for (const meter of meters) if ((await daysOver(store, meter, at)).length > 0) found.push(meter);
      return found;
    },
    closeDays: (meter, maxUnits, keep) =>
      database.transaction((sql) =>
        closeDays(createMeterStore(sql), meter, { ...closeTime(), maxUnits }, (closed) => keep(closed, sql)),
      ),
  };
}

function openingState({ openingImportWh, openingExportWh }: MeterConfig): MeterState {
  return { importWh: openingImportWh, exportWh: openingExportWh, lateImportWh: 0, lateExportWh: 0, closedDay: -1 };
}
