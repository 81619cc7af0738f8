import {
  type Day,
  dayEnd,
  firstInterval,
  type Interval,
  interval as asInterval,
  INTERVALS_PER_DAY,
} from "@commonwatt/sdk/time";

import { BILLING_MEANINGS } from "../config/check-meters.ts";
import type { MeterConfig } from "../config/schema.ts";
import type { ChannelState } from "../registers/channel.ts";
import type { MeterState, MeterStore } from "../storage/meter-store.ts";
import { buildProfile, type BuiltProfile } from "./build-profile.ts";
import type { CheckStore } from "./check-store.ts";
import { comparePower, type Disagreement } from "./compare-power.ts";

export type ClosedDay = BuiltProfile & { meter: number; disagreement: Disagreement | undefined };

/** Days a call closes at most: after a long outage the rest comes with the next calls. */
const MAX_DAYS = 64;

/** The moment of a look at the clock, and how long a day waits for readings that are late. */
export type CloseTime = {
  nowMs: number;
  graceMs: number;
  /** When this process began to listen: what a broker has kept for it meanwhile comes only then. */
  startedMs: number;
  /** Whether a day has waited for as long as it may. */
  isLastCall: (day: Day) => boolean;
};

/**
 * The days of a meter that are over and not closed yet, in order.
 *
 * A day is over when the clock has passed its end and either every channel has a reading from its end or later, or the
 * grace has passed since its end, since the start of this process and since the last reading that arrived for it, or it
 * has waited for as long as it may. A day without readings gets no profile: the next one's registers cover its energy.
 */
export async function daysOver(store: MeterStore, meter: MeterConfig, at: CloseTime): Promise<Day[]> {
  const open = (await store.openDays(meter.meter)).slice(0, MAX_DAYS);
  // Most looks find nothing over: they need not ask for the channels.
  if (open[0] === undefined || at.nowMs < dayEnd(open[0]) * 1000) return [];
  const channels = await billingChannels(store, meter);
  const firstOpen = open.findIndex((day) => !isOver(day, at, channels));
  return firstOpen < 0 ? open : open.slice(0, firstOpen);
}

/**
 * Closes the days of a meter that are over and returns their profiles. Inside a transaction.
 *
 * @param maxUnits - Most energy an interval can have on chain, in the meter's unit.
 * @param keep - Stores a profile in the same transaction.
 */
export async function closeDays(
  { store, checks }: { store: MeterStore; checks: CheckStore },
  meter: MeterConfig,
  { maxUnits, ...at }: CloseTime & { maxUnits: number },
  keep: (closed: ClosedDay) => Promise<void>,
): Promise<ClosedDay[]> {
  const state = await store.meter(meter.meter);
  if (state === undefined) return [];
  const knownUntilMs = knownUntil(await billingChannels(store, meter));
  let current: MeterState = state;
  const days: ClosedDay[] = [];
  for (const day of await daysOver(store, meter, at)) {
    const last = asInterval(firstInterval(day) + INTERVALS_PER_DAY - 1);
    const { rows, disagreement } = await comparedRows(store, checks, meter, last);
    const built = buildProfile({ day, meter: current, rows, knownUntilMs, unitWh: meter.unitWh, maxUnits });
    const { importWh, exportWh } = built;
    current = { importWh, exportWh, lateImportWh: 0, lateExportWh: 0, closedDay: day, adoptedDay: state.adoptedDay };
    await store.saveMeter(meter.meter, current);
    await store.deleteIntervalsThrough(meter.meter, last);
    if (checksPower(meter)) await checks.deleteThrough(meter.meter, last);
    await store.unmarkDaysThrough(meter.meter, day);
    const closed = { meter: meter.meter, ...built, disagreement };
    await keep(closed);
    days.push(closed);
  }
  return days;
}

/** The intervals up to `last`, those that the power beside the counters contradicts as estimates. */
async function comparedRows(
  store: MeterStore,
  checks: CheckStore,
  meter: MeterConfig,
  last: Interval,
): Promise<ReturnType<typeof comparePower>> {
  const rows = await store.intervalsThrough(meter.meter, last);
  if (!checksPower(meter)) return { rows, disagreement: undefined };
  const inputs = meter.inputs.filter(({ meaning }) => meaning === "checkPowerW").length;
  return comparePower(rows, await checks.through(meter.meter, last), inputs);
}

function checksPower({ inputs }: MeterConfig): boolean {
  return inputs.some(({ meaning }) => meaning === "checkPowerW");
}

/** States of the channels a meter is billed by; undefined for one that never had a reading. */
export async function billingChannels(store: MeterStore, meter: MeterConfig): Promise<(ChannelState | undefined)[]> {
  const channels: (ChannelState | undefined)[] = [];
  for (const { input, meaning } of meter.inputs.filter((entry) => BILLING_MEANINGS.includes(entry.meaning))) {
    channels.push((await store.channel(meter.meter, input, meaning)) as ChannelState | undefined);
  }
  return channels;
}

function isOver(
  day: Day,
  { nowMs, graceMs, startedMs, isLastCall }: CloseTime,
  channels: readonly (ChannelState | undefined)[],
): boolean {
  const endMs = dayEnd(day) * 1000;
  if (nowMs < endMs) return false;
  if (knownUntil(channels) >= endMs || isLastCall(day)) return true;
  // A gateway that sends what it kept during an outage is still filling the day: its grace starts again with each reading.
  const lagging = channels.filter((channel) => channel !== undefined && channel.timeMs < endMs);
  const lastArrivalMs = Math.max(endMs, startedMs, ...lagging.map((channel) => channel?.arrivalMs ?? 0));
  return nowMs >= lastArrivalMs + graceMs;
}

/** Up to here the energy of all channels is known. */
function knownUntil(channels: readonly (ChannelState | undefined)[]): number {
  return Math.min(...channels.map((channel) => channel?.timeMs ?? 0));
}
