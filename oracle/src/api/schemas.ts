import { CUSTODIES, KEY_TYPES, METER_KINDS } from "@commonwatt/sdk/meters";
import { addressSchema, hexSchema } from "@commonwatt/sdk/schema";
import { z } from "zod";

import { MEANINGS } from "../config/schema.ts";
import { USES } from "../config/uses.ts";

/** What the routes take and answer. The API's description is made of these, so every field says what it is. */

export const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/u, { error: "expected 0x and 40 hex digits" });
export const hash = z.string().regex(/^0x[0-9a-f]{64}$/u, { error: "expected 0x and 64 hex digits" });
export const isoDay = z.iso.date({ error: "expected a day such as 2026-01-31" });
export const instant = z.iso.datetime({ error: "expected a time such as 2026-01-31T12:00:00.000Z" });
export const meterNumber = z.int().min(1).max(0xffff_ffff);
const wh = z.int().describe("Wh");
/** Of an address; the checksum, where there is one, must be right. */
export const checkedAddress = address.pipe(addressSchema);
export const signature = z
  .string()
  .regex(/^0x(?:[0-9a-fA-F]{2}){1,8192}$/u, {
    error: "expected 0x and an even number of hex digits, at most 8,192 bytes",
  })
  .pipe(hexSchema);

export const none = z.strictObject({});
export const refusalSchema = z
  .strictObject({ error: z.string(), expected: z.string() })
  .describe("What is wrong, and what was expected");

export const meterParam = z.strictObject({
  meter: z
    .string()
    .regex(/^[1-9]\d{0,9}$/u, { error: "expected a meter number" })
    .describe("Number of a meter that the wallet owns"),
});
export const dayQuery = z.strictObject({ day: isoDay.optional().describe("UTC day; left out: today") });
export const daysQuery = z.strictObject({
  from: isoDay.optional().describe("First UTC day; left out: six days before the last"),
  to: isoDay.optional().describe("Last UTC day, at most 92 after the first; left out: today"),
});

export const nonceRequest = z.strictObject({ wallet: checkedAddress });
export const nonceAnswer = z
  .strictObject({
    nonce: z.string().regex(/^[0-9a-f]{68}$/u),
    expiresAt: instant,
    domain: z.string(),
    uri: z.string(),
    version: z.literal("1"),
    chainId: z.int(),
    statement: z.string(),
  })
  .describe("What the message must say that the wallet signs (EIP-4361), besides its address and the time");
export const signInRequest = z.strictObject({
  message: z.string().max(4_000).describe("The message of EIP-4361, as it was signed"),
  signature: signature.describe(
    "Of the wallet over it; of a contract wallet by ERC-1271, before it is deployed by ERC-6492",
  ),
});
export const signInAnswer = z.strictObject({
  token: z
    .string()
    .regex(/^[A-Za-z0-9_-]{43}$/u)
    .describe("Shown once. Send it as Authorization: Bearer, never in a URL"),
  wallet: address,
  expiresAt: instant.describe("The session ends then"),
  idleSeconds: z.int().describe("It ends earlier when nothing comes for so long"),
});
export const sessionAnswer = z.strictObject({
  wallet: address,
  expiresAt: instant,
  idleSeconds: z.int(),
  sessions: z.int().describe("Sessions of this wallet, this one included"),
});

const quality = z.enum(["measured", "estimated", "missing"]);
export const meterSchema = z.strictObject({
  meter: meterNumber,
  kind: z.enum(METER_KINDS),
  custody: z.enum(CUSTODIES).describe("Who keeps the key that signs for the meter"),
  keyType: z.enum(KEY_TYPES),
  device: address.nullable().describe("The key's address"),
  closed: z.boolean().describe("It takes no device any more"),
  unitWh: z.int().describe("Wh of one unit on chain"),
});
export const metersAnswer = z.strictObject({ meters: z.array(meterSchema) });
export const powerSchema = z.strictObject({
  meter: meterNumber,
  netWatts: z.int().nullable().describe("Above 0: from the grid; below: into it; null: not known"),
  at: instant.nullable().describe("Time of the last reading it is made of"),
  basis: z
    .enum(["power", "counter", "interval"])
    .nullable()
    .describe("The meter's own power, the mean between two readings of its counters, or of the running quarter-hour"),
  overSeconds: z.int().nullable().describe("Time that it is the mean of"),
});
export const intervalSchema = z.strictObject({
  start: instant,
  importWh: wh,
  exportWh: wh,
  quality,
  running: z.boolean().describe("It has not ended, or its last readings may still come"),
});
export const intervalsAnswer = z.strictObject({
  meter: meterNumber,
  day: isoDay,
  closed: z.boolean().describe("The day's profile is made: what is in it does not change any more"),
  intervals: z.array(intervalSchema).describe("Those that something is known of; of a closed day all 96"),
});
export const usesAnswer = z.strictObject({
  meter: meterNumber,
  days: z.array(z.strictObject({ day: isoDay, uses: z.array(z.strictObject({ use: z.enum(USES), energyWh: wh })) })),
});
export const healthAnswer = z.strictObject({
  meter: meterNumber,
  lastReading: instant.nullable(),
  silentSeconds: z.int().nullable().describe("Since the last reading"),
  inputs: z.array(
    z.strictObject({ input: z.string(), meaning: z.enum(MEANINGS), lastReading: instant, lastArrival: instant }),
  ),
  today: z
    .strictObject({ measured: z.int(), estimated: z.int(), missing: z.int() })
    .describe("Quarter-hours of today that are over, by quality; those nothing is known of are missing"),
  disagreement: z
    .strictObject({ day: isoDay, counterNetWh: wh, powerNetWh: wh, intervals: z.int() })
    .nullable()
    .describe("Counters and power of the last closed day that told different stories"),
  custody: z.enum(CUSTODIES),
  keyType: z.enum(KEY_TYPES),
  device: address.nullable(),
  closed: z.boolean(),
});
export const wayState = z
  .enum(["closed", "signed", "sent", "recorded", "settled", "late", "parked"])
  .describe(
    "closed: waits for its signature; signed: waits to be sent or settled; sent: in a transaction that does not count yet; recorded, settled, late: on chain; parked: will not get there",
  );
export const waySchema = z.strictObject({
  day: isoDay,
  state: wayState,
  device: address.nullable(),
  transactionHash: hash.nullable(),
  reason: z.string().nullable(),
});
export const profilesAnswer = z.strictObject({ meter: meterNumber, profiles: z.array(waySchema) });

/** Events of the stream, by their name. */
export const events = {
  power: powerSchema,
  interval: intervalSchema.extend({ meter: meterNumber }),
  day: waySchema.extend({ meter: meterNumber }),
} as const;
export type EventName = keyof typeof events;
