import { type Day, parseIsoDay } from "@commonwatt/sdk/time";
import { parseArgs } from "node:util";

import { UserError } from "./errors.ts";

export const HELP = `Usage: npm start -- [options]

Runs a whole neighbourhood on this machine: a local chain, the contracts, the oracle, meters that speak MQTT, bots that
trade, and the dApp. Ctrl-C ends all of it.

  --once               no dApp: play the days as fast as the machine goes, check the books, exit 0 if all is well
  --json FILE          with --once: write the totals to FILE (integers as decimal strings)
  --data FILE.csv[.gz] replay real households: columns household,ts,load_wh,pv_wh (Wh per step, ts = start of step, UTC)
  --from YYYY-MM-DD    first day; with --data the file's first whole day, else 2026-06-01
  --days N             how many days; with --once 2, with --data all the file has, else without end
  --homes A,B,C        with --data: only these households
  --mode MODE          how the homes trade:
                       sharing  by the automatic day settlement; of generated homes one trades by hand (their default)
                       self     by hand: each lists all it exports and buys what it can use (the default with --data)
                       mixed    two homes share, two trade by hand, and so on
  --day-seconds N      without --once: length of a day in seconds, 10 to 86,400 (default 60)
  --port N             without --once: port of the dApp on 127.0.0.1 (default 5173, or the next free one)
  --keep               keep the run's folder .commonwatt/run-... with logs, database and deployment
  --help               this text`;

const MODES = ["self", "sharing", "mixed"] as const;
/** How the homes of a run trade: by hand with energy tokens, by the automatic day settlement, or half and half. */
export type Mode = (typeof MODES)[number];

export type Options = {
  readonly once: boolean;
  readonly mode: Mode;
  readonly json: string | undefined;
  readonly data: string | undefined;
  readonly fromDay: Day | undefined;
  readonly days: number | undefined;
  readonly homes: readonly string[] | undefined;
  readonly daySeconds: number;
  readonly port: number | undefined;
  readonly keep: boolean;
};

const MAX_DAYS = 3_660;
const MIN_DAY_SECONDS = 10;
const MAX_DAY_SECONDS = 86_400;

/** Whole decimal number within bounds. */
function integerOption(flag: string, text: string | undefined, min: number, max: number): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d{1,9}$/u.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new UserError(`--${flag} is "${text}", expected a whole number from ${min} to ${max}.`);
}

function dayOption(text: string | undefined): Day | undefined {
  if (text === undefined) return undefined;
  try {
    return parseIsoDay(text);
  } catch {
    throw new UserError(`--from is "${text}", expected a day as YYYY-MM-DD.`);
  }
}

function homesOption(text: string | undefined): readonly string[] | undefined {
  if (text === undefined) return undefined;
  const homes = text.split(",");
  if (homes.some((home) => home === "")) {
    throw new UserError(`--homes is "${text}", expected names separated by commas, such as a,b,c.`);
  }
  const twice = homes.find((home, index) => homes.indexOf(home) !== index);
  if (twice !== undefined) throw new UserError(`--homes names "${twice}" twice.`);
  return homes;
}

function modeOption(text: string | undefined): Mode | undefined {
  if (text === undefined) return undefined;
  const mode = MODES.find((name) => name === text);
  if (mode !== undefined) return mode;
  throw new UserError(`--mode is "${text}", expected ${MODES.join(", ")}.`);
}

function parseFlags(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      strict: true,
      allowPositionals: false,
      options: {
        once: { type: "boolean", default: false },
        json: { type: "string" },
        data: { type: "string" },
        from: { type: "string" },
        days: { type: "string" },
        homes: { type: "string" },
        mode: { type: "string" },
        "day-seconds": { type: "string" },
        port: { type: "string" },
        keep: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new UserError(`${message}\nRun \`npm start -- --help\` for all options.`);
  }
}

/**
 * Reads the command line.
 *
 * @returns undefined when help was asked for.
 * @throws UserError naming the option, its value and what was expected.
 */
export function parseOptions(args: readonly string[]): Options | undefined {
  const flags = parseFlags(args);
  if (flags.help) return undefined;
  const needs = (flag: "json" | "homes" | "day-seconds" | "port", condition: boolean, what: string): void => {
    if (flags[flag] !== undefined && !condition) throw new UserError(`--${flag} goes ${what}.`);
  };
  needs("json", flags.once, "with --once");
  needs("homes", flags.data !== undefined, "with --data: a generated street is always whole");
  needs("day-seconds", !flags.once, "without --once, which runs as fast as the machine goes");
  needs("port", !flags.once, "without --once, which serves no dApp");
  return {
    once: flags.once,
    mode: modeOption(flags.mode) ?? (flags.data === undefined ? "sharing" : "self"),
    json: flags.json,
    data: flags.data,
    fromDay: dayOption(flags.from),
    days: integerOption("days", flags.days, 1, MAX_DAYS),
    homes: homesOption(flags.homes),
    daySeconds: integerOption("day-seconds", flags["day-seconds"], MIN_DAY_SECONDS, MAX_DAY_SECONDS) ?? 60,
    port: integerOption("port", flags.port, 1, 65_535),
    keep: flags.keep,
  };
}
