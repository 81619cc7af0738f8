import { firstInterval, INTERVALS_PER_DAY } from "@commonwatt/sdk/time";

import type { DayMarket, Statement } from "./day-market.ts";

const HEADER = "meter,interval_start_utc,import_wh,export_wh,bought_wh,sold_wh,price_ticks";

/**
 * A settled day as an allocation file for suppliers and grid operators: a line for each meter and quarter-hour, whole Wh,
 * the price in ticks of 0.0001 EUR/kWh without the network charge, 0 where nothing was sold.
 */
export function allocationCsv({ settled }: DayMarket, statements: ReadonlyMap<number, Statement>): string {
  const start = firstInterval(settled.day);
  const lines = [...statements.values()]
    .toSorted((a, b) => a.meter - b.meter)
    .flatMap(({ meter, imports, exports, bought, sold }) =>
      Array.from({ length: INTERVALS_PER_DAY }, (_, index) =>
        [
          meter,
          new Date((start + index) * 900_000).toISOString().replace(".000Z", "Z"),
          imports[index],
          exports[index],
          bought[index],
          sold[index],
          settled.intervals[index]?.priceTicks,
        ].join(","),
      ),
    );
  return [HEADER, ...lines, ""].join("\n");
}
