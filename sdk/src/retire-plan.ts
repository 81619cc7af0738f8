import type { Retirement } from "./actions.ts";
import type { MeterNumber } from "./ids.ts";
import { type EnergyRange, encodeRemainingImports } from "./remaining-imports.ts";
import { vector } from "./profile.ts";
import { type Day, firstInterval, type Interval, INTERVALS_PER_DAY } from "./time.ts";
import type { Wh } from "./units.ts";

/** A holder's tokens of one meter and interval. */
export type TokenBalance = {
  /** The meter that exported the energy. */
  meter: MeterNumber;
  interval: Interval;
  wh: Wh;
  /** Unit of the meter that exported. Left out: 1 Wh. */
  unitWh?: Wh;
};

export type RetirementRequest = {
  /** The importing meter. */
  meter: MeterNumber;
  day: Day;
  /** 96 entries, the current vector in the importing meter's unit. */
  remainingImports: readonly number[];
  /** All that the meter's owner holds; other days are left out. */
  balances: readonly TokenBalance[];
  /** Unit of the importing meter: 1, 10 or 100 Wh. */
  unitWh: Wh;
};

const MAX_UINT16 = 0xffff;

/**
 * Chooses which tokens to use against a day's import: in each interval as much as is held and not yet covered, lower
 * meter numbers first. The same input gives the same plan whatever the order of `balances`.
 *
 * @returns The contract's `Retirement`, or undefined when there is nothing to use.
 * @throws InvalidValueError when the vector has not 96 entries of 16 bits.
 */
export function planRetirement(request: RetirementRequest): Retirement | undefined {
  const { meter, day, remainingImports, unitWh } = request;
  const start = firstInterval(day);
  const uncovered = vector("remainingImports", remainingImports, MAX_UINT16).map((units) => BigInt(units) * unitWh);
  const usedByMeter = new Map<MeterNumber, bigint[]>();
  for (const { meter: exporter, interval, wh, unitWh: exporterUnit } of inOrder(request.balances)) {
    const index = interval - start;
    const wanted = uncovered[index];
    if (wanted === undefined) continue;

    // Units are powers of ten: a multiple of the larger one is a multiple of both.
    const unit = exporterUnit !== undefined && exporterUnit > unitWh ? exporterUnit : unitWh;
    const most = wh < wanted ? wh : wanted;
    const energy = most - (most % unit);
    if (energy <= 0n) continue;

    uncovered[index] = wanted - energy;
    const used = usedByMeter.get(exporter) ?? new Array<bigint>(INTERVALS_PER_DAY).fill(0n);
    used[index] = (used[index] ?? 0n) + energy;
    usedByMeter.set(exporter, used);
  }
  if (usedByMeter.size === 0) return undefined;

  const ranges = [...usedByMeter].map(([exporter, used]) => toRange(exporter, start, used));
  return { meter, day, remainingImports: encodeRemainingImports(remainingImports), ranges };
}

function inOrder(balances: readonly TokenBalance[]): TokenBalance[] {
  return balances.toSorted((a, b) => a.meter - b.meter || a.interval - b.interval);
}

/** The span from the first to the last used interval: zeros in between cost less than ranges of their own. */
function toRange(meter: MeterNumber, start: Interval, used: readonly bigint[]): EnergyRange {
  const first = used.findIndex((energy) => energy > 0n);
  const last = used.findLastIndex((energy) => energy > 0n);
  return {
    meter,
    firstInterval: start + first,
    energyWh: used.slice(first, last + 1).map(Number),
  };
}
