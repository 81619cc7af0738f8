import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";

import { checkBroker } from "./check-broker.ts";
import { checkCluster } from "./check-cluster.ts";
import { checkMeters } from "./check-meters.ts";
import { checkSources } from "./check-sources.ts";
import { expandProfiles } from "./expand-profiles.ts";
import { checkEdge } from "./edge.ts";
import { explainIssues } from "./issues.ts";
import { type Config, configSchema } from "./schema.ts";

/** The config file cannot be used. `problems` has one line per thing that is wrong. */
export class ConfigError extends CommonwattError {
  override readonly name = "ConfigError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The config has ${problems.length} problem${problems.length === 1 ? "" : "s"}:\n  ${problems.join("\n  ")}`);
    this.problems = problems;
  }
}

/**
 * Checks a parsed config and fills in the defaults.
 *
 * @param folder - Absolute folder that relative paths start at.
 * @throws ConfigError naming each wrong key, its place and what was expected.
 */
export function parseConfig(value: unknown, folder: string): Config {
  const result = configSchema.safeParse(value);
  if (!result.success) throw new ConfigError(explainIssues(configSchema, value, result.error));
  const { config, problems: unexpanded } = expandProfiles(result.data);
  // What could not be expanded would only be complained about twice.
  const meters = unexpanded.length > 0 ? [] : checkMeters(config.meters);
  const sources = unexpanded.length > 0 ? [] : checkSources(config.serial, config.nodes);
  const problems = [
    ...unexpanded,
    ...checkBroker(config.broker),
    ...checkCluster(config),
    ...checkEdge(config),
    ...sources,
    ...meters,
  ];
  if (config.timing.measuredGapSeconds > config.timing.maxGapSeconds) {
    problems.push(
      `timing.measuredGapSeconds: ${config.timing.measuredGapSeconds}, expected at most maxGapSeconds, ${config.timing.maxGapSeconds}`,
    );
  }
  if (config.settlement.deadlineSeconds < config.timing.graceSeconds) {
    problems.push(
      `settlement.deadlineSeconds: ${config.settlement.deadlineSeconds}, expected at least timing.graceSeconds, ${config.timing.graceSeconds}: earlier, a silent meter's day is not closed`,
    );
  }
  if (config.relay.enabled && config.api === undefined) {
    problems.push(
      "relay.enabled: true, expected an api section beside it: members sign in before they have actions sent",
    );
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return absolutePaths(config, folder);
}

/**
 * Reads the config file.
 *
 * @throws ConfigError when the file cannot be read, is not JSON, or is not a config.
 */
export function loadConfig(file: string): Config {
  return parseConfig(readConfig(file), dirname(resolve(file)));
}

/**
 * The same for a config whose meters are still to be found: `meters` may be empty or missing.
 *
 * @throws ConfigError as {@link loadConfig}.
 */
export function loadConfigWithoutMeters(file: string): Config {
  const value = readConfig(file);
  const folder = dirname(resolve(file));
  const isObject = typeof value === "object" && value !== null;
  const meters = isObject && "meters" in value ? value.meters : [];
  if (!isObject || !Array.isArray(meters) || meters.length > 0 || "edge" in value) return parseConfig(value, folder);
  return { ...parseConfig({ ...value, meters: [NO_METER] }, folder), meters: [] };
}

/** Stands for the meters of a config that has none yet. */
const NO_METER = { meter: 1, node: "none", fuseWatts: 100, inputs: [{ input: "none", meaning: "netWh" }] };

function readConfig(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new ConfigError([`${file}: cannot be read, ${String(error)}`]);
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new ConfigError([`${file}: expected JSON, ${String(error)}`]);
  }
}

function absolutePaths(config: Config, folder: string): Config {
  const at = (path: string) => resolve(folder, path);
  const { broker, http, database } = config;
  return {
    ...config,
    dataDir: at(config.dataDir),
    keystoreDir: at(config.keystoreDir),
    ...(config.passphraseFile === undefined ? {} : { passphraseFile: at(config.passphraseFile) }),
    signer: absoluteIn(config.signer, at, ["library", "pinFile", "caFile", "certificateFile", "keyFile"]),
    deploymentFile: at(config.deploymentFile),
    broker: absoluteIn(broker, at, [
      "usersFile",
      "usernameFile",
      "passwordFile",
      "caFile",
      "certificateFile",
      "keyFile",
    ]),
    ...(http === undefined ? {} : { http: absoluteIn(http, at, ["keysFile"]) }),
    serial: config.serial.map((line) => absoluteIn(line, at, ["path"])),
    database: absoluteIn(database, at, ["urlFile"]),
  };
}

/** The same with the named paths, where they are given, made absolute. */
function absoluteIn<T extends object>(section: T, at: (path: string) => string, keys: readonly string[]): T {
  const entries = Object.entries(section).map(([key, value]): [string, unknown] => [
    key,
    keys.includes(key) && typeof value === "string" ? at(value) : value,
  ]);
  return Object.fromEntries(entries) as T;
}
