import { parseArgs } from "node:util";

export type BenchOptions = {
  /** How long each measurement runs. */
  seconds: number;
  rounds: number;
  /** Meters of the measurement of processor time and memory. */
  meters: number;
  json: string | undefined;
};

export const HELP = `Usage: npm run bench:oracle -- [options]

Messages a second from the meters to the disk of the oracle, beside what the broker and the database do alone; what ten
thousand meters take; and how long the oracle takes to be back after it was killed.

  --seconds N   length of each measurement (default 8)
  --rounds N    rounds whose medians are given (default 3)
  --meters N    meters of the measurement of processor time and memory (default 10000)
  --json FILE   write the rows to FILE
  --help        this text`;

/**
 * Reads the command line; undefined for help.
 *
 * @throws Error naming the option, its value and what was expected.
 */
export function parseBenchOptions(args: readonly string[]): BenchOptions | undefined {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    args: [...args],
    options: { seconds: text, rounds: text, meters: text, json: text, help: { type: "boolean", default: false } },
  });
  if (values.help) return undefined;
  return {
    seconds: whole("seconds", values.seconds, 8, 600),
    rounds: whole("rounds", values.rounds, 3, 99),
    meters: whole("meters", values.meters, 10_000, 16_384),
    json: values.json,
  };
}

function whole(name: string, given: string | undefined, otherwise: number, most: number): number {
  if (given === undefined) return otherwise;
  const value = /^\d{1,6}$/u.test(given) ? Number(given) : Number.NaN;
  if (value >= 1 && value <= most) return value;
  throw new Error(`--${name} is "${given}", expected a whole number from 1 to ${most}`);
}
