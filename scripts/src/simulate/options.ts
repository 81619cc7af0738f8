import { availableParallelism, freemem } from "node:os";
import { parseArgs } from "node:util";

import { UserError } from "../errors.ts";

export const SIMULATE_HELP = `Usage: npm run simulate -- [options]

Many neighbourhoods on one local chain: each with its contracts, its oracle and its meters, which send their messages over
MQTT and share their energy; whole days are settled. Says what that takes: gas, calldata, logs, database, time and memory.

  --meters N           meters in all, shared out evenly (default 500)
  --neighbourhoods N   neighbourhoods, of at most 250 meters each (default 2)
  --days N             days that each of them settles (default 1)
  --at-a-time N        oracles that run at the same time (default: as many as processors and memory bear)
  --json FILE          write the figures to FILE
  --keep               keep the run's folder .commonwatt/run-... with logs, databases and deployments
  --help               this text`;

export type SimulateOptions = {
  readonly meters: number;
  readonly neighbourhoods: number;
  readonly days: number;
  readonly atATime: number;
  readonly json: string | undefined;
  readonly keep: boolean;
};

/** Most seats of a neighbourhood, rounded down. */
const MOST_METERS = 250;
/** An oracle with its signer, and what it leaves in the chain's process. */
const BYTES_PER_ORACLE = 500_000_000;

/**
 * Reads the command line.
 *
 * @returns undefined when help was asked for.
 * @throws UserError naming what is wrong.
 */
export function parseSimulateOptions(args: readonly string[]): SimulateOptions | undefined {
  const flags = parseFlags(args);
  if (flags.help) return undefined;
  const meters = whole("--meters", flags.meters, 500, 1_000_000);
  const neighbourhoods = whole("--neighbourhoods", flags.neighbourhoods, Math.min(2, meters), 10_000);
  if (meters < neighbourhoods || meters > neighbourhoods * MOST_METERS) {
    throw new UserError(
      `--meters is ${meters}, expected 1 to ${MOST_METERS} for each of the ${neighbourhoods} neighbourhoods.`,
    );
  }
  const bearable = Math.max(1, Math.min(2 * availableParallelism(), Math.floor(freemem() / BYTES_PER_ORACLE)));
  return {
    meters,
    neighbourhoods,
    days: whole("--days", flags.days, 1, 366),
    atATime: Math.min(whole("--at-a-time", flags["at-a-time"], bearable, 1_000), neighbourhoods),
    json: flags.json,
    keep: flags.keep,
  };
}

function parseFlags(args: readonly string[]) {
  const text = { type: "string" } as const;
  const flag = { type: "boolean", default: false } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        meters: text,
        neighbourhoods: text,
        days: text,
        "at-a-time": text,
        json: text,
        keep: flag,
        help: flag,
      },
    }).values;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new UserError(`${message}\nRun \`npm run simulate -- --help\` for all options.`);
  }
}

function whole(name: string, given: string | undefined, otherwise: number, most: number): number {
  if (given === undefined) return otherwise;
  const value = /^\d{1,7}$/u.test(given) ? Number(given) : Number.NaN;
  if (value >= 1 && value <= most) return value;
  throw new UserError(`${name} is "${given}", expected a whole number from 1 to ${most}.`);
}
