import { parseArgs } from "node:util";

import { UserError } from "../errors.ts";

export const YEAR_HELP = `Usage: npm run simulate:year -- --data FILE.csv[.gz] [options]

Settles every day of a file of real households on a local chain: meters, oracle, contracts, all of it, with every home
sharing at the community price. Then checks the books and compares the energy shared with what the file's own steps say.

  --data FILE.csv[.gz]  columns household,ts,load_wh,pv_wh (Wh per step, ts = start of step, UTC)
  --meta FILE.csv       columns household,quality: only homes of quality "ok" take part; without it FILE_meta.csv beside
                        the data (for street_hourly.csv.gz: street_meta.csv), if there is one; else all homes do
  --json FILE           write the totals to FILE (integers as decimal strings)
  --keep                keep the run's folder .commonwatt/run-... with logs, database and deployment
  --help                this text`;

export type YearOptions = {
  readonly data: string;
  readonly meta: string | undefined;
  readonly json: string | undefined;
  readonly keep: boolean;
};

/**
 * Reads the command line.
 *
 * @returns undefined when help was asked for.
 * @throws UserError naming what is wrong.
 */
export function parseYearOptions(args: readonly string[]): YearOptions | undefined {
  const flags = parseFlags(args);
  if (flags.help) return undefined;
  const { data, meta, json, keep } = flags;
  if (data === undefined) throw new UserError("--data FILE is missing: the households whose days are settled.");
  return { data, meta, json, keep };
}

function parseFlags(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      strict: true,
      allowPositionals: false,
      options: {
        data: { type: "string" },
        meta: { type: "string" },
        json: { type: "string" },
        keep: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new UserError(`${message}\nRun \`npm run simulate:year -- --help\` for all options.`);
  }
}
