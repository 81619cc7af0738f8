import { type Address, type Hex, hashTypedData, keccak256, recoverTypedDataAddress } from "viem";

import type { Eip712Domain } from "./domains.ts";
import type { MeterNumber } from "./ids.ts";
import { type DayProfile, encodeIntervals, encodeQuality } from "./profile.ts";
import { recoverP256 } from "./p256.ts";
import { assertCanonicalSignature, isP256Signature } from "./signatures.ts";

/** The contract's `SignedProfile`: what `record` takes. Quantities in the meter's unit. */
export type SignedProfile = {
  day: number;
  importRegister: bigint;
  exportRegister: bigint;
  /** Two bits per interval. */
  quality: bigint;
  /** 384 bytes. */
  intervals: Hex;
  /** Low s; 65 bytes r, s, v, or 128 bytes r, s, x, y of a P-256 device. */
  signature: Hex;
};

const DAY_PROFILE_TYPES = {
  DayProfile: [
    { name: "day", type: "uint32" },
    { name: "importRegister", type: "uint64" },
    { name: "exportRegister", type: "uint64" },
    { name: "quality", type: "uint256" },
    { name: "intervals", type: "bytes32" },
  ],
} as const;

const DEVICE_REGISTRATION_TYPES = {
  DeviceRegistration: [
    { name: "device", type: "address" },
    { name: "meter", type: "uint32" },
    { name: "importRegister", type: "uint64" },
    { name: "exportRegister", type: "uint64" },
  ],
} as const;

/** Typed data of a day profile, for a device's `signTypedData`. `domain` is the neighbourhood's. */
export function dayProfileTypedData(domain: Eip712Domain, profile: DayProfile) {
  return typedDataOf(domain, {
    ...profile,
    quality: encodeQuality(profile.quality),
    intervals: encodeIntervals(profile.imports, profile.exports),
  });
}

/** The 32 bytes a device signs. */
export function hashDayProfile(domain: Eip712Domain, profile: DayProfile): Hex {
  return hashTypedData(dayProfileTypedData(domain, profile));
}

/**
 * A profile and its device's signature, in the shape `record` takes.
 *
 * @throws InvalidValueError when the signature is not of the one form of its kind that the contract accepts.
 */
export function toSignedProfile(profile: DayProfile, signature: Hex): SignedProfile {
  assertCanonicalSignature(signature);
  return {
    day: profile.day,
    importRegister: profile.importRegister,
    exportRegister: profile.exportRegister,
    quality: encodeQuality(profile.quality),
    intervals: encodeIntervals(profile.imports, profile.exports),
    signature,
  };
}

/** The 32 bytes that the device of a signed profile has signed. */
export function hashSignedProfile(domain: Eip712Domain, profile: Omit<SignedProfile, "signature">): Hex {
  return hashTypedData(typedDataOf(domain, profile));
}

/**
 * The address whose key signed a profile. Any well-formed secp256k1 signature recovers *some* address: compare it with
 * the meter's device.
 *
 * @throws InvalidValueError when the signature is malformed or malleable, as in the contract, or when the P-256 key it
 * names has not made it.
 */
export async function recoverDevice(domain: Eip712Domain, profile: SignedProfile): Promise<Address> {
  assertCanonicalSignature(profile.signature);
  if (isP256Signature(profile.signature)) return recoverP256(hashSignedProfile(domain, profile), profile.signature);
  return recoverTypedDataAddress({ ...typedDataOf(domain, profile), signature: profile.signature });
}

/** Typed data by which a device proves that its key is in the hands of whoever registers it, for this meter only. */
export function deviceRegistrationTypedData(
  domain: Eip712Domain,
  registration: { device: Address; meter: MeterNumber; importRegister: bigint; exportRegister: bigint },
) {
  const { device, meter, importRegister, exportRegister } = registration;
  return {
    domain,
    types: DEVICE_REGISTRATION_TYPES,
    primaryType: "DeviceRegistration",
    message: { device, meter, importRegister, exportRegister },
  } as const;
}

function typedDataOf(domain: Eip712Domain, profile: Omit<SignedProfile, "signature">) {
  return {
    domain,
    types: DAY_PROFILE_TYPES,
    primaryType: "DayProfile",
    message: {
      day: profile.day,
      importRegister: profile.importRegister,
      exportRegister: profile.exportRegister,
      quality: profile.quality,
      intervals: keccak256(profile.intervals),
    },
  } as const;
}
