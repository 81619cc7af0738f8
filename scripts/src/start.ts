/**
 * `npm start`: a whole neighbourhood on this machine. With `--once`, its days as fast as the machine goes; else the living
 * demo with the dApp, until Ctrl-C.
 */
import { open, writeFile } from "node:fs/promises";

import { describeError, UserError } from "./errors.ts";
import { live } from "./live.ts";
import { runOnce } from "./once.ts";
import { HELP, type Options, parseOptions } from "./options.ts";
import { totalsJson } from "./report/totals.ts";
import { story } from "./report/words.ts";
import { planStreet } from "./run/street.ts";

/** What a shell expects of a program that Ctrl-C ended. */
const INTERRUPTED = 130;
/** One Ctrl-C can arrive twice: from the terminal, and passed on by npm. */
const SAME_INTERRUPTION_MS = 1_000;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Finds out before the days are played and not after. */
async function checkWritable(file: string): Promise<void> {
  try {
    await (await open(file, "a")).close();
  } catch (error) {
    throw new UserError(`--json is "${file}", which cannot be written (${(error as NodeJS.ErrnoException).code}).`);
  }
}

/** @returns The exit code. */
async function once(options: Options, signal: AbortSignal): Promise<number> {
  if (options.json !== undefined) await checkWritable(options.json);
  const plan = await planStreet(options);
  const days = plan.street.days === 1 ? "1 day" : `${plan.street.days} days`;
  say(`Playing ${days} of ${plan.street.description} as fast as this machine goes.`);
  const { totals, failures } = await runOnce({ plan, keep: options.keep, say }, signal);
  say(`In all, ${totals.profiles} profiles of ${totals.meters} meters: ${story(totals)}.`);
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

const controller = new AbortController();
let interruptedAt: number | undefined;
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(name, () => {
    if (interruptedAt === undefined) {
      interruptedAt = performance.now();
      say("Ending everything ...");
      controller.abort();
    } else if (performance.now() - interruptedAt > SAME_INTERRUPTION_MS) {
      // Whoever insists gets out at once; the children are killed on the way.
      process.exit(INTERRUPTED);
    }
  });
}

try {
  process.exitCode = await main(controller.signal);
} catch (error) {
  if (controller.signal.aborted) process.exitCode = INTERRUPTED;
  else {
    process.stderr.write(`${describeError(error)}\n`);
    process.exitCode = 1;
  }
}
