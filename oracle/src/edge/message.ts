import { InvalidValueError } from "@commonwatt/sdk/commonwatt-error";
import type { SignedProfile } from "@commonwatt/sdk/profile-signing";
import { type Day, day } from "@commonwatt/sdk/time";
import type { Address, Hex } from "viem";

/** The one version of these messages; another is refused by its number. */
export const MESSAGE_VERSION = 1;
/** Longest message that is read: a signed profile has under 1,600 bytes. */
export const MAX_MESSAGE_BYTES = 4_096;

/** A signed profile as a gateway shows it, or exports it: enough for anyone to check it and to hand it to the contract. */
export type ShownProfile = {
  chainId: number;
  neighbourhood: Address;
  meter: number;
  /** As the gateway names it: what counts is who the signature says it is. */
  device: Address;
  profile: SignedProfile;
};

/**
 * What a relay says has become of a day. `taken`: it has it, and it is on its way. `recorded`, `settled`, `late`: it is on
 * chain, `transaction` says where. `refused`: the contract will not have it. `rejected`: the relay will not; `early`: not
 * yet. It is the relay's word and no more.
 */
export const RECEIPT_STATES = ["taken", "recorded", "settled", "late", "refused", "rejected", "early"] as const;
export type ReceiptState = (typeof RECEIPT_STATES)[number];
export type Receipt = {
  meter: number;
  day: Day;
  state: ReceiptState;
  /** The 32 bytes that were signed: a receipt is for one profile. */
  digest: Hex;
  transaction?: Hex | undefined;
  reason?: string | undefined;
  /** The relay's clock, unix seconds. */
  at: number;
};

/** JSON of a signed profile. Registers and quality are hexadecimal or decimal text, for numbers of JSON end at 2^53. */
export function encodeShown({ chainId, neighbourhood, meter, device, profile }: ShownProfile): string {
  const { importRegister, exportRegister, quality } = profile;
  return JSON.stringify({
    version: MESSAGE_VERSION,
    chainId,
    neighbourhood,
    meter,
    device,
    day: profile.day,
    importRegister: importRegister.toString(),
    exportRegister: exportRegister.toString(),
    quality: `0x${quality.toString(16)}`,
    intervals: profile.intervals,
    signature: profile.signature,
  });
}

/**
 * Reads what {@link encodeShown} wrote. What it says is not checked against anything but its form.
 *
 * @throws InvalidValueError naming the field, its value and what was expected.
 */
export function decodeShown(payload: Uint8Array): ShownProfile {
  const fields = readObject(payload);
  return {
    chainId: wholeNumber(fields, "chainId", Number.MAX_SAFE_INTEGER),
    neighbourhood: hex(fields, "neighbourhood", 20, 20),
    meter: wholeNumber(fields, "meter", 0xffff_ffff),
    device: hex(fields, "device", 20, 20),
    profile: {
      day: day(wholeNumber(fields, "day", 0xffff)),
      importRegister: decimals(fields, "importRegister"),
      exportRegister: decimals(fields, "exportRegister"),
      quality: BigInt(text(fields, "quality", /^0x[\da-f]{1,48}$/u, "0x and 1 to 48 hex digits")),
      intervals: hex(fields, "intervals", 384, 384),
      signature: hex(fields, "signature", 65, 128),
    },
  };
}

export function encodeReceipt(receipt: Receipt): string {
  return JSON.stringify({ version: MESSAGE_VERSION, ...receipt });
}

/**
 * Reads a receipt.
 *
 * @throws InvalidValueError naming the field, its value and what was expected.
 */
export function decodeReceipt(payload: Uint8Array): Receipt {
  const fields = readObject(payload);
  const { state, transaction, reason } = fields;
  const known = RECEIPT_STATES.find((entry) => entry === state);
  if (known === undefined) throw new InvalidValueError("state", state, `one of ${RECEIPT_STATES.join(", ")}`);
  return {
    meter: wholeNumber(fields, "meter", 0xffff_ffff),
    day: day(wholeNumber(fields, "day", 0xffff)),
    state: known,
    digest: hex(fields, "digest", 32, 32),
    ...(transaction === undefined ? {} : { transaction: hex(fields, "transaction", 32, 32) }),
    ...(typeof reason === "string" ? { reason: oneLine(reason) } : {}),
    at: wholeNumber(fields, "at", 0xffff_ffff),
  };
}

/** What somebody else wrote, short and on one line. */
export function oneLine(words: string): string {
  return words.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ").slice(0, 300);
}

function readObject(payload: Uint8Array): Record<string, unknown> {
  if (payload.byteLength > MAX_MESSAGE_BYTES) {
    throw new InvalidValueError("message", `${payload.byteLength} bytes`, `at most ${MAX_MESSAGE_BYTES} bytes`);
  }
  const words = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString("utf8");
  let value: unknown;
  try {
    value = JSON.parse(words);
  } catch {
    throw new InvalidValueError("message", words, "JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new InvalidValueError("message", words, "a JSON object");
  }
  const fields = value as Record<string, unknown>;
  const { version } = fields;
  if (version !== MESSAGE_VERSION) throw new InvalidValueError("version", version, String(MESSAGE_VERSION));
  return fields;
}

function wholeNumber(fields: Record<string, unknown>, name: string, max: number): number {
  const value = fields[name];
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= max) return value;
  throw new InvalidValueError(name, value, `a whole number from 0 to ${max}`);
}

function text(fields: Record<string, unknown>, name: string, form: RegExp, expected: string): string {
  const value = fields[name];
  if (typeof value === "string" && form.test(value)) return value;
  throw new InvalidValueError(name, value, expected);
}

function decimals(fields: Record<string, unknown>, name: string): bigint {
  return BigInt(text(fields, name, /^\d{1,20}$/u, "1 to 20 digits, as text"));
}

function hex(fields: Record<string, unknown>, name: string, least: number, most: number): Hex {
  const value = fields[name];
  if (typeof value === "string" && /^0x(?:[\da-f]{2})*$/iu.test(value)) {
    const bytes = (value.length - 2) / 2;
    if (bytes >= least && bytes <= most) return value.toLowerCase() as Hex;
  }
  throw new InvalidValueError(name, value, `0x and ${least === most ? least : `${least} to ${most}`} bytes in hex`);
}
