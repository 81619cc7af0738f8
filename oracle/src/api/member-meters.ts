import { ESTIMATED, MEASURED, MISSING } from "@commonwatt/sdk/profile";
import {
  type Day,
  day as asDay,
  dayOf,
  dayStart,
  firstInterval,
  intervalOf,
  INTERVALS_PER_DAY,
  intervalStart,
  isoDay,
  parseIsoDay,
} from "@commonwatt/sdk/time";
import type { Address } from "viem";

import { BILLING_MEANINGS } from "../config/check-meters.ts";
import type { MeterConfig } from "../config/schema.ts";
import type { Disagreement } from "../profiles/compare-power.ts";
import { createLivePower } from "./live-power.ts";
import type { Channel, IntervalSoFar, MeterReads, WayOfProfile } from "./meter-reads.ts";
import type { MeterFacts, Owners } from "./owners.ts";
import { refuse } from "./refusal.ts";

/** What members see of their meters, in the words of the API. */
export type MemberMeters = ReturnType<typeof createMemberMeters>;

export type MemberMetersParts = {
  meters: readonly MeterConfig[];
  owners: Owners;
  reads: MeterReads;
  disagreementOf: (meter: number) => (Disagreement & { day: string }) | undefined;
  /** The oracle's clock, unix milliseconds. */
  nowMs: () => number;
};

const QUALITY = { [MEASURED]: "measured", [ESTIMATED]: "estimated", [MISSING]: "missing" } as const;
const MAX_DAYS = 93;
const USUAL_DAYS = 7;

export const instantOf = (ms: number) => new Date(ms).toISOString();

export function createMemberMeters(parts: MemberMetersParts) {
  const { owners, reads, disagreementOf, nowMs } = parts;
  const configOf = new Map(parts.meters.map((meter) => [meter.meter, meter]));
  const live = createLivePower(nowMs);
  const today = () => dayOf(nowMs() / 1000);
  const runningInterval = () => intervalOf(nowMs() / 1000);

  /** A meter that is not the wallet's looks like one that there is not. */
  async function own(wallet: Address, text: string): Promise<{ config: MeterConfig; facts: MeterFacts }> {
    const meter = Number(text);
    const config = configOf.get(meter);
    const facts = config && (await owners.meterOf(wallet, meter));
    if (config === undefined || facts === undefined) {
      throw refuse(404, `meter ${meter} is not one of this wallet's meters`, "one that GET /api/meters names");
    }
    return { config, facts };
  }

  function range(from: string | undefined, to: string | undefined): [Day, Day] {
    const last = to === undefined ? today() : parseIsoDay(to);
    const first = from === undefined ? asDay(Math.max(last - USUAL_DAYS + 1, 0)) : parseIsoDay(from);
    if (last < first || last - first >= MAX_DAYS) {
      throw refuse(400, `from ${isoDay(first)} to ${isoDay(last)}`, `1 to ${MAX_DAYS} days, the first one first`);
    }
    return [first, last];
  }

  const showInterval = ({ interval, importWh, exportWh, quality }: IntervalSoFar) => ({
    start: instantOf(intervalStart(interval) * 1000),
    importWh,
    exportWh,
    quality: QUALITY[quality],
    running: interval >= runningInterval(),
  });

  function showPower(meter: number, channels: readonly Channel[], running: IntervalSoFar | undefined) {
    const config = configOf.get(meter);
    const power = config && live.of(config, channels, running);
    if (power === undefined) return { meter, netWatts: null, at: null, basis: null, overSeconds: null };
    const { netWatts, atMs, basis, overMs } = power;
    return { meter, netWatts, at: instantOf(atMs), basis, overSeconds: Math.round(overMs / 1000) };
  }

  const showWay = ({ day, state, device, transactionHash, reason }: WayOfProfile) => ({
    day: isoDay(asDay(day)),
    state,
    device,
    transactionHash,
    reason,
  });

  return {
    own,
    showInterval,
    showPower,
    showWay,

    async list(wallet: Address) {
      const meters = [];
      for (const meter of await owners.metersOf(wallet)) {
        const { config, facts } = await own(wallet, String(meter));
        const { kind, custody, keyType, device, closed } = facts;
        meters.push({ meter, kind, custody, keyType, device, closed, unitWh: config.unitWh });
      }
      return { meters };
    },

    async power(meter: number) {
      const running = runningInterval();
      const [channels, intervals] = [
        await reads.channels([meter]),
        await reads.openIntervals([meter], running, running + 1),
      ];
      return showPower(meter, channels, intervals[0]);
    },

    async intervals({ meter, unitWh }: MeterConfig, text: string | undefined) {
      const day = text === undefined ? today() : parseIsoDay(text);
      const closed = await reads.closedIntervals(meter, day, unitWh);
      const first = firstInterval(day);
      const rows = closed ?? (await reads.openIntervals([meter], first, first + INTERVALS_PER_DAY));
      const intervals = rows.map((row) => ({
        ...showInterval(row),
        running: closed === undefined && row.interval >= runningInterval(),
      }));
      return { meter, day: isoDay(day), closed: closed !== undefined, intervals };
    },

    async uses(meter: number, from: string | undefined, to: string | undefined) {
      const rows = await reads.uses(meter, ...range(from, to));
      const days = [...Map.groupBy(rows, ({ day }) => day)].map(([day, ofDay]) => ({
        day: isoDay(asDay(day)),
        uses: ofDay.map(({ use, energyWh }) => ({ use, energyWh })),
      }));
      return { meter, days };
    },

    async profiles(meter: number, from: string | undefined, to: string | undefined) {
      return { meter, profiles: (await reads.ways([meter], ...range(from, to))).map(showWay) };
    },

    async health(meter: number, { custody, keyType, device, closed }: MeterFacts) {
      const channels = await reads.channels([meter]);
      const times = channels.flatMap(({ meaning, state }) =>
        BILLING_MEANINGS.includes(meaning) ? [state.timeMs] : [],
      );
      const lastMs = times.length === 0 ? undefined : Math.max(...times);
      return {
        meter,
        lastReading: lastMs === undefined ? null : instantOf(lastMs),
        silentSeconds: lastMs === undefined ? null : Math.max(Math.floor((nowMs() - lastMs) / 1000), 0),
        inputs: channels.map(({ input, meaning, state }) => ({
          input,
          meaning,
          lastReading: instantOf(state.timeMs),
          lastArrival: instantOf(state.arrivalMs),
        })),
        today: await gapsOf(meter),
        disagreement: disagreementOf(meter) ?? null,
        custody,
        keyType,
        device,
        closed,
      };
    },
  };

  /** Quarter-hours of today that are over, by quality. */
  async function gapsOf(meter: number): Promise<Record<"measured" | "estimated" | "missing", number>> {
    const [first, running] = [firstInterval(today()), runningInterval()];
    const rows = await reads.openIntervals([meter], first, running);
    const counts = { measured: 0, estimated: 0, missing: 0 };
    for (const { quality } of rows) counts[QUALITY[quality]]++;
    const over = Math.floor((nowMs() / 1000 - dayStart(today())) / 900);
    return { ...counts, missing: over - counts.measured - counts.estimated };
  }
}
