import { BILLING_MEANINGS } from "../config/check-meters.ts";
import type { Channel, IntervalSoFar } from "./meter-reads.ts";

/** Net power at the connection, W: what comes in counts above 0, what goes out below. */
export type LivePower = {
  netWatts: number;
  /** Unix milliseconds of the last reading that it is made of. */
  atMs: number;
  /**
   * `power`: the meter says so. `counter`: the mean between two readings of its counters. `interval`: the mean of the
   * running quarter-hour, for want of anything better.
   */
  basis: "power" | "counter" | "interval";
  /** Time that it is the mean of; 0 for a power that the meter says. */
  overMs: number;
};

/** Counters between two looks. Their steps are 1 Wh or more: only over a minute do they tell a power. */
type Anchor = { timeMs: number; netWh: number };

const LEAST_MS = 60_000;
/** Beyond that it is no live power any more. */
const MOST_MS = 900_000;
const MS_PER_HOUR = 3_600_000;
const INTERVAL_MS = 900_000;
/** Meters whose counters are remembered; the one looked at least recently is forgotten for one more. */
const MAX_METERS = 20_000;

/** Makes powers of what the database has of a meter's channels. */
export type LivePowers = ReturnType<typeof createLivePower>;

/** @param nowMs - The oracle's clock. */
export function createLivePower(nowMs: () => number) {
  const anchors = new Map<number, { anchor: Anchor; power: LivePower | undefined }>();

  function fromPowers(channels: readonly Channel[]): LivePower | undefined {
    const powers = channels.filter(({ meaning }) => meaning === "netPowerW");
    const chosen = powers.length > 0 ? powers : channels.filter(({ meaning }) => meaning === "checkPowerW");
    if (chosen.length === 0) return undefined;
    const milliwatts = chosen.reduce((sum, { state }) => sum + (state.power?.milliwatts ?? 0), 0);
    const atMs = Math.min(...chosen.map(({ state }) => state.timeMs));
    if (nowMs() - atMs > MOST_MS) return undefined;
    return { netWatts: Math.round(milliwatts / 1000), atMs, basis: "power", overMs: 0 };
  }

  function fromCounters(meter: number, fuseWatts: number, channels: readonly Channel[]): LivePower | undefined {
    const counters = channels.filter(({ meaning }) => BILLING_MEANINGS.includes(meaning) && meaning !== "netPowerW");
    if (counters.length === 0) return undefined;
    const netWh = counters.reduce(
      (sum, { meaning, state }) => sum + (state.counter?.value ?? 0) * (meaning === "exportWh" ? -1 : 1),
      0,
    );
    const now: Anchor = { timeMs: Math.min(...counters.map(({ state }) => state.timeMs)), netWh };
    const known = anchors.get(meter);
    // Set anew, so that the map's order is that of the last look.
    anchors.delete(meter);
    const next = known === undefined ? { anchor: now, power: undefined } : stepFrom(known, now, fuseWatts);
    anchors.set(meter, next);
    const oldest = anchors.keys().next();
    if (anchors.size > MAX_METERS && oldest.done !== true) anchors.delete(oldest.value);
    return next.power !== undefined && nowMs() - next.power.atMs <= MOST_MS ? next.power : undefined;
  }

  return {
    /** @param running - The interval that runs now, as far as it is known. */
    of(
      { meter, fuseWatts }: { meter: number; fuseWatts: number },
      channels: readonly Channel[],
      running: IntervalSoFar | undefined,
    ): LivePower | undefined {
      return fromPowers(channels) ?? fromCounters(meter, fuseWatts, channels) ?? fromInterval(channels, running);
    },
  };
}

function stepFrom(known: { anchor: Anchor; power: LivePower | undefined }, now: Anchor, fuseWatts: number) {
  const overMs = now.timeMs - known.anchor.timeMs;
  if (overMs < LEAST_MS) return known;
  if (overMs > MOST_MS) return { anchor: now, power: undefined };
  const netWatts = Math.round(((now.netWh - known.anchor.netWh) * MS_PER_HOUR) / overMs);
  // A counter that was replaced or began again moved farther than any fuse lets it.
  if (Math.abs(netWatts) > fuseWatts) return { anchor: now, power: undefined };
  return { anchor: now, power: { netWatts, atMs: now.timeMs, basis: "counter" as const, overMs } };
}

function fromInterval(channels: readonly Channel[], running: IntervalSoFar | undefined): LivePower | undefined {
  if (running === undefined) return undefined;
  const times = channels.filter(({ meaning }) => BILLING_MEANINGS.includes(meaning)).map(({ state }) => state.timeMs);
  const atMs = times.length === 0 ? 0 : Math.min(...times);
  const overMs = atMs - running.interval * INTERVAL_MS;
  if (overMs < LEAST_MS || overMs > INTERVAL_MS) return undefined;
  const netWatts = Math.round(((running.importWh - running.exportWh) * MS_PER_HOUR) / overMs);
  return { netWatts, atMs, basis: "interval", overMs };
}
