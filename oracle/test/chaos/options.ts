import { parseArgs } from "node:util";

export const DATABASES = ["sqlite", "postgres"] as const;
export const BROKERS = ["embedded", "mosquitto"] as const;

export type Options = {
  seed: number;
  days: number;
  meters: number;
  kills: number;
  database: (typeof DATABASES)[number];
  broker: (typeof BROKERS)[number];
  /** Oracle processes that share the meters. */
  oracles: number;
  /** Real minutes through which runs follow one another, each with the next seed; undefined for one run. */
  minutes: number | undefined;
  /** Where to write the result. */
  json: string | undefined;
  keep: boolean;
};

export const HELP = `Usage: npm run test:chaos -- [options]

Runs the oracle through a simulated month while everything around it is killed, and compares the chain with what the
acknowledged messages come to.

  --seed N             same seed, same plan, same profiles (default 1)
  --days N             simulated days (default 30)
  --meters N           meters, each with a gateway of its own (default 20)
  --kills N            processes killed with SIGKILL in each run (default 100)
  --database KIND      sqlite or postgres (default: one run with each)
  --broker KIND        embedded or mosquitto (default: embedded with sqlite, mosquitto with postgres)
  --oracles N          oracle processes that share the meters, 1 to 4 (default 1; more: PostgreSQL and mosquitto)
  --minutes N          go on with one run after the other, each with the next seed, until N minutes have passed
  --json FILE          write the result to FILE
  --keep               keep the run's folder, with all logs
  --help               this text`;

/** A value of the command line that cannot be used. */
export class OptionError extends Error {
  override readonly name = "OptionError";
}

/**
 * The runs that a command line asks for; undefined for help.
 *
 * @throws OptionError naming the option, its value and what was expected.
 */
export function parseOptions(args: readonly string[]): Options[] | undefined {
  const values = parse(args);
  if (values.help) return undefined;
  const database = choice("database", values.database, DATABASES);
  const broker = choice("broker", values.broker, BROKERS);
  const oracles = whole("oracles", values.oracles, 1, 1, 4);
  if (oracles > 1 && (database === "sqlite" || broker === "embedded")) {
    throw new OptionError(`--oracles is "${oracles}", expected 1 with SQLite or the embedded broker`);
  }
  const minutes = values.minutes === undefined ? undefined : whole("minutes", values.minutes, 1, 1, 1_440);
  const all = oracles > 1 ? (["postgres"] as const) : DATABASES;
  const databases = database === undefined ? all : [database];
  return databases.map((kind) => ({
    seed: whole("seed", values.seed, 1, 0, 0xffff_ffff),
    days: whole("days", values.days, 30, 1, 365),
    meters: whole("meters", values.meters, 20, 1, 200),
    kills: whole("kills", values.kills, 100, 0, 10_000),
    database: kind,
    broker: broker ?? (kind === "sqlite" ? "embedded" : "mosquitto"),
    oracles,
    minutes,
    json: values.json,
    keep: values.keep,
  }));
}

function parse(args: readonly string[]) {
  const text = { type: "string" } as const;
  const flag = { type: "boolean", default: false } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        seed: text,
        days: text,
        meters: text,
        kills: text,
        database: text,
        broker: text,
        oracles: text,
        minutes: text,
        json: text,
        keep: flag,
        help: flag,
      },
    }).values;
  } catch (error) {
    throw new OptionError(`${error instanceof Error ? error.message : String(error)}\n\n${HELP}`);
  }
}

function whole(name: string, given: string | undefined, otherwise: number, least: number, most: number): number {
  if (given === undefined) return otherwise;
  const value = /^\d{1,10}$/u.test(given) ? Number(given) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new OptionError(`--${name} is "${given}", expected a whole number from ${least} to ${most}`);
}

function choice<T extends string>(name: string, given: string | undefined, of: readonly T[]): T | undefined {
  if (given === undefined) return undefined;
  const found = of.find((one) => one === given);
  if (found === undefined) throw new OptionError(`--${name} is "${given}", expected ${of.join(" or ")}`);
  return found;
}
