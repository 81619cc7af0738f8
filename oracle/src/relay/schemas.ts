import { z } from "zod";

import { checkedAddress, hash, instant, meterNumber, signature } from "../api/schemas.ts";

/** Whole numbers beyond what JSON holds are decimal strings. */
const uint = (bits: 64 | 256, what: string) =>
  z
    .string()
    .regex(/^(?:0|[1-9]\d{0,77})$/u, { error: 'expected a whole number as a string, such as "1000000"' })
    .refine((value) => BigInt(value) < 1n << BigInt(bits), { error: `expected less than 2^${bits}` })
    .describe(what);
const uint32 = z.int().min(0).max(0xffff_ffff);
const ticks = z.int().min(0).max(65_535);
const amount = uint(256, "In the currency's base units");
const energies = z.array(z.int().min(0).max(0xffff_ffff)).min(1).max(96);

/** Most fills, ranges and tokens in an action: more would not fit the gas of a transaction anyway. */
const MAX_FILLS = 50;
const MAX_TOKENS = 400;

const signed = {
  nonce: uint(256, "The account's next nonce in that contract, as it was signed"),
  deadline: uint(256, "Last unix second at which the signature is good, as it was signed"),
  signature,
};
const offer = z.strictObject({
  seller: checkedAddress,
  token: checkedAddress,
  meter: meterNumber,
  firstInterval: uint32,
  lastInterval: uint32,
  priceTicks: ticks,
  expiry: uint(64, "Unix seconds"),
  nonce: uint(64, "The seller's"),
  buyer: checkedAddress,
  maxWh: uint(64, "Wh"),
});
const fill = z.strictObject({ offer, signature, firstInterval: uint32, energyWh: energies });
const range = z.strictObject({ meter: meterNumber, firstInterval: uint32, energyWh: energies });

/** A member's signed action. Whose it is says the session; `action` says what was signed. */
export const relayRequest = z.discriminatedUnion("action", [
  z.strictObject({ action: z.literal("withdraw"), to: checkedAddress, amountBaseUnits: amount, ...signed }),
  z.strictObject({ action: z.literal("fundMeter"), meter: meterNumber, amountBaseUnits: amount, ...signed }),
  z.strictObject({ action: z.literal("defundMeter"), meter: meterNumber, amountBaseUnits: amount, ...signed }),
  z.strictObject({
    action: z.literal("setSettings"),
    meter: meterNumber,
    settings: z.strictObject({ sharing: z.boolean(), community: z.boolean(), askTicks: ticks, bidTicks: ticks }),
    ...signed,
  }),
  z.strictObject({ action: z.literal("revokeDevice"), meter: meterNumber, ...signed }),
  z.strictObject({
    action: z.literal("retire"),
    meter: meterNumber,
    day: uint32,
    remainingImports: z
      .string()
      .regex(/^0x[0-9a-fA-F]{384}$/u, { error: "expected 0x and 384 hex digits" })
      .pipe(signature),
    ranges: z.array(range).min(1).max(MAX_FILLS),
    ...signed,
  }),
  z.strictObject({
    action: z.literal("fillMany"),
    fills: z.array(fill).min(1).max(MAX_FILLS),
    maxPaymentBaseUnits: amount,
    ...signed,
  }),
  z.strictObject({ action: z.literal("cancel"), offerNonce: uint(64, "Of the offer"), ...signed }),
  z.strictObject({ action: z.literal("cancelAll"), minNonce: uint(64, "Offers below are void"), ...signed }),
  z.strictObject({
    action: z.literal("setApprovalForAll"),
    operator: checkedAddress,
    approved: z.boolean(),
    ...signed,
  }),
  z.strictObject({
    action: z.literal("transferBatch"),
    to: checkedAddress,
    ids: z.array(uint(64, "Token id")).min(1).max(MAX_TOKENS),
    values: z.array(uint(256, "Wh")).min(1).max(MAX_TOKENS),
    ...signed,
  }),
  z
    .strictObject({ action: z.literal("depositWithPermit"), valueBaseUnits: amount, ...signed })
    .describe("An ERC-2612 permit of the currency to the neighbourhood, which pays it into the wallet's account"),
  z
    .strictObject({ action: z.literal("permitMarketplace"), valueBaseUnits: amount, ...signed })
    .describe("An ERC-2612 permit of the currency to the marketplace, so that fillMany can be paid"),
]);
export type RelayRequest = z.output<typeof relayRequest>;

export const relayState = z
  .enum(["queued", "sent", "mined", "confirmed", "failed", "refused"])
  .describe(
    "queued: waits to be sent; sent: with the nodes; mined: in a block; confirmed: deep enough to count; failed: mined, and it changed nothing; refused: not sent, and will not be",
  );
export const relayAnswer = z.strictObject({
  id: hash.describe("What was signed: the same action has the same id"),
  action: z.string(),
  state: relayState,
  reason: z.string().nullable().describe("Why it failed or was refused, in plain words"),
  transactionHash: hash.nullable(),
  gas: z.int().describe("What it counts for: at first the most it may use, in the end what it used"),
  receivedAt: instant,
});
export const relayTermsAnswer = z.strictObject({
  enabled: z.boolean(),
  maxGas: z.int(),
  actionsLeft: z.int().describe("Of this wallet, today (UTC)"),
  gasLeft: z.int().describe("Of this wallet, today, and no more than what is left of all members'"),
});
