import { parseArgs } from "node:util";

export const HELP = `Usage: npm run rehearsal -- --folder FOLDER [--port 8545]

Plays everything around the oracle of a folder that "commonwatt-oracle init" makes there: a chain on this machine, the
owners of its meters with their wallets, and their gateways, which post readings as an emonHub does. Once the oracle runs,
the days pass quickly until the first one is settled. See docs/operations.md.

  --folder FOLDER  the oracle's folder
  --port N         port of the chain (default 8545)
  --help           this text`;

export type RehearsalOptions = { folder: string; port: number };

/**
 * Reads the command line; undefined for help.
 *
 * @throws Error naming the option, its value and what was expected.
 */
export function parseRehearsalOptions(args: readonly string[]): RehearsalOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      folder: { type: "string" },
      port: { type: "string", default: "8545" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  if (values.folder === undefined) throw new Error(`--folder is missing, expected the oracle's folder\n${HELP}`);
  const port = /^\d{1,5}$/u.test(values.port) ? Number(values.port) : 0;
  if (port < 1 || port > 65_535) throw new Error(`--port is "${values.port}", expected a port from 1 to 65535`);
  return { folder: values.folder, port };
}
