import { type Day, INTERVALS_PER_DAY } from "@commonwatt/sdk/time";

import { noise } from "./noise.ts";

/** Where the street lies: middle Europe. Latitude and longitude in degrees. */
const LATITUDE = 48.2;
const LONGITUDE = 12;

const RADIANS = Math.PI / 180;
const DAYS_PER_YEAR = 365.2425;
/** 1 January 1970 to the winter solstice of that year, days. */
const WINTER_SOLSTICE = 355;
/** What inverter, wiring and an imperfect roof leave of the panels' rating. */
const SYSTEM_EFFICIENCY = 0.82;

/** Sine of the sun's height over the horizon in the middle of a quarter-hour of a UTC day; negative at night. */
function sunHeight(day: Day, quarter: number): number {
  const season = (2 * Math.PI * (day - WINTER_SOLSTICE)) / DAYS_PER_YEAR;
  const declination = -23.44 * RADIANS * Math.cos(season);
  const hour = ((quarter + 0.5) * 24) / INTERVALS_PER_DAY + LONGITUDE / 15;
  const hourAngle = (hour - 12) * 15 * RADIANS;
  const latitude = LATITUDE * RADIANS;
  return Math.sin(latitude) * Math.sin(declination) + Math.cos(latitude) * Math.cos(declination) * Math.cos(hourAngle);
}

/** Share of the light that the clouds let through, 0.15 to 1: one sky for the whole street. */
function clearness(seed: number, day: Day, quarter: number): number {
  const ofDay = 0.35 + 0.65 * Math.sqrt(noise(seed, 1, day));
  // Passing clouds: two hours blend into the next two.
  const block = Math.floor(quarter / 8);
  const blend = (quarter % 8) / 8;
  const passing = noise(seed, 2, day, block) * (1 - blend) + noise(seed, 2, day, block + 1) * blend;
  return Math.max(0.15, ofDay * (0.7 + 0.3 * passing));
}

/**
 * Energy that panels of `peakW` watts yield in one quarter-hour.
 *
 * @returns Whole milli-Wh, 0 at night.
 */
export function solarMilliWh(seed: number, peakW: number, day: Day, quarter: number): number {
  const height = sunHeight(day, quarter);
  if (peakW === 0 || height <= 0) return 0;
  const watts = peakW * SYSTEM_EFFICIENCY * height ** 1.15 * clearness(seed, day, quarter);
  return Math.round(watts * 250);
}
