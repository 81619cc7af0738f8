import { CUSTODIES, KEY_TYPES } from "@commonwatt/sdk/meters";
import {
  decodeIntervals,
  decodeQuality,
  type DayProfile,
  encodeIntervals,
  encodeQuality,
} from "@commonwatt/sdk/profile";
import { day } from "@commonwatt/sdk/time";
import { type Address, type Hex, isAddress, isHex } from "viem";
import { z } from "zod";

import { SIGNING_STANDINGS } from "./signer.ts";

const address = z.custom<Address>((value) => typeof value === "string" && isAddress(value), {
  error: "expected an address",
});
const hex = z.custom<Hex>((value) => isHex(value), { error: "expected hex" });
const natural = z.string().regex(/^\d{1,78}$/u, { error: "expected a whole number in decimal digits" });
const meter = z.int().min(1).max(0xffff_ffff);

const profileOnWire = z.strictObject({
  day: z.int(),
  importRegister: natural,
  exportRegister: natural,
  quality: natural,
  intervals: hex,
});

/** A request: one line of JSON to the signer. */
export const requestSchema = z.discriminatedUnion("method", [
  z.strictObject({ id: z.int(), method: z.literal("devices") }),
  z.strictObject({ id: z.int(), method: z.literal("signProfile"), device: address, profile: profileOnWire }),
  z.strictObject({
    id: z.int(),
    method: z.literal("provePossession"),
    meter,
    importRegister: natural,
    exportRegister: natural,
    device: address.optional(),
  }),
]);
export type SignerRequest = z.infer<typeof requestSchema>;

/** An answer: one line of JSON from the signer. */
export const answerSchema = z.union([
  // `passing`: it could not now, and may well later. Without it the signer will not, however often it is asked.
  z.strictObject({ id: z.int(), error: z.string(), passing: z.literal(true).optional() }),
  z.strictObject({ id: z.int(), result: z.unknown() }),
]);
export const devicesResult = z.array(
  z.strictObject({
    meter,
    device: address,
    keyType: z.enum(KEY_TYPES),
    custody: z.enum(CUSTODIES),
    standing: z.enum(SIGNING_STANDINGS),
  }),
);
export const signatureResult = z.strictObject({ signature: hex });
export const possessionResult = z.strictObject({ device: address, signature: hex });

/** Longest line that a signer reads: a profile takes about 1,200 characters. */
export const MAX_REQUEST_CHARACTERS = 8_192;
/** Longest line that its client reads: the devices of 16,384 meters, with room for as many keys that are retired. */
export const MAX_ANSWER_CHARACTERS = 8 * 1024 * 1024;

/** A profile as it crosses the pipe: bigints in decimal digits. */
export function toWire(profile: DayProfile): z.infer<typeof profileOnWire> {
  return {
    day: profile.day,
    importRegister: profile.importRegister.toString(),
    exportRegister: profile.exportRegister.toString(),
    quality: encodeQuality(profile.quality).toString(),
    intervals: encodeIntervals(profile.imports, profile.exports),
  };
}

/**
 * The profile that {@link toWire} wrote.
 *
 * @throws InvalidValueError when a field is out of its range.
 */
export function fromWire(wire: z.infer<typeof profileOnWire>): DayProfile {
  return {
    day: day(wire.day),
    importRegister: BigInt(wire.importRegister),
    exportRegister: BigInt(wire.exportRegister),
    quality: decodeQuality(BigInt(wire.quality)),
    ...decodeIntervals(wire.intervals),
  };
}
