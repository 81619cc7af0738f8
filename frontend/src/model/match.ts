import type { Address } from "viem";

import { type FillPlan, planFills } from "@commonwatt/sdk/fill-plan";
import type { Retirement } from "@commonwatt/sdk/actions";
import type { MeterEntry } from "@commonwatt/sdk/ledger/types";
import type { Fill } from "@commonwatt/sdk/offers";
import { planRetirement } from "@commonwatt/sdk/retire-plan";
import { type Day, dayOfInterval, firstInterval, indexInDay, type Interval } from "@commonwatt/sdk/time";
import type { Ticks, Wh } from "@commonwatt/sdk/units";

import { addSeries, emptySeries } from "../lib/series.ts";
import { type Books, expiryOf, meterDay } from "./books.ts";
import { balancesOfDay, uncoveredImport } from "./holdings.ts";
import { isFor, type OfferView, toCandidate } from "./market.ts";

/** Fills of one purchase. One of 34 quarter-hours takes about 200,000 gas, a transaction has at most 16,777,216. */
export const MAX_FILLS = 40;

/** What an account needs on a day and what it holds against that, 96 amounts in Wh each. */
export type Need = { day: Day; uncovered: number[]; held: number[]; missing: number[] };

/** Days on which an account's meters have import that can still be covered, newest first. */
export function daysInNeed(books: Books, meters: readonly MeterEntry[], now: number): Day[] {
  return [...books.days.keys()]
    .filter((day) => now < expiryOf(day, books.windowDays))
    .filter((day) =>
      meters.some((meter) => books.remaining.get(meterDay(meter.meter, day))?.some((units) => units > 0)),
    )
    .toSorted((a, b) => b - a);
}

/** Works out what of a day's import is covered neither by use nor by what the account holds. */
export function needOf(books: Books, meters: readonly MeterEntry[], account: Address, day: Day): Need {
  const uncovered = meters.reduce<number[]>(
    (sum, meter) => addSeries(sum, uncoveredImport(books, meter, day) ?? emptySeries()),
    emptySeries(),
  );
  const held = emptySeries();
  for (const { interval, wh } of balancesOfDay(books, account, day)) {
    const index = indexInDay(interval);
    held[index] = (held[index] ?? 0) + Number(wh);
  }
  const missing = uncovered.map((energy, index) => Math.max(0, energy - (held[index] ?? 0)));
  return { day, uncovered, held, missing };
}

/** A day's series as the planner takes it: without zeros. */
export function byInterval(day: Day, series: readonly number[]): Map<Interval, Wh> {
  const start = firstInterval(day);
  return new Map(
    series.flatMap((energy, index) =>
      energy > 0 ? [[(start + index) as Interval, BigInt(energy) as Wh] as const] : [],
    ),
  );
}

/** Plans the cheapest purchase that covers what is missing. */
export function planMatch(
  need: Need,
  offers: readonly OfferView[],
  buyer: Address,
  chargeTicks: Ticks,
  now: number,
): FillPlan {
  return planFills({
    wanted: byInterval(need.day, need.missing),
    offers: offers.filter(({ state }) => state === "open").map(toCandidate),
    buyer,
    chargeTicks,
    now,
    maxFills: MAX_FILLS,
  });
}

/** Whether two plans buy the same energy from the same offers for the same money. */
export function samePlan(a: FillPlan, b: FillPlan): boolean {
  return (
    a.paidBaseUnits === b.paidBaseUnits &&
    a.chargeBaseUnits === b.chargeBaseUnits &&
    a.fills.map(fillKey).join() === b.fills.map(fillKey).join()
  );
}

function fillKey({ signature, firstInterval: first, energyWh }: Fill): string {
  return `${signature}/${first}/${energyWh.join("+")}`;
}

/**
 * Plans buying part of one offer by hand: the earliest quarter-hours first, up to an amount.
 *
 * @param usable - If given, nothing beyond these amounts is bought.
 */
export function planByHand(
  view: OfferView,
  amountWh: bigint,
  usable: ReadonlyMap<Interval, Wh> | undefined,
  buyer: Address,
  chargeTicks: Ticks,
  now: number,
): FillPlan {
  const wanted = new Map<Interval, Wh>();
  let left = amountWh;
  for (const [interval, held] of [...view.available].toSorted(([a], [b]) => a - b)) {
    const most = smallest(held, left, usable === undefined ? held : (usable.get(interval) ?? 0n));
    if (most > 0n) wanted.set(interval, most as Wh);
    left -= most;
  }
  const offers = view.state === "open" ? [toCandidate(view)] : [];
  return planFills({ wanted, offers, buyer, chargeTicks, now, maxFills: MAX_FILLS });
}

/** Most that can be bought of an offer, by hand, if only usable energy is wanted. */
export function usableOf(view: OfferView, usable: ReadonlyMap<Interval, Wh>): bigint {
  let sum = 0n;
  for (const [interval, held] of view.available) sum += smallest(held, usable.get(interval) ?? 0n);
  return view.remainingWh === undefined ? sum : smallest(sum, view.remainingWh);
}

/** What an account misses on all its days, by interval. */
export function missingOfAll(
  books: Books,
  meters: readonly MeterEntry[],
  account: Address,
  now: number,
): Map<Interval, Wh> {
  return new Map(
    daysInNeed(books, meters, now).flatMap((day) => [...byInterval(day, needOf(books, meters, account, day).missing)]),
  );
}

/** Offers this buyer could take from now. */
export function openFor(offers: readonly OfferView[], buyer: Address | undefined): OfferView[] {
  return offers.filter(({ offer, state }) => state === "open" && (buyer === undefined || isFor(offer, buyer)));
}

/** A use of energy that is possible now, and what it covers: 96 amounts in Wh. */
export type PossibleUse = {
  meter: MeterEntry;
  day: Day;
  retirement: Retirement;
  energyWh: bigint;
  uncovered: number[];
  covers: number[];
};

/** Everything an account could use now, newest day first. A Wh that two meters could use is planned for the first. */
export function possibleUses(
  books: Books,
  meters: readonly MeterEntry[],
  account: Address,
  now: number,
): PossibleUse[] {
  return daysInNeed(books, meters, now).flatMap((day) => {
    const balances = balancesOfDay(books, account, day);
    return meters.flatMap((meter): PossibleUse[] => {
      const remainingImports = books.remaining.get(meterDay(meter.meter, day));
      if (remainingImports === undefined) return [];
      const retirement = planRetirement({ meter: meter.meter, day, remainingImports, balances, unitWh: meter.unitWh });
      if (retirement === undefined) return [];
      const covers = emptySeries();
      for (const range of retirement.ranges) {
        range.energyWh.forEach((energy, offset) => {
          const interval = (range.firstInterval + offset) as Interval;
          covers[indexInDay(interval)] = (covers[indexInDay(interval)] ?? 0) + energy;
          const held = balances.find((entry) => entry.meter === range.meter && entry.interval === interval);
          if (held !== undefined) held.wh = (held.wh - BigInt(energy)) as Wh;
        });
      }
      const uncovered = remainingImports.map((units) => units * Number(meter.unitWh));
      const energyWh = BigInt(covers.reduce((sum, energy) => sum + energy, 0));
      return [{ meter, day, retirement, energyWh, uncovered, covers }];
    });
  });
}

/** Energy of a plan on one day, 96 amounts in Wh. */
export function planSeries(plan: FillPlan, day: Day): number[] {
  const series = emptySeries();
  for (const fill of plan.fills) {
    fill.energyWh.forEach((energy, offset) => {
      const interval = (fill.firstInterval + offset) as Interval;
      if (dayOfInterval(interval) === day) series[indexInDay(interval)] = (series[indexInDay(interval)] ?? 0) + energy;
    });
  }
  return series;
}

function smallest(...values: readonly bigint[]): bigint {
  return values.reduce((a, b) => (a < b ? a : b));
}
