import { type Day, isoDay } from "@commonwatt/sdk/time";
import { formatKwh, formatMoney, wh, type Wh } from "@commonwatt/sdk/units";

import type { Totals } from "./totals.ts";

/** Share of a whole, in whole per cent. */
function percent(part: Wh, whole: Wh): string {
  return whole === 0n ? "-" : `${(part * 100n) / whole} %`;
}

/** One line that says what a day, or a whole run, brought. */
export function story(totals: Totals): string {
  const { importWh, exportWh, soldWh, retiredWh, paidBaseUnits, unattributedWh, settled } = totals;
  const parts = [`${formatKwh(importWh)} drawn`, `${formatKwh(exportWh)} fed in`];
  if (settled.meterDays > 0) {
    parts.push(
      `${formatKwh(settled.clearedWh)} shared (${percent(settled.clearedWh, importWh)} of the need)`,
      `${formatMoney(settled.treasuryBaseUnits)} of network charge`,
    );
  }
  if (settled.meterDays === 0 || soldWh > 0n || retiredWh > 0n) {
    parts.push(
      `${formatKwh(soldWh)} sold for ${formatMoney(paidBaseUnits)}`,
      `${formatKwh(retiredWh)} used (${percent(retiredWh, importWh)} of the need)`,
    );
  }
  if (unattributedWh > 0n) parts.push(`${formatKwh(wh(unattributedWh))} without a time`);
  return parts.join(", ");
}

/** What the settlement of a run cost, in one sentence; empty where nothing was settled. */
export function settlementStory({ settled }: Totals): string {
  const { days, meterDays, clearedWh, gasPerHouseholdDay } = settled;
  if (meterDays === 0) return "";
  return (
    `${days === 1 ? "1 day" : `${days} days`} with ${meterDays} meter-days settled, ${formatKwh(clearedWh)} shared, ` +
    `for ${gasPerHouseholdDay} gas per meter-day, announcements included.`
  );
}

/**
 * The line of one day.
 *
 * @param how - Where a day has several lines, which homes this one is of.
 */
export function dayLine(day: Day, totals: Totals, how?: string): string {
  return `${isoDay(day)}${how === undefined ? "" : `, ${how}`}: ${story(totals)}.`;
}
