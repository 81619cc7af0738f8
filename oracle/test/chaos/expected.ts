/**
 * What the chain must hold, computed from the acknowledged readings alone by the rules of the documentation, and by
 * nothing of the oracle's code:
 *
 * - A reading at the end of a quarter-hour and the one before it, a quarter-hour apart, make that interval measured.
 * - Readings up to an hour apart: the intervals between them are estimated, linearly by time in whole Wh that add up.
 * - Farther apart: those intervals are missing and 0. The energy is in the registers from the later reading on.
 * - A net counter that rises has imported, one that falls has exported.
 * - A day has a profile if a reading brings news of it: one after its beginning and up to its end that continues readings
 *   at most an hour old, or one in it that ends a longer gap.
 * - Registers and intervals are whole units of the meter, rounded down as running totals.
 */
import { type ChaosMeter, STEPS_PER_DAY } from "./meters.ts";

export const MEASURED = 0;
export const ESTIMATED = 1;
export const MISSING = 2;

/** Readings farther apart than these steps leave what is between them missing. */
const MAX_GAP_STEPS = 4;

/** A day as it must be on chain: in the meter's unit, `day` counted from the first. */
export type ExpectedDay = {
  meter: number;
  day: number;
  importRegister: number;
  exportRegister: number;
  quality: number[];
  imports: number[];
  exports: number[];
};

/**
 * @param steps - Steps whose reading was acknowledged, in order. Those of all counters of a meter come together.
 * @param days - How many days the run had.
 */
export function expectedDays(meter: ChaosMeter, steps: readonly number[], days: number): ExpectedDay[] {
  const count = days * STEPS_PER_DAY;
  const quality = Array<number>(count).fill(MISSING);
  const importWh = Array<number>(count).fill(0);
  const exportWh = Array<number>(count).fill(0);
  const news = new Set<number>();

  for (const [index, to] of steps.entries()) {
    const from = steps[index - 1];
    if (from === undefined) continue;
    const gap = to - from;
    const imported = energy(meter, from, to, "import");
    const exported = energy(meter, from, to, "export");
    if (gap > MAX_GAP_STEPS) {
      news.add(Math.floor(to / STEPS_PER_DAY));
      importWh[to - 1] = imported;
      exportWh[to - 1] = exported;
      continue;
    }
    news.add(Math.floor((to - 1) / STEPS_PER_DAY));
    for (let part = 0; part < gap; part++) {
      quality[from + part] = gap === 1 ? MEASURED : ESTIMATED;
      importWh[from + part] = share(imported, part, gap);
      exportWh[from + part] = share(exported, part, gap);
    }
  }
  const unitWh = 10 ** meter.unitExponent;
  const imports = inUnits(importWh, unitWh);
  const exports = inUnits(exportWh, unitWh);
  return [...news]
    .filter((day) => day < days)
    .toSorted((a, b) => a - b)
    .map((day) => {
      const [begin, end] = [day * STEPS_PER_DAY, (day + 1) * STEPS_PER_DAY];
      const known = (units: readonly number[]) =>
        units.slice(begin, end).map((value, index) => (quality[begin + index] === MISSING ? 0 : value));
      return {
        meter: meter.meter,
        day,
        importRegister: sum(imports.slice(0, end)),
        exportRegister: sum(exports.slice(0, end)),
        quality: quality.slice(begin, end),
        imports: known(imports),
        exports: known(exports),
      };
    });
}

function energy({ counters }: ChaosMeter, from: number, to: number, way: "import" | "export"): number {
  return sum(
    counters.map(({ meaning, values }) => {
      const change = (values[to] ?? Number.NaN) - (values[from] ?? Number.NaN);
      if (meaning === "netWh") return Math.max(way === "import" ? change : -change, 0);
      return meaning === `${way}Wh` ? change : 0;
    }),
  );
}

/** Of whole Wh, the part that falls into one of `gap` equal parts. */
function share(wh: number, part: number, gap: number): number {
  return Math.floor((wh * (part + 1)) / gap) - Math.floor((wh * part) / gap);
}

function inUnits(wh: readonly number[], unitWh: number): number[] {
  let total = 0;
  return wh.map((value) => {
    const before = Math.floor(total / unitWh);
    total += value;
    return Math.floor(total / unitWh) - before;
  });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
