/**
 * `npm start`: a whole neighbourhood on this machine. With `--once`, its days as fast as the machine goes; else the living
 * demo with the dApp, until Ctrl-C.
 */
import { writeFile } from "node:fs/promises";

import { live } from "./live.ts";
import { runOnce } from "./once.ts";
import { HELP, type Options, parseOptions } from "./options.ts";
import { totalsJson } from "./report/totals.ts";
import { settlementStory, story } from "./report/words.ts";
import { planStreet } from "./run/street.ts";
import { checkWritable } from "./run/check-writable.ts";
import { untilInterrupted } from "./run/until-interrupted.ts";

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** @returns The exit code. */
async function once(options: Options, signal: AbortSignal): Promise<number> {
  if (options.json !== undefined) await checkWritable("--json", options.json);
  const plan = await planStreet(options);
  const days = plan.street.days === 1 ? "1 day" : `${plan.street.days} days`;
  say(`Playing ${days} of ${plan.street.description} as fast as this machine goes.`);
  const { totals, failures } = await runOnce({ plan, keep: options.keep, say }, signal);
  say(`In all, ${totals.profiles} profiles of ${totals.meters} meters: ${story(totals)}.`);
  const settled = settlementStory(totals);
  if (settled !== "") say(settled);
  for (const failure of failures) say(`Wrong: ${failure}`);
  if (failures.length === 0) say("The books are in order: every signature, every Wh and every cent was checked.");
  if (options.json !== undefined) await writeFile(options.json, totalsJson(totals, failures));
  return failures.length === 0 ? 0 : 1;
}

async function main(signal: AbortSignal): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (options === undefined) {
    say(HELP);
    return 0;
  }
  if (options.once) return once(options, signal);
  try {
    await live(options, await planStreet(options), say, signal);
  } catch (error) {
    // Ctrl-C is how the living demo ends.
    if (!signal.aborted) throw error;
  }
  return 0;
}

process.exitCode = await untilInterrupted(main);
