import { type Address, type Hex, keccak256, stringToHex } from "viem";
import { z } from "zod";

import type { Eip712Domain } from "./domains.ts";
import { addressSchema, hexSchema, parseBySchema } from "./schema.ts";

/** Number of the text below. A changed text gets the next number; what was signed stays with its own. */
export const CONSENT_VERSION = 1;

/** What the owner of a meter agrees to, word for word. */
export const CONSENT_TEXT =
  "The electricity that this meter draws and feeds in, quarter-hour by quarter-hour, is published on a public chain " +
  "under a pseudonym: anyone can read it, for ever, and nobody can delete it. I agree to that, and to the operator " +
  "of the neighbourhood reading my meter and publishing it in my name. I can end it at any time for what comes after.";

/** Names the text in a few bytes. */
export const CONSENT_TEXT_HASH: Hex = keccak256(stringToHex(CONSENT_TEXT));

const METERING_POINT = /^[\u0020-\u007e]{1,64}$/u;
const MAX_REGISTER = 1n << 44n;
const MAX_METER = 0xffff_ffff;

/** What the owner of a meter signs: the meter, its device and where its counters stand, and that it may be published. */
export type Consent = {
  owner: Address;
  meter: number;
  /** The grid's number of the metering point. Between owner and operator: it goes on no chain. */
  meteringPoint: string;
  device: Address;
  /** What the meter shows, in its unit. */
  importRegister: bigint;
  exportRegister: bigint;
  /** Unix seconds. */
  time: bigint;
};

/** The consent with the owner's signature: 65 bytes, or whatever a contract wallet takes. */
export type SignedConsent = { consent: Consent; signature: Hex };

/** Typed data of a consent; the wallet shows the text. `domain` is the neighbourhood's. */
export function consentTypedData(domain: Eip712Domain, consent: Consent) {
  return {
    domain,
    types: {
      Consent: [
        { name: "statement", type: "string" },
        { name: "version", type: "uint256" },
        { name: "owner", type: "address" },
        { name: "meter", type: "uint32" },
        { name: "meteringPoint", type: "string" },
        { name: "device", type: "address" },
        { name: "importRegister", type: "uint64" },
        { name: "exportRegister", type: "uint64" },
        { name: "time", type: "uint64" },
      ],
    },
    primaryType: "Consent",
    message: { statement: CONSENT_TEXT, version: BigInt(CONSENT_VERSION), ...consent },
  } as const;
}

const meterNumber = z.int().min(1).max(MAX_METER);
const register = z
  .string()
  .regex(/^\d{1,14}$/u, { error: "a register: decimal digits, below 2^44" })
  .transform(BigInt)
  .refine((value) => value < MAX_REGISTER, { error: "a register: decimal digits, below 2^44" });
const pointSchema = z.string().regex(METERING_POINT, { error: "1 to 64 printable ASCII characters" });

const signedConsentSchema = z.strictObject({
  version: z.literal(CONSENT_VERSION, { error: `${CONSENT_VERSION}, the text of this page and this oracle` }),
  owner: addressSchema,
  meter: meterNumber,
  meteringPoint: pointSchema,
  device: addressSchema,
  importRegister: register,
  exportRegister: register,
  time: z
    .int()
    .min(0)
    .max(2 ** 40)
    .transform(BigInt),
  signature: hexSchema.refine((value) => value.length <= 8_194, { error: "at most 4,096 bytes" }),
});

/** A signed consent as JSON, for the way between page and operator. */
export function serializeConsent({ consent, signature }: SignedConsent): Record<string, string | number> {
  return {
    version: CONSENT_VERSION,
    ...consent,
    importRegister: consent.importRegister.toString(),
    exportRegister: consent.exportRegister.toString(),
    time: Number(consent.time),
    signature,
  };
}

/**
 * Reads what {@link serializeConsent} wrote.
 *
 * @param input - JSON text, or what it parses to.
 * @throws InvalidValueError naming the first key that is wrong, its value, and what was expected.
 */
export function parseConsent(input: unknown): SignedConsent {
  const { signature, owner, meter, meteringPoint, device, importRegister, exportRegister, time } = parseBySchema(
    "consent",
    signedConsentSchema,
    input,
  );
  return { consent: { owner, meter, meteringPoint, device, importRegister, exportRegister, time }, signature };
}

/** What a pairing link says: all of it public but the token, which lets its bearer answer once. */
export type PairingInvitation = Omit<Consent, "owner" | "time"> & {
  neighbourhood: Address;
  /** Wh of one unit of the registers. */
  unitWh: number;
  token: string;
  /** Unix seconds. */
  expires: number;
};

/** The token of a link: 128 random bits, base64url. */
export const PAIRING_TOKEN = /^[\w-]{22}$/u;

/**
 * The address that is shown as a QR code. What it says stands behind the `#`, so that no server on the way sees it.
 *
 * @param dapp - Address of the dApp, without a path.
 */
export function pairingLink(dapp: string, invitation: PairingInvitation): string {
  const { neighbourhood, meter, meteringPoint: point, device, unitWh, token, expires } = invitation;
  const said = {
    v: CONSENT_VERSION,
    a: neighbourhood,
    m: meter,
    p: point,
    d: device,
    i: invitation.importRegister,
    e: invitation.exportRegister,
    u: unitWh,
    x: expires,
    t: token,
  };
  const fragment = new URLSearchParams(
    Object.entries(said).map(([key, value]): [string, string] => [key, String(value)]),
  );
  return `${dapp.replace(/\/+$/u, "")}/pair#${fragment.toString()}`;
}

const numeric = (error: string) =>
  z
    .string()
    .regex(/^\d{1,15}$/u, { error })
    .transform(Number);

const invitationSchema = z.strictObject({
  v: z.literal(String(CONSENT_VERSION), { error: `version ${CONSENT_VERSION}` }),
  a: addressSchema,
  m: numeric("a meter number").pipe(meterNumber),
  p: pointSchema,
  d: addressSchema,
  i: register,
  e: register,
  u: z.enum(["1", "10", "100"]).transform(Number),
  x: numeric("unix seconds"),
  t: z.string().regex(PAIRING_TOKEN, { error: "the link's token" }),
});

/**
 * Reads what stands behind the `#` of a pairing link.
 *
 * @throws InvalidValueError when it is no whole link: it was cut off, or changed.
 */
export function parsePairingFragment(fragment: string): PairingInvitation {
  const said = Object.fromEntries(new URLSearchParams(fragment.replace(/^#/u, "")));
  const { a, m, p, d, i, e, u, x, t } = parseBySchema("pairing link", invitationSchema, said);
  return {
    neighbourhood: a,
    meter: m,
    meteringPoint: p,
    device: d,
    importRegister: i,
    exportRegister: e,
    unitWh: u,
    expires: x,
    token: t,
  };
}
