import { parseIsoDay } from "@commonwatt/sdk/time";

import { generateStreet } from "../homes/street.ts";
import { type Trading, tradingOf } from "../homes/trading.ts";
import { MAX_INTERVAL_WH, readHouseholds } from "../households/csv.ts";
import type { Street } from "../households/rows.ts";
import type { Options } from "../options.ts";

const SEED = 1;
const GENERATED_FROM = parseIsoDay("2026-06-01");
const DEFAULT_ONCE_DAYS = 2;

/** The homes of a run, how they trade, and the power of their connections. */
export type StreetPlan = {
  readonly street: Street;
  /** One entry per home. */
  readonly trading: readonly Trading[];
  /** Most energy of a home per quarter-hour in either direction, Wh. */
  readonly capWh: number;
};

/** The generated homes have 3 x 35 A. */
const GENERATED_CAP_WH = 6_000;
/** Nobody knows the fuses of a file's households: the most that a meter can have. */
export const DATA_CAP_WH = MAX_INTERVAL_WH;

/** The street that the command line asks for. */
export async function planStreet(options: Options): Promise<StreetPlan> {
  const { data, fromDay, days, homes, mode } = options;
  if (data !== undefined) {
    const street = await readHouseholds(data, { fromDay, days, homes });
    return { street, trading: tradingOf(mode, street.homes.length, false), capWh: DATA_CAP_WH };
  }
  const count = days ?? (options.once ? DEFAULT_ONCE_DAYS : undefined);
  const street = generateStreet(SEED, fromDay ?? GENERATED_FROM, count);
  return { street, trading: tradingOf(mode, street.homes.length, true), capWh: GENERATED_CAP_WH };
}
