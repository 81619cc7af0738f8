import type { Day } from "@commonwatt/sdk/time";

import { noise } from "../homes/noise.ts";
import { generateStreet } from "../homes/street.ts";
import type { Home, Row, Street } from "../households/rows.ts";

/** A message every 5 minutes. */
export const STEP_SECONDS = 300;

/** The generated street again and again, each time with another weather and other habits, in steps of 5 minutes. */
export function manyHomes(seed: number, firstDay: Day, count: number): Street {
  const homes: Home[] = [];
  for (let street = 0; homes.length < count; street++) {
    for (const home of generateStreet(seed + street, firstDay, undefined).homes) {
      const index = homes.length;
      if (index === count) break;
      homes.push({
        name: `Home ${index + 1}`,
        hasGeneration: home.hasGeneration,
        rowsOfDay: (day) => home.rowsOfDay(day).flatMap((row) => inThree(row, index)),
      });
    }
  }
  const description = `a generated street of ${count} homes`;
  return { description, stepSeconds: STEP_SECONDS, firstDay, days: undefined, homes };
}

/** A quarter-hour in three uneven steps that add up to it; now and then one of them runs the other way. */
function inThree({ startSeconds, netMilliWh, generationMilliWh }: Row, home: number): Row[] {
  const swing = Math.round((noise(home, startSeconds) - 0.5) * 40_000);
  const nets = [Math.trunc(netMilliWh / 3) + swing, Math.trunc(netMilliWh / 3) - swing];
  const made = Math.trunc(generationMilliWh / 3);
  const parts = [
    { net: nets[0] ?? 0, made },
    { net: nets[1] ?? 0, made },
    { net: netMilliWh - (nets[0] ?? 0) - (nets[1] ?? 0), made: generationMilliWh - 2 * made },
  ];
  return parts.map(({ net, made: generation }, part) => ({
    startSeconds: startSeconds + part * STEP_SECONDS,
    netMilliWh: net,
    generationMilliWh: generation,
  }));
}
