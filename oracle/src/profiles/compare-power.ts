import { SECONDS_PER_DAY } from "@commonwatt/sdk/time";

import type { MeterConfig } from "../config/schema.ts";
import type { ChannelState } from "../registers/channel.ts";
import type { MeterStore } from "../storage/meter-store.ts";

/** Counters and power of one day that tell different stories. Net energy: import minus export. */
export type Disagreement = { counterNetWh: number; powerNetWh: number };

const DAY_MS = SECONDS_PER_DAY * 1000;
/** Only a power that is known nearly all day, and not for longer, can be compared. */
const LEAST_COVERAGE = 0.95;
const MOST_COVERAGE = 1.05;
/** Instruments differ: less than this, or than a tenth of the day's energy, is no disagreement. */
const TOLERATED_WH = 500;

/**
 * Compares what the counters measured in a day with the integral of the power beside them, and begins the next
 * comparison. The counters are billed either way: a disagreement means that one of the inputs is wired, scaled or signed
 * wrongly. Inside a transaction.
 */
export async function comparePower(
  store: MeterStore,
  { meter, inputs }: MeterConfig,
  counted: { importWh: number; exportWh: number },
): Promise<Disagreement | undefined> {
  let powerNetWh = 0;
  let coverage = Infinity;
  for (const { input, meaning } of inputs.filter((entry) => entry.meaning === "checkPowerW")) {
    const state = (await store.channel(meter, input, meaning)) as ChannelState | undefined;
    powerNetWh += state?.sinceCheck?.netWh ?? 0;
    coverage = Math.min(coverage, (state?.sinceCheck?.knownMs ?? 0) / DAY_MS);
    if (state !== undefined) await store.saveChannel(meter, input, meaning, { ...state, sinceCheck: undefined });
  }
  const counterNetWh = counted.importWh - counted.exportWh;
  const tolerated = Math.max(TOLERATED_WH, (counted.importWh + counted.exportWh) / 10);
  const isComparable = coverage >= LEAST_COVERAGE && coverage <= MOST_COVERAGE;
  return isComparable && Math.abs(counterNetWh - powerNetWh) > tolerated ? { counterNetWh, powerNetWh } : undefined;
}
