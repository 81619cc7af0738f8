/** What `npm run simulate` runs: see options.ts for what can be asked. */
import { writeFile } from "node:fs/promises";

import { checkWritable } from "../run/check-writable.ts";
import { untilInterrupted } from "../run/until-interrupted.ts";
import { perHousehold, sumUp, tell } from "./figures.ts";
import { parseSimulateOptions, SIMULATE_HELP } from "./options.ts";
import { simulateTown } from "./town.ts";

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

process.exitCode = await untilInterrupted(async (signal) => {
  const options = parseSimulateOptions(process.argv.slice(2));
  if (options === undefined) {
    say(SIMULATE_HELP);
    return 0;
  }
  const { json } = options;
  if (json !== undefined) await checkWritable("--json", json);
  const began = performance.now();
  const progress = (line: string) => {
    say(`[${Math.round((performance.now() - began) / 1000)} s] ${line}`);
  };
  const found = await simulateTown(options, progress, signal);
  const totals = sumUp(options, found, (performance.now() - began) / 1000);
  const household = perHousehold(totals);
  tell(totals, household, say);
  if (json !== undefined)
    await writeFile(json, `${JSON.stringify({ ...totals, perHousehold: household }, undefined, 2)}\n`);
  if (totals.daysSettled === totals.daysExpected) return 0;
  say(`Wrong: ${totals.daysSettled} days were settled, expected ${totals.daysExpected}.`);
  return 1;
});
