import { parseIsoDay } from "@commonwatt/sdk/time";

import { generateStreet } from "../homes/street.ts";
import { MAX_INTERVAL_WH, readHouseholds } from "../households/csv.ts";
import type { Street } from "../households/rows.ts";
import type { Options } from "../options.ts";

const SEED = 1;
const GENERATED_FROM = parseIsoDay("2026-06-01");
const DEFAULT_ONCE_DAYS = 2;

/** The homes of a run and the power of their connections. */
export type StreetPlan = {
  readonly street: Street;
  /** Most energy of a home per quarter-hour in either direction, Wh. */
  readonly capWh: number;
};

/** The generated homes have 3 x 35 A. */
const GENERATED_CAP_WH = 6_000;
/** Nobody knows the fuses of a file's households: the most that a meter can have. */
const DATA_CAP_WH = MAX_INTERVAL_WH;

/** The street that the command line asks for. */
export async function planStreet(options: Options): Promise<StreetPlan> {
  const { data, fromDay, days, homes } = options;
  if (data !== undefined) {
    return { street: await readHouseholds(data, { fromDay, days, homes }), capWh: DATA_CAP_WH };
  }
  const count = days ?? (options.once ? DEFAULT_ONCE_DAYS : undefined);
  return { street: generateStreet(SEED, fromDay ?? GENERATED_FROM, count), capWh: GENERATED_CAP_WH };
}
