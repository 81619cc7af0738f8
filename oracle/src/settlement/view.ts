import type { Day } from "@commonwatt/sdk/time";

/** One of this oracle's meters, as the chain and the outbox know it. */
export type MeterView = {
  meter: number;
  /** Bit of the meter in announcements. */
  seat: number;
  /** Its word says that it shares. */
  sharing: boolean;
  /** It shares, and its device is active. */
  shares: boolean;
  /** Last day consumed. */
  lastDay: number;
  /** Effective days of its queued changes, of settings and of the device. */
  changes: readonly number[];
  /** From when on a meter that trades by itself is queued to share. */
  joinsOn: number | undefined;
  /** Signed profiles of days after `lastDay` on which it shares, by day. `ready`: no pause after a setback runs. */
  profiles: readonly { id: number; day: Day; ready: boolean }[];
  /** First day that is still to be recorded. */
  unrecordedDay: number | undefined;
};

/** Everything the next step is decided by. Moments are unix seconds. */
export type View = {
  now: number;
  /** Days that were over by then have been closed and signed, as far as their meters' messages and the grace allow. */
  closedAsOf: number;
  /** When this process started: after an outage meters are still sending what they kept. */
  startedAt: number;
  graceSeconds: number;
  deadlineSeconds: number;
  enabled: boolean;
  paused: boolean;
  /** The closing window that is open. */
  window: { day: Day; settlesFrom: number; closesAt: number } | undefined;
  /** What `announce` takes next, the moment not before that day's end; with no window open every earlier day is closed. */
  next: { day: Day; opensAt: number };
  meters: readonly MeterView[];
};
