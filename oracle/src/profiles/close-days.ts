import { type Day, dayEnd, firstInterval, interval as asInterval, INTERVALS_PER_DAY } from "@commonwatt/sdk/time";

import { BILLING_MEANINGS } from "../config/check-meters.ts";
import type { MeterConfig } from "../config/schema.ts";
import type { ChannelState } from "../registers/channel.ts";
import type { MeterState, MeterStore } from "../storage/meter-store.ts";
import { buildProfile, type BuiltProfile } from "./build-profile.ts";

export type ClosedDay = BuiltProfile & { meter: number };

/** Days a call closes at most: after a long outage the rest comes with the next calls. */
const MAX_DAYS = 64;

/**
 * Closes the days of a meter that are over, in order, and returns their profiles. Inside a transaction.
 *
 * A day is over when the clock has passed its end and either every channel has a reading from its end or later, or the
 * grace has passed since its end and since the last reading that arrived for it. A day without readings gets no profile:
 * the next one's registers cover its energy.
 *
 * @param keep - Stores a profile in the same transaction.
 */
export function closeDays(
  store: MeterStore,
  meter: MeterConfig,
  { nowMs, graceMs }: { nowMs: number; graceMs: number },
  keep: (closed: ClosedDay) => void,
): ClosedDay[] {
  const state = store.meter(meter.meter);
  if (state === undefined) return [];
  const channels = billingChannels(store, meter);
  const knownUntilMs = Math.min(...channels.map((channel) => channel?.timeMs ?? 0));
  const closed: ClosedDay[] = [];
  let current: MeterState = state;
  for (const day of store.openDays(meter.meter).slice(0, MAX_DAYS)) {
    if (!isOver(day, { nowMs, graceMs, knownUntilMs, channels })) break;
    const last = asInterval(firstInterval(day) + INTERVALS_PER_DAY - 1);
    const rows = store.intervalsThrough(meter.meter, last);
    const built = buildProfile({ day, meter: current, rows, knownUntilMs, unitWh: meter.unitWh });
    const { importWh, exportWh } = built;
    current = { importWh, exportWh, lateImportWh: 0, lateExportWh: 0, closedDay: day };
    store.saveMeter(meter.meter, current);
    store.deleteIntervalsThrough(meter.meter, last);
    store.unmarkDaysThrough(meter.meter, day);
    closed.push({ meter: meter.meter, ...built });
  }
  closed.forEach(keep);
  return closed;
}

/** States of the channels a meter is billed by; undefined for one that never had a reading. */
export function billingChannels(store: MeterStore, meter: MeterConfig): (ChannelState | undefined)[] {
  return meter.inputs
    .filter(({ meaning }) => BILLING_MEANINGS.includes(meaning))
    .map(({ input, meaning }) => store.channel(meter.meter, input, meaning) as ChannelState | undefined);
}

function isOver(
  day: Day,
  at: { nowMs: number; graceMs: number; knownUntilMs: number; channels: readonly (ChannelState | undefined)[] },
): boolean {
  const endMs = dayEnd(day) * 1000;
  if (at.nowMs < endMs) return false;
  if (at.knownUntilMs >= endMs) return true;
  // A gateway that sends what it kept during an outage is still filling the day: its grace starts again with each reading.
  const lagging = at.channels.filter((channel) => channel !== undefined && channel.timeMs < endMs);
  const lastArrivalMs = Math.max(endMs, ...lagging.map((channel) => channel?.arrivalMs ?? 0));
  return at.nowMs >= lastArrivalMs + at.graceMs;
}
