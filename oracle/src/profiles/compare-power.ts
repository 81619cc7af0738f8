import { ESTIMATED, MEASURED } from "@commonwatt/sdk/profile";
import { SECONDS_PER_INTERVAL } from "@commonwatt/sdk/time";

import { type Gaps, spread } from "../intervals/spread.ts";
import type { Segment } from "../registers/segment.ts";
import type { IntervalRow } from "../storage/meter-store.ts";
import type { CheckRow } from "./check-store.ts";

/** Counters and power that tell different stories of a day. Net energy, import minus export, of what can be compared. */
export type Disagreement = {
  counterNetWh: number;
  powerNetWh: number;
  /** How many intervals it made estimates. */
  intervals: number;
};

const INTERVAL_MS = SECONDS_PER_INTERVAL * 1000;
/** Only an interval that the power is known of nearly whole, and not twice, can be compared. */
const LEAST_COVERAGE = 0.95;
const MOST_COVERAGE = 1.05;
/** Instruments differ: less than this, or than a part of what passed, is no disagreement. */
const INTERVAL_TOLERANCE = { wh: 50, part: 0.2 };
const DAY_TOLERANCE = { wh: 500, part: 0.1 };

/** What segments of a compared power come to, by interval. What is not known of them is not compared. */
export function checksOf(meter: number, segments: readonly Segment[], gaps: Gaps): CheckRow[] {
  return segments
    .filter(({ known }) => known)
    .flatMap((segment) =>
      spread(segment, gaps).map(({ interval, importWh, exportWh }) => {
        const startMs = interval * INTERVAL_MS;
        const knownMs = Math.min(segment.toMs, startMs + INTERVAL_MS) - Math.max(segment.fromMs, startMs);
        return { meter, interval, netWh: importWh - exportWh, knownMs };
      }),
    );
}

/**
 * Compares what the counters measured with the power beside them, interval by interval. The counters are billed either
 * way; but an interval that the power contradicts is an estimate, for one of the two inputs is wired, scaled or signed
 * wrongly, and nobody knows which.
 *
 * @param rows - Of the day that is being closed.
 * @param inputs - How many compared powers the meter has.
 * @returns The same rows, doubtful ones as estimates, and whether there is something to tell.
 */
export function comparePower(
  rows: readonly IntervalRow[],
  checks: readonly CheckRow[],
  inputs: number,
): { rows: IntervalRow[]; disagreement: Disagreement | undefined } {
  const checkOf = new Map(checks.map((check) => [check.interval, check]));
  const total = { counterNetWh: 0, powerNetWh: 0, passedWh: 0, intervals: 0 };
  const compared = rows.map((row): IntervalRow => {
    const check = checkOf.get(row.interval);
    const coverage = (check?.knownMs ?? 0) / (inputs * INTERVAL_MS);
    const isComparable = coverage >= LEAST_COVERAGE && coverage <= MOST_COVERAGE;
    if (check === undefined || !isComparable || row.quality !== MEASURED) return row;
    const counterNetWh = row.importWh - row.exportWh;
    const passedWh = row.importWh + row.exportWh;
    total.counterNetWh += counterNetWh;
    total.powerNetWh += check.netWh;
    total.passedWh += passedWh;
    if (agrees(counterNetWh, check.netWh, passedWh, INTERVAL_TOLERANCE)) return row;
    total.intervals++;
    return { ...row, quality: ESTIMATED };
  });
  const { counterNetWh, powerNetWh, passedWh, intervals } = total;
  const isTold = intervals > 0 || !agrees(counterNetWh, powerNetWh, passedWh, DAY_TOLERANCE);
  return { rows: compared, disagreement: isTold ? { counterNetWh, powerNetWh, intervals } : undefined };
}

function agrees(a: number, b: number, passedWh: number, tolerance: { wh: number; part: number }): boolean {
  return Math.abs(a - b) <= Math.max(tolerance.wh, passedWh * tolerance.part);
}
