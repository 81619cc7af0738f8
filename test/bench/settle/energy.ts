import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

import { INTERVALS } from "../../fixtures/calendar.ts";

/** What one meter measured on one day, Wh per quarter-hour. */
export type MeterDay = { imports: number[]; exports: number[] };

export type Energy = {
  /** Where it comes from: a word for the bench's rows. */
  source: "real" | "generated";
  /** One entry per meter. */
  days: MeterDay[];
};

const FOLDER = join(import.meta.dirname, "../../../../shared/data/households");
/** Homes with a roof, hourly: load and generation. */
const PROSUMERS = join(FOLDER, "citylearn2022_hourly.csv.gz");
/** Homes without one, measured every quarter-hour. */
const CONSUMERS = join(FOLDER, "swiss_residential_15min.csv.gz");

/**
 * Days of so many meters, every second of them with a roof: measured households where the data sets are there (each meter
 * another household or another day), generated ones elsewhere.
 */
export function energyOf(meters: number): Energy {
  if (!existsSync(PROSUMERS) || !existsSync(CONSUMERS)) return generatedEnergy(meters);
  // 11 homes on days a fortnight apart; 120 homes on one weekday after the other.
  const prosumers = readDays(PROSUMERS, 24, 14);
  const consumers = readDays(CONSUMERS, 96, 1);
  return {
    source: "real",
    days: Array.from({ length: meters }, (_, meter) => {
      const of = meter % 2 === 0 ? prosumers : consumers;
      const day = of[Math.floor(meter / 2)];
      if (day === undefined) throw new Error(`The data sets have no ${meters} meter-days.`);
      return day;
    }),
  };
}

/** The same for everybody, whatever data sets are there. */
export function generatedEnergy(meters: number): Energy {
  return { source: "generated", days: Array.from({ length: meters }, (_, meter) => generate(meter)) };
}

function generate(meter: number): MeterDay {
  const nets = Array.from({ length: INTERVALS }, (_, index) => {
    const use = 40 + ((meter * 37 + index * 17) % 90) + (index >= 72 && index < 84 ? 150 + ((meter * 53) % 200) : 0);
    const height = Math.max(0, Math.sin((Math.PI * (index - 22)) / 52));
    return use - (meter % 2 === 0 ? Math.floor((700 + ((meter * 71) % 900)) * height) : 0);
  });
  return toMeterDay(nets);
}

function toMeterDay(nets: readonly number[]): MeterDay {
  return { imports: nets.map((net) => Math.max(0, net)), exports: nets.map((net) => Math.max(0, -net)) };
}

/**
 * Whole days of all households of a file, by day and then by household: load less generation, spread evenly over the
 * quarter-hours of a step, in whole Wh.
 *
 * @param stepsPerDay - Rows a day has.
 * @param stride - Of the days, every so many-th is taken.
 */
function readDays(path: string, stepsPerDay: number, stride: number): MeterDay[] {
  const text = gunzipSync(readFileSync(path)).toString("utf8");
  const days = new Map<string, number[]>();
  for (const line of text.trim().split("\n").slice(1)) {
    const [home = "", ts = "", load = "", generated = "0"] = line.split(",");
    const key = `${ts.slice(0, 10)} ${home}`;
    const nets = days.get(key) ?? [];
    days.set(key, nets);
    const parts = INTERVALS / stepsPerDay;
    nets.push(...new Array<number>(parts).fill((Number(load) - Number(generated)) / parts));
  }
  const dates = [...new Set([...days.keys()].map((key) => key.slice(0, 10)))].toSorted();
  const chosen = new Set(dates.filter((_, index) => index % stride === 1 % stride));
  return [...days]
    .filter(([key, nets]) => nets.length === INTERVALS && chosen.has(key.slice(0, 10)))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, nets]) => toMeterDay(nets.map(Math.round)));
}
