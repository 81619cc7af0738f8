import { closesAt, isOpen, nextWindow, settlesFrom } from "@commonwatt/sdk/settlement/window";
import { settingsOn } from "@commonwatt/sdk/settlement/plan";
import { day } from "@commonwatt/sdk/time";

import type { MarketOnChain, MeterOnChain } from "../chain/market.ts";
import type { WaitingProfile } from "../outbox/outbox-store.ts";
import type { MeterView, View } from "./view.ts";

/** What the chain says, as of one block. */
export type Snapshot = {
  block: bigint;
  market: MarketOnChain;
  closingWindowSeconds: number;
  /** This oracle's meters that are registered. */
  meters: readonly MeterOnChain[];
};

export type ViewParts = Pick<
  View,
  "now" | "closedAsOf" | "startedAt" | "graceSeconds" | "deadlineSeconds" | "enabled"
> & {
  snapshot: Snapshot;
  waiting: readonly WaitingProfile[];
  unrecorded: ReadonlyMap<number, number>;
  /** The machine's clock, by which pauses after setbacks run. */
  machineMs: number;
};

/** Puts together what the next step is decided by. */
export function buildView({ snapshot, waiting, unrecorded, machineMs, ...rest }: ViewParts): View {
  const { market, closingWindowSeconds, meters } = snapshot;
  const profiles = Map.groupBy(waiting, ({ meter }) => meter);
  const open = isOpen(market, closingWindowSeconds, rest.now);
  return {
    ...rest,
    paused: market.paused,
    window: open
      ? {
          day: day(market.day),
          settlesFrom: settlesFrom(market),
          closesAt: closesAt(market, closingWindowSeconds),
        }
      : undefined,
    next: nextWindow(market, closingWindowSeconds, rest.now),
    meters: meters.map((meter) =>
      meterView(meter, profiles.get(meter.meter) ?? [], unrecorded.get(meter.meter), machineMs),
    ),
  };
}

function meterView(
  onChain: MeterOnChain,
  waiting: readonly WaitingProfile[],
  unrecordedDay: number | undefined,
  machineMs: number,
): MeterView {
  const { meter, device, state, settings, deviceDay } = onChain;
  const joins = settings !== undefined && settings.settings.sharing && !state.sharing;
  return {
    meter,
    seat: state.seat,
    sharing: state.sharing,
    shares: state.sharing && state.active,
    lastDay: state.lastDay,
    changes: [settings?.effectiveDay, deviceDay].filter((effectiveDay) => effectiveDay !== undefined),
    joinsOn: joins ? settings.effectiveDay : undefined,
    profiles: waiting
      .filter((row) => row.device.toLowerCase() === device.toLowerCase() && row.day > state.lastDay)
      .filter((row) => sharesOn(onChain, row.day))
      .map((row) => ({ id: row.id, day: row.day, ready: row.nextAttemptMs <= machineMs })),
    unrecordedDay,
  };
}

/** Whether a meter's day is settled; otherwise it is recorded. A day that has begun cannot change its mind. */
export function sharesOn({ state, settings }: Pick<MeterOnChain, "state" | "settings">, of: number): boolean {
  return settingsOn({ state, ...(settings === undefined ? {} : { queuedSettings: settings }) }, of).sharing;
}
