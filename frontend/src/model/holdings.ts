import type { Address } from "viem";

import type { MeterEntry } from "@commonwatt/sdk/ledger/types";
import type { TokenBalance } from "@commonwatt/sdk/retire-plan";
import { type Day, dayOfInterval, firstInterval, indexInDay } from "@commonwatt/sdk/time";

import { addressKey, sameAddress } from "../lib/format.ts";
import { emptySeries } from "../lib/series.ts";
import { type Books, type ByInterval, expiryOf, meterDay } from "./books.ts";

/** What somebody holds of one meter's energy of one day. */
export type Holding = {
  meter: number;
  /** Whether the holder owns the meter: then all of a range can be offered without naming an amount. */
  own: boolean;
  day: Day;
  /** 96 amounts, Wh. */
  series: number[];
  energyWh: bigint;
  /** Unix second from which it can neither be sold nor used. */
  expiresAt: number;
};

/** The meters an account owns, by number. */
export function metersOf(books: Books, account: Address): MeterEntry[] {
  return [...books.meters.values()]
    .filter((meter) => sameAddress(meter.owner, account))
    .toSorted((a, b) => a.meter - b.meter);
}

/** What an account holds that has not expired, newest day first, own meters before others. */
export function holdingsOf(books: Books, account: Address, now: number): Holding[] {
  const found = new Map<string, Holding>();
  for (const [meter, ofMeter] of books.balances.get(addressKey(account)) ?? []) {
    const own = sameAddress(books.meters.get(meter)?.owner, account);
    for (const [interval, wh] of ofMeter) {
      const day = dayOfInterval(interval);
      const expiresAt = expiryOf(day, books.windowDays);
      if (now >= expiresAt) continue;
      const key = meterDay(meter, day);
      const holding = found.get(key) ?? { meter, own, day, series: emptySeries(), energyWh: 0n, expiresAt };
      found.set(key, holding);
      holding.series[indexInDay(interval)] = Number(wh);
      holding.energyWh += wh;
    }
  }
  return [...found.values()].toSorted((a, b) => b.day - a.day || Number(b.own) - Number(a.own) || a.meter - b.meter);
}

/** An account's live balances of one day, as the retirement planner takes them. */
export function balancesOfDay(books: Books, account: Address, day: Day): TokenBalance[] {
  const result: TokenBalance[] = [];
  for (const [meter, ofMeter] of books.balances.get(addressKey(account)) ?? []) {
    const entry = books.meters.get(meter);
    for (const [interval, wh] of ofMeter) {
      if (dayOfInterval(interval) !== day || entry === undefined) continue;
      result.push({ meter: entry.meter, interval, wh, unitWh: entry.unitWh });
    }
  }
  return result;
}

/** A seller's live balance of one meter within a range of intervals, both included. */
export function availableIn(
  books: Books,
  seller: Address,
  meter: number,
  range: { firstInterval: number; lastInterval: number },
  now: number,
): ByInterval {
  const available: ByInterval = new Map();
  for (const [interval, wh] of books.balances.get(addressKey(seller))?.get(meter) ?? []) {
    if (interval < range.firstInterval || interval > range.lastInterval) continue;
    if (now < expiryOf(dayOfInterval(interval), books.windowDays)) available.set(interval, wh);
  }
  return available;
}

/** Import of a meter's day that is not covered yet, 96 amounts in Wh; undefined if the day was not recorded. */
export function uncoveredImport(books: Books, meter: MeterEntry, day: Day): number[] | undefined {
  return books.remaining.get(meterDay(meter.meter, day))?.map((units) => units * Number(meter.unitWh));
}

/** Absolute interval of a day's quarter-hour. */
export function intervalAt(day: Day, index: number): number {
  return firstInterval(day) + index;
}
