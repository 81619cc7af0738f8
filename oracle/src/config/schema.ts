import { z } from "zod";

import { PROFILE_NAMES, WIRINGS } from "../devices/profile.ts";
import { path, port, seconds, topicLevel } from "./fields.ts";
import { broker, http, nodes, serial } from "./sources.ts";

/**
 * What an input of a node means for its meter. Counters count Wh, powers are W. `checkPowerW` is a net power beside
 * counters: it is compared with them, never billed. Generation lies behind the metering point and is kept for information.
 */
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

const timing = z.strictObject({
  /** A day is closed this long after its end even if no message from after it has come. */
  graceSeconds: seconds(0, 86_400).default(3_600),
  /** A day that late messages go on coming for is closed as it stands this long after the first look that found it over. */
  maxLateSeconds: seconds(0, 7 * 86_400).default(10_800),
  /** Two readings farther apart leave the intervals between them missing: energy goes to the registers only. */
  maxGapSeconds: seconds(1, 86_400).default(3_600),
  /** Two readings farther apart that cross an interval boundary make the intervals they touch estimates. */
  measuredGapSeconds: seconds(1, 86_400).default(900),
  /** A power reading is taken to hold for at most this long; what lies beyond is missing. */
  powerHoldSeconds: seconds(1, 3_600).default(120),
  /** Messages whose time is farther ahead of the clock are refused. */
  futureToleranceSeconds: seconds(0, 3_600).default(60),
  /** Messages whose time is farther behind the clock are refused. */
  pastToleranceSeconds: seconds(60, 30 * 86_400).default(7 * 86_400),
  /**
   * Blocks that must hold a transaction, its own included, before it counts. It is watched for 64 at least: what a deeper
   * reorganisation undoes is sent again.
   */
  confirmations: z.int().min(1).max(64).default(1),
  /** Pause between looks at the clock, the days to close and the outbox. */
  pollMilliseconds: z.int().min(20).max(60_000).default(1_000),
});

/** What a sub-channel behind the metering point is used for. Private: it never leaves the oracle's database. */
export const USES = ["heating", "lighting", "cooking", "cleaning", "entertainment", "charging", "other"] as const;
export type Use = (typeof USES)[number];

const input = z
  .strictObject({
    input: topicLevel,
    meaning: z.enum(MEANINGS),
    /**
     * Inputs of the same message that are added to or taken off this one: phases that are measured each for itself, or what
     * passes the connection as use minus generation. Without one of them the message has no value.
     */
    plus: z.array(topicLevel).min(1).max(8).optional(),
    minus: z.array(topicLevel).min(1).max(8).optional(),
    /** Of a `useWh` or `useW` only. */
    use: z.enum(USES).optional(),
    /**
     * Of a power only: the mean of the time since the message before (emonPi2, emonTx, IoTaWatt), or the power of that
     * moment, which holds until the next message (Shelly). Without it: mean.
     */
    powerIs: z.enum(["mean", "momentary"]).optional(),
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
  meter: z.int().min(1).max(0xffff_ffff),
  /** The node of the topic `<baseTopic>/<node>` that this meter's device publishes under. */
  node: topicLevel,
  /** The device, where it has a ready profile: then `inputs` may be left out, and those given go before the profile's. */
  profile: z.enum(PROFILE_NAMES).optional(),
  /** What the device's current transformers are clamped around, see docs/devices.md. */
  wiring: z.enum(WIRINGS).optional(),
  /** The channel at the connection, or of the use, and that of the generation. Without them: the device's first two. */
  channel: z.int().min(0).max(99).optional(),
  generationChannel: z.int().min(0).max(99).optional(),
  inputs: z.array(input).max(32).default([]),
  /** Most power the connection can carry; a counter that moves faster is refused. */
  fuseWatts: z.int().min(100).max(100_000_000),
  /** 10 to the power of the unit exponent of the meter on chain. */
  unitWh: z.union([z.literal(1), z.literal(10), z.literal(100)]).default(1),
  /** Without AC voltage sensing a device cannot tell export from import. */
  voltageSensing: z.boolean().default(true),
  /** Registers before the first reading, as registered with the device. A multiple of the unit. */
  openingImportWh: z.int().min(0).default(0),
  openingExportWh: z.int().min(0).default(0),
});

const board = z.strictObject({
  host: z.string().min(1).default("127.0.0.1"),
  port: port.default(8787),
  /** Origins of dApps that may call the board. Any loopback origin always may. */
  allowedOrigins: z.array(origin).max(16).default([]),
  maxOffersPerSeller: z.int().min(1).max(10_000).default(1_000),
});

const submission = z.strictObject({
  /** Most profiles in one transaction: 16 of the largest stay under the gas limit of a transaction. */
  maxBatch: z.int().min(1).max(16).default(16),
  /** First pause before something is tried again; doubles up to 10 minutes. */
  retrySeconds: seconds(1, 600).default(5),
  /** A profile that still cannot be recorded after so many attempts is parked. */
  maxAttempts: z.int().min(1).max(1_000).default(50),
  /** A transaction that is not in a block after so long is replaced by the same at a higher fee. */
  receiptTimeoutSeconds: seconds(1, 3_600).default(120),
  /** Most that is paid per unit of gas. While the chain asks for more, transactions wait. */
  maxFeeGwei: z.number().min(0.000_000_001).max(1_000_000).default(200),
});

const rpc = z.strictObject({
  /** An endpoint that does not answer within that time is left for a while. */
  timeoutSeconds: seconds(1, 120).default(20),
  /** An endpoint whose latest block is farther behind the best one's is left. */
  behindBlocks: z.int().min(1).max(10_000).default(5),
  /** An endpoint whose latest block has not moved for so long, while another's is later, is left. */
  stalledSeconds: seconds(5, 86_400).default(120),
});

const settlement = z.strictObject({
  /** Announce and settle the days of sharing meters. Without it another operator has to. */
  enabled: z.boolean().default(true),
  /** So long after a day's end its profiles are waited for; then the day is announced without those that are missing. */
  deadlineSeconds: seconds(0, 2 * 86_400).default(21_600),
});

const database = z.discriminatedUnion("kind", [
  /** One file in `dataDir`. */
  z.strictObject({ kind: z.literal("sqlite") }),
  z.strictObject({
    kind: z.literal("postgres"),
    /** File (mode 600) with the URL, which holds the password: postgres://user:password@host:5432/name. */
    urlFile: path,
  }),
]);

/** What was signed is kept for ever; what it was made from is not. */
const retention = z.strictObject({
  /** Days that messages are kept after they were taken into account. */
  messageDays: z.int().min(0).max(3_650).default(7),
  /** Days that the energy by use is kept. */
  useDays: z.int().min(1).max(36_500).default(400),
});

/** Schema of the oracle's config file. Relative paths start at the config file's folder. */
export const configSchema = z.strictObject({
  broker,
  /** The Emoncms HTTP input API. Without it no HTTP port for meters is opened. */
  http: http.optional(),
  serial,
  /** What the numbers of a node are called where its messages do not say so: CSV, legacy topics, radio frames. */
  nodes,
  database: database.default({ kind: "sqlite" }),
  retention: retention.prefault({}),
  /** First level(s) of every topic. */
  baseTopic: z
    .string()
    .regex(/^[^+#\s/]+(\/[^+#\s/]+)*$/u, { error: "expected a topic such as emon, without '+' or '#'" })
    .default("emon"),
  dataDir: path,
  keystoreDir: path,
  /** File (mode 600) with the passphrase of the keystore. */
  passphraseFile: path,
  /** "light" is for demos: new keys get a key derivation that takes milliseconds to undo by brute force. */
  keystoreStrength: z.enum(["standard", "light"]).default("standard"),
  deploymentFile: path,
  /**
   * Endpoints of the chain, the preferred one first: where one fails or falls behind, the next is used. With two, what they
   * contradict each other about waits; with three, the majority is believed. Keep the file to yourself where they hold keys.
   */
  rpcUrls: z
    .array(z.url({ protocol: /^https?$/u, error: "expected a URL such as http://127.0.0.1:8545" }))
    .min(1)
    .max(8),
  rpc: rpc.prefault({}),
  /** "chain": the timestamp of the latest block is the time, for simulation and replay. */
  clock: z.enum(["system", "chain"]).default("system"),
  logLevel: z.enum(["fatal", "error", "warn", "info", "debug", "silent"]).default("info"),
  timing: timing.prefault({}),
  submission: submission.prefault({}),
  settlement: settlement.prefault({}),
  meters: z.array(meter).min(1).max(16_384),
  board: board.prefault({}),
});

export type Config = z.infer<typeof configSchema>;
export type MeterConfig = Config["meters"][number];
export type MeterInput = MeterConfig["inputs"][number];
export type Timing = Config["timing"];
export type BrokerConfig = Config["broker"];
export type HttpConfig = NonNullable<Config["http"]>;
export type SerialConfig = Config["serial"][number];
export type NodeConfig = Config["nodes"][number];
