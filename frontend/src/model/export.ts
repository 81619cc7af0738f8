import type { Deployment } from "@commonwatt/sdk/deployment";
import { decodeQuality, ESTIMATED, MISSING } from "@commonwatt/sdk/profile";
import { type Day, dayOfInterval, firstInterval, indexInDay, isoDay } from "@commonwatt/sdk/time";

import { emptySeries } from "../lib/series.ts";
import type { DayBook } from "./books.ts";
import { profileSeries } from "./day-summary.ts";

const HEADER = "meter,interval_start_utc,import_wh,export_wh,quality,sold_wh,used_wh";

/**
 * A day as a table for suppliers and grid operators: a line for each meter and quarter-hour, amounts in Wh. `sold_wh` is
 * what was sold of the meter's export, `used_wh` what of its import was covered by tokens.
 */
export function dayCsv(day: Day, book: DayBook): string {
  const lines = book.profiles
    .toSorted((a, b) => a.meter - b.meter)
    .flatMap((profile) => {
      const { imports, exports } = profileSeries(profile);
      const quality = decodeQuality(profile.quality);
      const sold = amounts(
        day,
        book.trades.filter((trade) => trade.meter === profile.meter),
      );
      const used = amounts(
        day,
        book.retirements.filter((retirement) => retirement.meter === profile.meter),
      );
      return imports.map((importWh, index) =>
        [
          profile.meter,
          new Date((firstInterval(day) + index) * 900_000).toISOString().replace(".000Z", "Z"),
          importWh,
          exports[index],
          qualityWord(quality[index]),
          sold[index],
          used[index],
        ].join(","),
      );
    });
  return [HEADER, ...lines, ""].join("\n");
}

/** A day with everything that is needed to check it again elsewhere. Integers that may pass 2^53 are decimal strings. */
export function dayJson(deployment: Deployment, day: Day, book: DayBook): string {
  const { name, chainId, neighbourhood, token, marketplace } = deployment;
  return `${JSON.stringify(
    { name, chainId, neighbourhood, token, marketplace, day, date: isoDay(day), ...book },
    (_key, value: unknown) => (typeof value === "bigint" ? value.toString() : value),
    2,
  )}\n`;
}

function amounts(
  day: Day,
  entries: readonly { lines: readonly { interval: Parameters<typeof dayOfInterval>[0]; wh: bigint }[] }[],
): number[] {
  const series = emptySeries();
  for (const { interval, wh } of entries.flatMap(({ lines }) => lines)) {
    const index = indexInDay(interval);
    if (dayOfInterval(interval) === day) series[index] = (series[index] ?? 0) + Number(wh);
  }
  return series;
}

function qualityWord(quality: number | undefined): string {
  return quality === MISSING ? "missing" : quality === ESTIMATED ? "estimated" : "measured";
}
