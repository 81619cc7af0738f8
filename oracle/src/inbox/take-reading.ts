import { dayOf } from "@commonwatt/sdk/time";

import { BILLING_MEANINGS } from "../config/check-meters.ts";
import type { MeterConfig, Timing } from "../config/schema.ts";
import { type Deposit, spread, spreadBeforeFirst } from "../intervals/spread.ts";
import type { CheckRow } from "../profiles/check-store.ts";
import { checksOf } from "../profiles/compare-power.ts";
import type { Reading } from "../readings/readings.ts";
import { advanceChannel, type ChannelState, type ChannelStep } from "../registers/channel.ts";
import type { Segment } from "../registers/segment.ts";
import { takeUse } from "../uses/take-use.ts";
import type { MeterState } from "../storage/meter-store.ts";
import type { UseRow } from "../uses/use-store.ts";

/** What a reading changes of its meter. */
export type Taken = {
  reading: Reading;
  /** The channel's next state; undefined when it stays as it is. */
  state: ChannelState | undefined;
  /** Energy by interval. */
  deposits: readonly Deposit[];
  /** Days that it brings news of. */
  days: readonly number[];
  /** Energy that is only compared with the counters'. */
  checks: readonly CheckRow[];
  /** Energy that is nobody's business but the household's. */
  uses: readonly UseRow[];
  refused: ChannelStep["refused"];
  restarted: boolean;
};

/** Works out what a reading changes, and changes nothing: the same reading on the same state always gives the same. */
export function takeReading(
  before: ChannelState | undefined,
  reading: Reading & { arrivalMs: number },
  meter: MeterConfig,
  timing: Timing,
  known: Pick<MeterState, "closedDay" | "adoptedDay">,
): Taken {
  const { state, segments, first, refused, restarted } = advanceChannel(before, reading, meter, timing);
  const gaps = { maxGapMs: timing.maxGapSeconds * 1000, measuredGapMs: timing.measuredGapSeconds * 1000 };
  const checks = reading.meaning === "checkPowerW" ? checksOf(reading.meter, segments, gaps) : [];
  const uses = takeUse(reading, segments, meter, gaps);
  const taken = { reading, state, deposits: [], days: [], checks, uses, refused, restarted };
  if (!BILLING_MEANINGS.includes(reading.meaning)) return taken;
  return {
    ...taken,
    deposits: [
      ...(first ? spreadBeforeFirst(reading.timeMs) : []),
      ...segments.flatMap((segment) => spread(segment, { ...gaps, byDay: mayBeOnChain(segment, known) })),
    ],
    days: segments.map((segment) => dayOfNews(segment, gaps.maxGapMs)),
  };
}

/** Whether the segment begins in a day whose energy is in registers on chain, or may turn out to be. */
function mayBeOnChain(
  { fromMs }: Segment,
  { closedDay, adoptedDay }: Pick<MeterState, "closedDay" | "adoptedDay">,
): boolean {
  return closedDay < 0 || dayOf(fromMs / 1000) <= adoptedDay;
}

/**
 * The day that the segment ends in, midnight counting for the day before; but where a gap ends at midnight, nothing is
 * known of the day before, and the new one is to cover its energy.
 */
function dayOfNews({ fromMs, toMs, known }: Segment, maxGapMs: number): number {
  const isGap = !known || toMs - fromMs > maxGapMs;
  return dayOf((isGap ? toMs : toMs - 1) / 1000);
}
