import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";

import { z } from "zod";

import { checkBroker } from "../config/check-broker.ts";
import { checkMeters } from "../config/check-meters.ts";
import { checkSources } from "../config/check-sources.ts";
import { expandProfiles } from "../config/expand-profiles.ts";
import { path, seconds } from "../config/fields.ts";
import { explainIssues } from "../config/issues.ts";
import { ConfigError } from "../config/load.ts";
import { type Config, configSchema } from "../config/schema.ts";
import { broker } from "../config/sources.ts";

const address = z
  .string()
  .regex(/^0x[\da-f]{40}$/iu, { error: "expected an address: 0x and 40 hex digits" })
  .transform((text) => text.toLowerCase() as `0x${string}`);

const link = broker.options[1].omit({ kind: true });
const shape = configSchema.shape;

const gatewayMeter = shape.meters.element.extend({
  capUnits: z
    .int()
    .min(1)
    .max(32_767)
    .default(32_767)
    .describe(
      "Most energy an interval may have on chain, in the meter's unit, as the operator registered the meter. A day with an interval above it is refused whole, so such intervals are left out of it",
    ),
  nextKeyFrom: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}$/u, { error: "expected a date, YYYY-MM-DD" })
    .optional()
    .describe("After a rotation: the first day that the next key signs. Not needed where rpcUrl is given"),
});

/** Schema of a gateway's config file. Relative paths start at its folder. */
export const gatewaySchema = z.strictObject({
  neighbourhood: z
    .strictObject({
      chainId: z.int().min(1).describe("The chain's id"),
      address: address.describe("Address of the neighbourhood contract there"),
    })
    .describe("What the signatures are for: they are worth nothing in another neighbourhood or on another chain"),
  relay: link.describe("The broker of the relay, which signed days are shown to"),
  broker: link
    .extend({ clientId: link.shape.clientId.unwrap().default("commonwatt-edge") })
    .optional()
    .describe("The local broker that the meters publish to. Not needed where all meters are read from serial lines"),
  baseTopic: shape.baseTopic,
  serial: shape.serial,
  nodes: shape.nodes,
  meters: z.array(gatewayMeter).min(1).max(64).describe("The meters of this gateway, one entry each"),
  dataDir: shape.dataDir,
  keystoreDir: shape.keystoreDir,
  passphraseFile: shape.passphraseFile,
  token: z
    .strictObject({
      library: path.describe("PKCS#11 library of the secure element"),
      token: z.string().min(1).describe("Label of its token"),
      pinFile: path.optional().describe("File (mode 600) with its PIN"),
    })
    .optional()
    .describe("A secure element that holds the keys, instead of the keystore"),
  rpcUrl: z
    .url({ protocol: /^https?$/u, error: "expected a URL such as https://rpc.example" })
    .optional()
    .describe(
      "A node of the chain, not the relay's own: with it the gateway looks up itself whether its days are on chain. Without it the relay is taken at its word",
    ),
  receipts: z
    .strictObject({
      alarmHours: z
        .int()
        .min(1)
        .max(24 * 30)
        .default(36)
        .describe("So long after its end a day that is not known to be on chain is called withheld"),
      askSeconds: seconds(1, 86_400)
        .default(900)
        .describe("Pause between questions to the relay, and looks at the chain, about a day that is under way"),
    })
    .prefault({})
    .describe("When the gateway asks what became of its days, and when it complains"),
  keepDays: z
    .int()
    .min(30)
    .max(36_500)
    .default(400)
    .describe(
      "Days that a signed profile is kept once it is on chain: as the chain shows, or, without rpcUrl, as the relay says. One that is not is kept for ever",
    ),
  retention: z
    .strictObject({
      messageDays: shape.retention
        .unwrap()
        .shape.messageDays.unwrap()
        .default(1)
        .describe("Days that messages are kept"),
      useDays: shape.retention.unwrap().shape.useDays,
    })
    .prefault({})
    .describe("What the profiles are made from"),
  timing: shape.timing,
  logLevel: shape.logLevel,
});

export type GatewayConfig = z.infer<typeof gatewaySchema>;
export type GatewayMeter = GatewayConfig["meters"][number];

/**
 * Reads a gateway's config file, with everything in it that the long-running process would need a library for: that one is
 * handed the outcome.
 *
 * @throws ConfigError naming each wrong key, its place and what was expected.
 */
export function loadGatewayConfig(file: string): GatewayConfig {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new ConfigError([`${file}: expected a file with JSON, ${String(error)}`]);
  }
  return parseGatewayConfig(value, dirname(resolve(file)));
}

/** @param folder - Absolute folder that relative paths start at. */
export function parseGatewayConfig(value: unknown, folder: string): GatewayConfig {
  const result = gatewaySchema.safeParse(value);
  if (!result.success) throw new ConfigError(explainIssues(gatewaySchema, value, result.error));
  // Profiles of devices mean the same here; what else the oracle's config has does not matter to them.
  const expanded = expandProfiles(result.data as unknown as Config);
  const config = { ...result.data, meters: expanded.config.meters as GatewayMeter[], nodes: expanded.config.nodes };
  const problems = [...expanded.problems];
  if (problems.length === 0) problems.push(...checkMeters(config.meters), ...checkSources(config.serial, config.nodes));
  problems.push(
    ...checkLink("relay", config.relay),
    ...(config.broker === undefined ? [] : checkLink("broker", config.broker)),
  );
  if (config.broker === undefined && config.serial.length === 0)
    problems.push("broker, serial: both are missing, expected one that the meters are read from");
  if (config.timing.measuredGapSeconds > config.timing.maxGapSeconds)
    problems.push(
      `timing.measuredGapSeconds: ${config.timing.measuredGapSeconds}, expected at most maxGapSeconds, ${config.timing.maxGapSeconds}`,
    );
  if (problems.length > 0) throw new ConfigError(problems);
  return absolutePaths(config, folder);
}

function checkLink(name: string, section: GatewayConfig["relay"]): string[] {
  return checkBroker({ kind: "external", ...section }).map((problem) => problem.replaceAll("broker.", `${name}.`));
}

const PATHS: ReadonlySet<string> = new Set([
  "dataDir",
  "keystoreDir",
  "passphraseFile",
  "usernameFile",
  "passwordFile",
  "caFile",
  "certificateFile",
  "keyFile",
  "pinFile",
]);

function absolutePaths(config: GatewayConfig, folder: string): GatewayConfig {
  const absolute = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, entry]): [string, unknown] => [
        key,
        PATHS.has(key) && typeof entry === "string" ? resolve(folder, entry) : absolute(entry),
      ]),
    );
  };
  const serial = config.serial.map((line) => ({ ...line, path: resolve(folder, line.path) }));
  return { ...(absolute(config) as GatewayConfig), serial };
}
