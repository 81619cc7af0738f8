import { type Day, day as toDay } from "@commonwatt/sdk/time";

import type { Street } from "../households/rows.ts";

/**
 * The most energy that neighbours can share: in each step of the data, the smaller of all surplus and all deficit.
 * Straight from the rows, without meters, quarter-hours or whole Wh.
 *
 * @returns Milli-Wh.
 */
export function matchableMilliWh({ firstDay, days, homes }: Street): number {
  if (days === undefined) throw new Error("A street without end has no sum.");
  let sum = 0;
  for (const day of Array.from({ length: days }, (_, index): Day => toDay(firstDay + index))) {
    const steps = new Map<number, { surplus: number; deficit: number }>();
    for (const { startSeconds, netMilliWh } of homes.flatMap((home) => [...home.rowsOfDay(day)])) {
      const step = steps.get(startSeconds) ?? { surplus: 0, deficit: 0 };
      steps.set(startSeconds, step);
      if (netMilliWh < 0) step.surplus -= netMilliWh;
      else step.deficit += netMilliWh;
    }
    for (const { surplus, deficit } of steps.values()) sum += Math.min(surplus, deficit);
  }
  return sum;
}
