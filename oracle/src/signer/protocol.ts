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

/** One meter's device, as the signer holds it. */
export type SignerDevice = { meter: number; device: Address };

/** All that is asked of whoever holds the device keys: a process beside the oracle, a gateway, a secure element. */
export type Signer = {
  devices(): Promise<readonly SignerDevice[]>;
  /** Signs a day once. A different profile of the same day is refused for ever. */
  signProfile(device: Address, profile: DayProfile): Promise<Hex>;
  /** Proves to the neighbourhood that the key of a meter's device is here. Registers in the meter's unit. */
  provePossession(
    meter: number,
    registers: { importRegister: bigint; exportRegister: bigint },
  ): Promise<{ device: Address; signature: Hex }>;
};

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

/** A request: one line of JSON on the signer's standard input. */
export const requestSchema = z.discriminatedUnion("method", [
  z.strictObject({ id: z.int(), method: z.literal("devices") }),
  z.strictObject({ id: z.int(), method: z.literal("signProfile"), device: address, profile: profileOnWire }),
  z.strictObject({
    id: z.int(),
    method: z.literal("provePossession"),
    meter,
    importRegister: natural,
    exportRegister: natural,
  }),
]);
export type SignerRequest = z.infer<typeof requestSchema>;

/** An answer: one line of JSON on the signer's standard output. */
export const answerSchema = z.union([
  // `passing`: it could not now, and may well later. Without it the signer will not, however often it is asked.
  z.strictObject({ id: z.int(), error: z.string(), passing: z.literal(true).optional() }),
  z.strictObject({ id: z.int(), result: z.unknown() }),
]);
export const devicesResult = z.array(z.strictObject({ meter, device: address }));
export const signatureResult = z.strictObject({ signature: hex });
export const possessionResult = z.strictObject({ device: address, signature: hex });

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
