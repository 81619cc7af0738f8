import { parseArgs, type ParseArgsOptionsConfig } from "node:util";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";

/** An option of a verb: `--name VALUE`, or `--name` alone for a boolean. */
export type Option = {
  type: "string" | "boolean";
  /** What it means, in a few words. */
  about: string;
  /** What stands for its value in the help, such as FILE. */
  value?: string;
  /** Taken where it is not given. Shown in the help. */
  default?: string;
  required?: boolean;
};
export type Options = Readonly<Record<string, Option>>;

/** The values of options: a boolean is false where it is not given; what is required or has a default is always there. */
export type Values<O extends Options> = {
  [Name in keyof O]: O[Name]["type"] extends "boolean"
    ? boolean
    : O[Name] extends { required: true } | { default: string }
      ? string
      : string | undefined;
};

/** What the command line can do, one of them a run. */
export type Verb<O extends Options = Options> = {
  /** Examples, or what comes between the verb and its options; one form a line. */
  usage: string;
  options: O;
  /** What the help says beneath, in plain words. */
  details?: string;
  run(values: Values<O>): Promise<void> | void;
};

/** The command line cannot be understood; the message says what was expected. */
export class UsageError extends CommonwattError {
  override readonly name = "UsageError";
}

/** Keeps the types of a verb's options for its `run`; what is returned fits the table. */
export function defineVerb<const O extends Options>(verb: Verb<O>): Verb {
  return verb;
}

/** The option that nearly every verb has. */
export const configOption = {
  type: "string",
  value: "FILE",
  default: "config.json",
  about: "the oracle's configuration",
} as const satisfies Option;

/**
 * Reads what comes after a verb.
 *
 * @param name - The verb, for messages.
 * @returns The values, or undefined where help is asked for.
 * @throws UsageError naming the option and what was expected.
 */
export function parseOptions(name: string, options: Options, args: readonly string[]): Values<Options> | undefined {
  const config: ParseArgsOptionsConfig = { help: { type: "boolean", short: "h" } };
  for (const [option, { type }] of Object.entries(options)) config[option] = { type };
  const { values, positionals } = parseStrictly(name, config, args);
  if (values["help"] === true) return undefined;
  const [unexpected] = positionals;
  if (unexpected !== undefined) {
    throw new UsageError(`${JSON.stringify(unexpected)} is no part of "${name}". ${seeHelp(name)}`);
  }
  const missing = Object.entries(options).filter(([option, { required }]) => required && values[option] === undefined);
  if (missing.length > 0) {
    const names = missing.map(([option, { value }]) => `--${option}${value === undefined ? "" : ` ${value}`}`);
    throw new UsageError(`"${name}" needs ${names.join(" and ")}. ${seeHelp(name)}`);
  }
  return Object.fromEntries(
    Object.entries(options).map(([option, { type, default: otherwise }]) => [
      option,
      type === "boolean" ? values[option] === true : (values[option] ?? otherwise),
    ]),
  ) as Values<Options>;
}

function parseStrictly(name: string, options: ParseArgsOptionsConfig, args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    // Node's own first sentence names the option; what follows is about a syntax nobody here uses.
    const reason = error instanceof Error ? (error.message.split(". ", 1)[0] ?? error.message) : String(error);
    throw new UsageError(`${reason}. ${seeHelp(name)}`);
  }
}

const seeHelp = (name: string) => `See "commonwatt-oracle ${name} --help"`;

/** Writes a line to standard output. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
