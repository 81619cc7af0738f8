import { parseArgs } from "node:util";

import { UserError } from "../errors.ts";

export const STREET_YEAR_HELP = `Usage: npm run test:street-year -- [options]

Runs a neighbourhood for a year of simulated time with real processes: a chain, the oracle with its broker and database,
and meters that send a message every 5 minutes. On the way everything happens that happens in a year: a tariff changes,
keys are rotated, a counter is replaced, a member leaves with their money, and the oracle is killed twice. Then ledger and
money are compared, to the base unit, with what the messages come to.

  --days N      days, 10 to 1000 (default 366)
  --meters N    meters, 12 to 200 (default 30)
  --seed N      another street of the same kind (default 1)
  --json FILE   write the figures to FILE
  --keep        keep the run's folder .commonwatt/run-... with logs, database and deployment
  --help        this text`;

export type StreetYearOptions = {
  readonly days: number;
  readonly meters: number;
  readonly seed: number;
  readonly json: string | undefined;
  readonly keep: boolean;
};

/**
 * Reads the command line.
 *
 * @returns undefined when help was asked for.
 * @throws UserError naming what is wrong.
 */
export function parseStreetYearOptions(args: readonly string[]): StreetYearOptions | undefined {
  const flags = parseFlags(args);
  if (flags.help) return undefined;
  return {
    // Fewer, and what happens would happen on one day.
    days: wholeNumber("--days", flags.days, 10, 1_000),
    // Fewer, and not every kind of home would be there.
    meters: wholeNumber("--meters", flags.meters, 12, 200),
    seed: wholeNumber("--seed", flags.seed, 0, 2 ** 31 - 1),
    json: flags.json,
    keep: flags.keep,
  };
}

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = /^\d{1,10}$/u.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new UserError(`${name} is ${JSON.stringify(text)}, expected a whole number from ${least} to ${most}.`);
}

function parseFlags(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      strict: true,
      allowPositionals: false,
      options: {
        days: { type: "string", default: "366" },
        meters: { type: "string", default: "30" },
        seed: { type: "string", default: "1" },
        json: { type: "string" },
        keep: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new UserError(`${message}\nRun \`npm run test:street-year -- --help\` for all options.`);
  }
}
