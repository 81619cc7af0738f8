import { type Day, isoDay } from "@commonwatt/sdk/time";
import { formatKwh, formatMoney, wh, type Wh } from "@commonwatt/sdk/units";

import type { Totals } from "./totals.ts";

/** Share of a whole, in whole per cent. */
function percent(part: Wh, whole: Wh): string {
  return whole === 0n ? "-" : `${(part * 100n) / whole} %`;
}

/** One line that says what a day, or a whole run, brought. */
export function story({ importWh, exportWh, soldWh, retiredWh, paidBaseUnits, unattributedWh }: Totals): string {
  const parts = [
    `${formatKwh(importWh)} drawn`,
    `${formatKwh(exportWh)} fed in`,
    `${formatKwh(soldWh)} sold for ${formatMoney(paidBaseUnits)}`,
    `${formatKwh(retiredWh)} used (${percent(retiredWh, importWh)} of the need)`,
  ];
  if (unattributedWh > 0n) parts.push(`${formatKwh(wh(unattributedWh))} without a time`);
  return parts.join(", ");
}

/** The line of one day. */
export function dayLine(day: Day, totals: Totals): string {
  return `${isoDay(day)}: ${story(totals)}.`;
}
