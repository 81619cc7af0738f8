/** What `npm run test:street-year` runs: see options.ts for what can be asked, play.ts for what happens. */
import { writeFile } from "node:fs/promises";

import { baseUnits, formatKwh, formatMoney, wh } from "@commonwatt/sdk/units";

import { checkWritable } from "../run/check-writable.ts";
import { untilInterrupted } from "../run/until-interrupted.ts";
import { progressBar } from "../year/progress.ts";
import { parseStreetYearOptions, STREET_YEAR_HELP, type StreetYearOptions } from "./options.ts";
import { runStreetYear, type StreetYearResult } from "./run.ts";

const MOST_LINES = 40;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** @returns The exit code. */
async function main(options: StreetYearOptions, signal: AbortSignal): Promise<number> {
  if (options.json !== undefined) await checkWritable("--json", options.json);
  say(`${options.days} days of ${options.meters} meters, a message every 5 minutes from each, seed ${options.seed}.`);
  const result = await runStreetYear(options, { say, onDay: progressBar("Lived", process.stdout) }, signal);
  tell(options, result);
  if (options.json !== undefined) await writeFile(options.json, `${toJson(options, result)}\n`);
  return result.failures.length === 0 ? 0 : 1;
}

function tell(options: StreetYearOptions, result: StreetYearResult): void {
  const { trends, failures, story, settledDays, expectation } = result;
  for (const line of story) say(line);
  const { oracleMegabytes: memory, database } = trends;
  say(
    `${result.messages} messages, ${expectation.days.size} meter-days, ${settledDays} of ${options.days} days settled, ` +
      `${formatKwh(wh(result.clearedWh))} shared, ${formatMoney(baseUnits(result.treasuryBaseUnits))} of network charge, in ${result.seconds} s.`,
  );
  say(
    `The oracle took at most ${memory.most} MB and ${memory.last} MB at the end; over ${memory.daysWithoutRestart} days without ` +
      `restart it grew by ${memory.slopeKbPerDay} kB a day. Its signer took at most ${trends.signerMegabytes} MB.`,
  );
  say(
    `The database has ${database.lastMegabytes} MB and grew by ${database.bytesPerDay} bytes a day, ` +
      `${Math.round(database.bytesPerDay / options.meters)} a meter; a straight line explains ${percent(database.explainedByALine)} of it.`,
  );
  for (const failure of failures.slice(0, MOST_LINES)) say(`Wrong: ${failure}`);
  if (failures.length > MOST_LINES) say(`... and ${failures.length - MOST_LINES} more.`);
  if (failures.length === 0) say("Ledger and money are what the messages come to, to the watt-hour and the base unit.");
}

function percent(share: number): string {
  return `${Math.round(share * 10_000) / 100} %`;
}

function toJson({ days, meters, seed }: StreetYearOptions, result: StreetYearResult): string {
  const { messages, seconds, story, trends, failures, samples, clearedWh, treasuryBaseUnits } = result;
  const figures = {
    days,
    meters,
    seed,
    messages,
    seconds,
    clearedWh,
    treasuryBaseUnits,
    story,
    trends,
    failures,
    samples,
  };
  return JSON.stringify(figures, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value), 2);
}

process.exitCode = await untilInterrupted(async (signal) => {
  const options = parseStreetYearOptions(process.argv.slice(2));
  if (options !== undefined) return main(options, signal);
  say(STREET_YEAR_HELP);
  return 0;
});
