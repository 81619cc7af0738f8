import { z } from "zod";

import { PROFILE_NAMES, WIRINGS } from "../devices/profile.ts";
import { api } from "./api.ts";
import { cluster } from "./cluster.ts";
import { edge } from "./edge.ts";
import { path, port, seconds, topicLevel } from "./fields.ts";
import { admin, alarms } from "./operation.ts";
import { relay } from "./relay.ts";
import { signer } from "./signer.ts";
import { broker, http, nodes, serial } from "./sources.ts";
import { USES } from "./uses.ts";

/** What an input of a node means for its meter: counters in Wh, powers in W. */
export const MEANINGS = [
  "importWh",
  "exportWh",
  "netWh",
  "netPowerW",
  "checkPowerW",
  "generationWh",
  "generationW",
  "useWh",
  "useW",
] as const;
export type Meaning = (typeof MEANINGS)[number];

const origin = z.url({ protocol: /^https?$/u, error: "expected an origin such as http://127.0.0.1:5173" });

const timing = z
  .strictObject({
    graceSeconds: seconds(0, 86_400)
      .default(3_600)
      .describe("A day is closed this long after its end even if no message from after it has come"),
    maxLateSeconds: seconds(0, 7 * 86_400)
      .default(10_800)
      .describe(
        "A day that late messages go on coming for is closed as it stands this long after the first look that found it over",
      ),
    maxGapSeconds: seconds(1, 86_400)
      .default(3_600)
      .describe(
        "Two readings farther apart leave the intervals between them missing: energy goes to the registers only",
      ),
    measuredGapSeconds: seconds(1, 86_400)
      .default(900)
      .describe("Two readings farther apart that cross an interval boundary make the intervals they touch estimates"),
    powerHoldSeconds: seconds(1, 3_600)
      .default(120)
      .describe("A power reading is taken to hold for at most this long; what lies beyond is missing"),
    futureToleranceSeconds: seconds(0, 3_600)
      .default(60)
      .describe("Messages whose time is farther ahead of the clock are refused"),
    pastToleranceSeconds: seconds(60, 30 * 86_400)
      .default(7 * 86_400)
      .describe("Messages whose time is farther behind the clock are refused"),
    confirmations: z
      .int()
      .min(1)
      .max(64)
      .default(1)
      .describe(
        "Blocks that must hold a transaction, its own included, before it counts. It is watched for 64 at least: what a deeper reorganisation undoes is sent again",
      ),
    pollMilliseconds: z
      .int()
      .min(20)
      .max(60_000)
      .default(1_000)
      .describe("Pause between looks at the clock, the days to close and the outbox"),
  })
  .describe("When a day closes, and which messages count");

const input = z
  .strictObject({
    input: topicLevel.describe("What the device calls the value"),
    meaning: z
      .enum(MEANINGS)
      .describe(
        "What it is. Counters count Wh, powers are W. `checkPowerW` is a net power beside counters: it is compared with them, never billed. Generation lies behind the metering point and is kept for information",
      ),
    plus: z
      .array(topicLevel)
      .min(1)
      .max(8)
      .optional()
      .describe(
        "Inputs of the same message that are added to this one, such as phases that are measured each for itself. Without one of them the message has no value",
      ),
    minus: z
      .array(topicLevel)
      .min(1)
      .max(8)
      .optional()
      .describe("Inputs of the same message that are taken off this one, such as generation from use"),
    use: z.enum(USES).optional().describe("What the energy of a `useWh` or `useW` is used for, and of no other"),
    powerIs: z
      .enum(["mean", "momentary"])
      .optional()
      .describe(
        "Of a power only: the mean of the time since the message before (emonPi2, emonTx, IoTaWatt), or the power of that moment, which holds until the next message (Shelly). Without it: mean",
      ),
  })
  .refine(({ meaning, powerIs }) => powerIs === undefined || meaning.endsWith("W"), {
    error: "expected only for netPowerW, checkPowerW, generationW and useW",
    path: ["powerIs"],
  })
  .refine(({ meaning, use }) => (use !== undefined) === (meaning === "useWh" || meaning === "useW"), {
    error: "expected a use for the meanings useWh and useW, and for no other",
    path: ["use"],
  });

const meter = z.strictObject({
  meter: z.int().min(1).max(0xffff_ffff).describe("Its number in the neighbourhood"),
  node: topicLevel.describe("The node of the topic `<baseTopic>/<node>` that this meter's device publishes under"),
  profile: z
    .enum(PROFILE_NAMES)
    .optional()
    .describe(
      "The device, where it has a ready profile: then `inputs` may be left out, and those given go before the profile's",
    ),
  wiring: z
    .enum(WIRINGS)
    .optional()
    .describe("What the device's current transformers are clamped around, see [devices](devices.md)"),
  channel: z
    .int()
    .min(0)
    .max(99)
    .optional()
    .describe("The device's channel at the connection, or of the use. Without it: its first"),
  generationChannel: z
    .int()
    .min(0)
    .max(99)
    .optional()
    .describe("The device's channel of the generation. Without it: its second"),
  inputs: z.array(input).max(32).default([]).describe("What the device's values mean"),
  fuseWatts: z
    .int()
    .min(100)
    .max(100_000_000)
    .describe("Most power the connection can carry; a counter that moves faster is refused"),
  unitWh: z
    .union([z.literal(1), z.literal(10), z.literal(100)])
    .default(1)
    .describe("The unit its energy is signed in, as registered: 10 to the power of the unit exponent on chain"),
  voltageSensing: z
    .boolean()
    .default(true)
    .describe("Without AC voltage sensing a device cannot tell export from import"),
  openingImportWh: z
    .int()
    .min(0)
    .default(0)
    .describe("Import register before the first reading, as registered with the device. A multiple of the unit"),
  openingExportWh: z.int().min(0).default(0).describe("The same of the export register"),
});

const board = z
  .strictObject({
    host: z.string().min(1).default("127.0.0.1").describe("Address to listen on"),
    port: port.default(8787).describe("0: a free port"),
    allowedOrigins: z
      .array(origin)
      .max(16)
      .default([])
      .describe("Origins of dApps that may call the board. Any loopback origin always may"),
    maxOffersPerSeller: z.int().min(1).max(10_000).default(1_000).describe("Offers of one seller that are kept"),
  })
  .describe("The offer board's HTTP API, with the oracle's health");

const submission = z
  .strictObject({
    maxBatch: z
      .int()
      .min(1)
      .max(16)
      .default(16)
      .describe("Most profiles in one transaction: 16 of the largest stay under the gas limit of a transaction"),
    retrySeconds: seconds(1, 600)
      .default(5)
      .describe("First pause before something is tried again; doubles up to 10 minutes"),
    maxAttempts: z
      .int()
      .min(1)
      .max(1_000)
      .default(50)
      .describe("A profile that still cannot be recorded after so many attempts is parked"),
    receiptTimeoutSeconds: seconds(1, 3_600)
      .default(120)
      .describe("A transaction that is not in a block after so long is replaced by the same at a higher fee"),
    maxFeeGwei: z
      .number()
      .min(0.000_000_001)
      .max(1_000_000)
      .default(200)
      .describe("Most that is paid per unit of gas. While the chain asks for more, transactions wait"),
  })
  .describe("How profiles get to the chain");

const rpc = z
  .strictObject({
    timeoutSeconds: seconds(1, 120)
      .default(20)
      .describe("An endpoint that does not answer within that time is left for a while"),
    behindBlocks: z
      .int()
      .min(1)
      .max(10_000)
      .default(5)
      .describe("An endpoint whose latest block is farther behind the best one's is left"),
    stalledSeconds: seconds(5, 86_400)
      .default(120)
      .describe("An endpoint whose latest block has not moved for so long, while another's is later, is left"),
  })
  .describe("When an endpoint of `rpcUrls` is left for another");

const settlement = z
  .strictObject({
    enabled: z
      .boolean()
      .default(true)
      .describe("Announce and settle the days of sharing meters. Without it another operator has to"),
    deadlineSeconds: seconds(0, 2 * 86_400)
      .default(21_600)
      .describe(
        "So long after a day's end its profiles are waited for; then the day is announced without those that are missing",
      ),
  })
  .describe("The day settlement");

const database = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("sqlite").describe("One file in `dataDir`") }),
    z.strictObject({
      kind: z.literal("postgres").describe("A PostgreSQL database of the oracle's own"),
      urlFile: path.describe(
        "File (mode 600) with the URL, which holds the password: `postgres://user:password@host:5432/name`",
      ),
    }),
  ])
  .describe("Where everything is kept but keys");

const retention = z
  .strictObject({
    messageDays: z
      .int()
      .min(0)
      .max(3_650)
      .default(7)
      .describe("Days that messages are kept after they were taken into account"),
    useDays: z.int().min(1).max(36_500).default(400).describe("Days that the energy by use is kept"),
    relayDays: z
      .int()
      .min(2)
      .max(36_500)
      .default(400)
      .describe("Days that members' actions are kept which were relayed for them and have ended"),
  })
  .describe("What was signed is kept for ever; what it was made from is not");

/**
 * Schema of the oracle's config file. Relative paths start at the config file's folder. What each setting means is said here
 * and nowhere else: docs/config.md is made from it by `npm run docs:config`.
 */
export const configSchema = z.strictObject({
  broker,
  http: http.optional(),
  serial,
  nodes,
  database: database.default({ kind: "sqlite" }),
  cluster: cluster.optional(),
  retention: retention.prefault({}),
  baseTopic: z
    .string()
    .regex(/^[^+#\s/]+(\/[^+#\s/]+)*$/u, { error: "expected a topic such as emon, without '+' or '#'" })
    .default("emon")
    .describe("First level(s) of every topic"),
  dataDir: path.describe("Folder of the database and of the signer's memory"),
  keystoreDir: path.describe("Folder of the encrypted keys"),
  passphraseFile: path
    .optional()
    .describe(
      "File (mode 600) with the passphrase of the keystore. Without it: the environment variable COMMONWATT_PASSPHRASE",
    ),
  keystoreStrength: z
    .enum(["standard", "light"])
    .default("standard")
    .describe('"light" is for demos: new keys get a key derivation that takes milliseconds to undo by brute force'),
  signer: signer.default({ kind: "process" }),
  deploymentFile: path.describe(
    "File with the addresses of the neighbourhood's contracts, as made at their deployment",
  ),
  rpcUrls: z
    .array(z.url({ protocol: /^https?$/u, error: "expected a URL such as http://127.0.0.1:8545" }))
    .min(1)
    .max(8)
    .describe(
      "Endpoints of the chain, the preferred one first: where one fails or falls behind, the next is used. With two, what they contradict each other about waits; with three, the majority is believed. Keep the file to yourself where they hold keys",
    ),
  rpc: rpc.prefault({}),
  clock: z
    .enum(["system", "chain"])
    .default("system")
    .describe('"chain": the timestamp of the latest block is the time, for simulation and replay'),
  logLevel: z
    .enum(["fatal", "error", "warn", "info", "debug", "silent"])
    .default("info")
    .describe("The least important lines that are logged"),
  timing: timing.prefault({}),
  submission: submission.prefault({}),
  settlement: settlement.prefault({}),
  meters: z
    .array(meter)
    .max(16_384)
    .describe("The meters, one entry each. None only where all of the neighbourhood's are in the edge section"),
  edge: edge.optional(),
  board: board.prefault({}),
  admin: admin.optional(),
  alarms: alarms.prefault({}),
  api: api.optional(),
  relay: relay.prefault({}),
});

export type Config = z.infer<typeof configSchema>;
export type MeterConfig = Config["meters"][number];
export type MeterInput = MeterConfig["inputs"][number];
export type Timing = Config["timing"];
export type BrokerConfig = Config["broker"];
export type ClusterConfig = NonNullable<Config["cluster"]>;
export type HttpConfig = NonNullable<Config["http"]>;
export type SerialConfig = Config["serial"][number];
export type NodeConfig = Config["nodes"][number];
