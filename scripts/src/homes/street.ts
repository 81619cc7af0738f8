import { type Day, dayStart, INTERVALS_PER_DAY, SECONDS_PER_INTERVAL } from "@commonwatt/sdk/time";

import type { Home, Row, Street } from "../households/rows.ts";
import { type Battery, runBattery } from "./battery.ts";
import { loadMilliWh, type LoadShape } from "./load.ts";
import { solarMilliWh } from "./sun.ts";

type Household = { readonly load: LoadShape; readonly solarPeakW: number; readonly battery?: Battery };

const SMALL: LoadShape = { baseW: 90, peaksW: [220, 180, 420], carW: 0 };
const FAMILY: LoadShape = { baseW: 160, peaksW: [450, 350, 800], carW: 0 };
const HOME_OFFICE: LoadShape = { baseW: 190, peaksW: [300, 650, 600], carW: 0 };
const WITH_CAR: LoadShape = { baseW: 150, peaksW: [350, 250, 700], carW: 3_700 };

const HOME_BATTERY: Battery = { capacityMilliWh: 10_000_000, quarterMilliWh: 1_250_000, perMilleEachWay: 950 };

/** Twelve homes: half of them with solar of different sizes, one with a battery, two with a car. */
const HOUSEHOLDS: readonly Household[] = [
  { load: FAMILY, solarPeakW: 5_200 },
  { load: FAMILY, solarPeakW: 0 },
  { load: SMALL, solarPeakW: 8_000 },
  { load: HOME_OFFICE, solarPeakW: 0 },
  { load: HOME_OFFICE, solarPeakW: 3_000 },
  { load: WITH_CAR, solarPeakW: 0 },
  { load: FAMILY, solarPeakW: 10_500, battery: HOME_BATTERY },
  { load: SMALL, solarPeakW: 0 },
  { load: SMALL, solarPeakW: 4_200 },
  { load: FAMILY, solarPeakW: 0 },
  { load: WITH_CAR, solarPeakW: 6_500 },
  { load: HOME_OFFICE, solarPeakW: 0 },
];

/** All that happened behind one metering point in one quarter-hour, milli-Wh; none of it is negative. */
export type Quarter = {
  readonly loadMilliWh: number;
  readonly solarMilliWh: number;
  readonly chargeMilliWh: number;
  readonly dischargeMilliWh: number;
  readonly storedMilliWh: number;
};

/** One day of a household. `storedMilliWh`: what the battery holds at midnight. */
function liveDay(seed: number, home: number, household: Household, day: Day, storedMilliWh: number): Quarter[] {
  let stored = storedMilliWh;
  return Array.from({ length: INTERVALS_PER_DAY }, (_, quarter) => {
    const load = loadMilliWh(seed, home, household.load, day, quarter);
    const solar = solarMilliWh(seed, household.solarPeakW, day, quarter);
    const battery =
      household.battery === undefined
        ? { chargeMilliWh: 0, dischargeMilliWh: 0, storedMilliWh: 0 }
        : runBattery(household.battery, stored, load - solar);
    stored = battery.storedMilliWh;
    return { loadMilliWh: load, solarMilliWh: solar, ...battery };
  });
}

/** The days of one household, in order from `firstDay`: a battery carries its charge over midnight. */
function daysOf(seed: number, home: number, household: Household, firstDay: Day): (day: Day) => readonly Quarter[] {
  let current: Day = firstDay;
  let quarters: readonly Quarter[] | undefined;
  return (day) => {
    if (quarters === undefined || day < current) {
      current = firstDay;
      quarters = liveDay(seed, home, household, firstDay, 0);
    }
    while (current < day) {
      current = (current + 1) as Day;
      quarters = liveDay(seed, home, household, current, quarters.at(-1)?.storedMilliWh ?? 0);
    }
    return quarters;
  };
}

function toRow(day: Day, quarter: Quarter, index: number): Row {
  return {
    startSeconds: dayStart(day) + index * SECONDS_PER_INTERVAL,
    netMilliWh: quarter.loadMilliWh + quarter.chargeMilliWh - quarter.solarMilliWh - quarter.dischargeMilliWh,
    generationMilliWh: quarter.solarMilliWh,
  };
}

/** What each home of the generated street does, quarter-hour by quarter-hour. */
export function streetQuarters(seed: number, firstDay: Day): readonly ((day: Day) => readonly Quarter[])[] {
  return HOUSEHOLDS.map((household, home) => daysOf(seed, home, household, firstDay));
}

/**
 * The generated neighbourhood: twelve homes, the same for the same seed. Days before `firstDay` do not exist.
 *
 * @param days - undefined: without end.
 */
export function generateStreet(seed: number, firstDay: Day, days: number | undefined): Street {
  const homes = streetQuarters(seed, firstDay).map((quartersOf, home): Home => {
    return {
      name: `Home ${home + 1}`,
      hasGeneration: (HOUSEHOLDS[home]?.solarPeakW ?? 0) > 0,
      rowsOfDay: (day) => quartersOf(day).map((quarter, index) => toRow(day, quarter, index)),
    };
  });
  return {
    description: `a generated street of ${homes.length} homes`,
    stepSeconds: SECONDS_PER_INTERVAL,
    firstDay,
    days,
    homes,
  };
}
