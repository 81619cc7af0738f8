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
import type { Message, MessageHandler, RawMessage } from "./sources/message.ts";
import { parseMessage } from "./sources/parse-message.ts";
import type { Database } from "./storage/database.ts";
import type { MeterState, MeterStore } from "./storage/meter-store.ts";

/** The way of a message: source -> readings -> registers -> intervals, and of a day from there to its profile. */
export type Pipeline = {
  /** Takes one message, durably. Messages are taken one after the other, in the order of the calls. */
  handle: MessageHandler;
  /** Meters that have a day to close by the clock. */
  due(): MeterConfig[];
  /**
   * Closes what is over of a meter and hands the profiles to `keep` in the same transaction.
   *
   * @param maxUnits - Most energy an interval can have on chain, in the meter's unit.
   */
  closeDays(meter: MeterConfig, maxUnits: number, keep: (closed: ClosedDay) => void): ClosedDay[];
};

export type PipelineParts = {
  config: Pick<Config, "baseTopic" | "meters" | "timing">;
  database: Database;
  store: MeterStore;
  clock: Clock;
  refusals: RefusalLog;
  log: Logger;
};

export function createPipeline({ config, database, store, clock, refusals, log }: PipelineParts): Pipeline {
  const { baseTopic, meters, timing } = config;
  const readingsOf = createReadingsMap(meters);
  const meterOf = new Map(meters.map((meter) => [meter.meter, meter]));
  const gaps = { maxGapMs: timing.maxGapSeconds * 1000, measuredGapMs: timing.measuredGapSeconds * 1000 };
  const closeTime = () => ({ nowMs: clock.nowMs(), graceMs: timing.graceSeconds * 1000 });
  let tail: Promise<void> = Promise.resolve();

  database.transaction(() => {
    for (const meter of meters)
      if (store.meter(meter.meter) === undefined) store.saveMeter(meter.meter, openingState(meter));
  });

  async function take(raw: RawMessage): Promise<void> {
    const message = parseMessage(raw, baseTopic);
    if ("reason" in message) {
      refusals.note(message);
      return;
    }
    const timeMs = await timeOf(message);
    if (timeMs === undefined) return;
    const { readings, refusals: refused } = readingsOf(message, timeMs);
    for (const refusal of refused) refusals.note(refusal);
    if (readings.length === 0) return;
    database.transaction(() => {
      for (const reading of readings) register(reading, message.node);
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

  function register(reading: Reading, node: string): void {
    const meter = meterOf.get(reading.meter);
    if (meter === undefined) return;
    const { input, meaning, value, timeMs } = reading;
    const before = store.channel(meter.meter, input, meaning) as ChannelState | undefined;
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
    if (step.state !== undefined) store.saveChannel(meter.meter, input, meaning, step.state);
    if (!BILLING_MEANINGS.includes(meaning)) return;
    if (step.first) deposit(meter, spreadBeforeFirst(timeMs));
    for (const segment of step.segments) book(meter, segment);
  }

  function book(meter: MeterConfig, segment: Segment): void {
    deposit(meter, spread(segment, gaps));
    // The day that the segment ends in, midnight counting for the day before; but where a gap ends at midnight, nothing is
    // known of the day before, and the new one is to cover its energy.
    const isGap = !segment.known || segment.toMs - segment.fromMs > gaps.maxGapMs;
    const day = dayOf((isGap ? segment.toMs : segment.toMs - 1) / 1000);
    if (day > (store.meter(meter.meter)?.closedDay ?? -1)) store.markDay(meter.meter, day);
  }

  function deposit(meter: MeterConfig, deposits: readonly Deposit[]): void {
    const state = store.meter(meter.meter) ?? openingState(meter);
    let { lateImportWh, lateExportWh } = state;
    for (const entry of deposits) {
      if (dayOf(entry.interval * 900) > state.closedDay) store.addToInterval(meter.meter, entry);
      else {
        lateImportWh += entry.importWh;
        lateExportWh += entry.exportWh;
      }
    }
    if (lateImportWh !== state.lateImportWh || lateExportWh !== state.lateExportWh) {
      store.saveMeter(meter.meter, { ...state, lateImportWh, lateExportWh });
    }
  }

  return {
    handle(message) {
      const taken = tail.then(() => take(message));
      // One message that fails must not fail the next.
      tail = taken.catch(() => undefined);
      return taken;
    },
    due: () => meters.filter((meter) => daysOver(store, meter, closeTime()).length > 0),
    closeDays: (meter, maxUnits, keep) =>
      database.transaction(() => closeDays(store, meter, { ...closeTime(), maxUnits }, keep)),
  };
}

function openingState({ openingImportWh, openingExportWh }: MeterConfig): MeterState {
  return { importWh: openingImportWh, exportWh: openingExportWh, lateImportWh: 0, lateExportWh: 0, closedDay: -1 };
}
