/**
 * `npm run simulate:year`: settles every day of a file of real households on a local chain, with a progress bar, and
 * compares the energy shared with what the file itself says.
 */
import { writeFile } from "node:fs/promises";

import { formatKwh, wh } from "@commonwatt/sdk/units";

import { tradingOf } from "./homes/trading.ts";
import { readHouseholds } from "./households/csv.ts";
import { runOnce } from "./once.ts";
import { totalsJson } from "./report/totals.ts";
import { settlementStory, story } from "./report/words.ts";
import { checkWritable } from "./run/check-writable.ts";
import { DATA_CAP_WH } from "./run/street.ts";
import { untilInterrupted } from "./run/until-interrupted.ts";
import { homesOfQualityOk, metaBeside } from "./year/homes-of-quality.ts";
import { matchableMilliWh } from "./year/matchable.ts";
import { parseYearOptions, YEAR_HELP, type YearOptions } from "./year/options.ts";
import { progressBar } from "./year/progress.ts";

/** Meters count whole Wh per quarter-hour: by so much may the energy shared differ from the file's own steps, in all. */
const ROUNDING_WH_PER_DAY = 1;
const MOST_ROUNDING_WH = 100;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** @returns The exit code. */
async function simulate({ data, meta, json, keep }: YearOptions, signal: AbortSignal): Promise<number> {
  if (json !== undefined) await checkWritable("--json", json);
  const descriptions = meta ?? metaBeside(data);
  const homes = descriptions === undefined ? undefined : await homesOfQualityOk(descriptions);
  const street = await readHouseholds(data, { homes, partialDays: true });
  const days = street.days ?? 0;
  const trading = tradingOf("sharing", street.homes.length, false);
  say(`Settling ${days} days of ${street.description}${descriptions === undefined ? "" : ` of quality "ok"`}.`);
  const plan = { street, trading, capWh: DATA_CAP_WH };
  const onDay = progressBar("Settled", process.stdout);
  const { totals, failures } = await runOnce({ plan, keep, say, onDay }, signal);

  say(`In all, ${totals.profiles} profiles of ${totals.meters} meters: ${story(totals)}.`);
  say(settlementStory(totals));
  const matchable = wh(BigInt(Math.round(matchableMilliWh(street) / 1000)));
  const off = totals.settled.clearedWh - matchable;
  say(`By the file's own steps ${formatKwh(matchable)} can be shared: ${off < 0n ? -off : off} Wh off.`);
  const wrong = [...failures];
  if (off * off > BigInt(Math.min(ROUNDING_WH_PER_DAY * days, MOST_ROUNDING_WH)) ** 2n) {
    wrong.push(`${totals.settled.clearedWh} Wh were shared, expected ${matchable} Wh but for rounding.`);
  }
  for (const failure of wrong) say(`Wrong: ${failure}`);
  if (wrong.length === 0) say("The books are in order: every day was cleared again by the reference.");
  if (json !== undefined) await writeFile(json, totalsJson(totals, wrong));
  return wrong.length === 0 ? 0 : 1;
}

process.exitCode = await untilInterrupted(async (signal) => {
  const options = parseYearOptions(process.argv.slice(2));
  if (options === undefined) {
    say(YEAR_HELP);
    return 0;
  }
  return simulate(options, signal);
});
