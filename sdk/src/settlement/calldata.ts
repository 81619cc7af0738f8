import {
  type Address,
  concatHex,
  decodeFunctionData,
  encodeFunctionData,
  getAddress,
  type Hex,
  parseAbi,
  size,
  sliceHex,
} from "viem";

import { CommonwattError } from "../commonwatt-error.ts";
import type { Eip712Domain } from "../domains.ts";
import { recoverDevice, type SignedProfile } from "../profile-signing.ts";
import { type BatchClass, decodeBatch } from "./batch.ts";
import { decodeClaims } from "./claims.ts";
import type { Claims, IntervalClaim } from "./types.ts";

/** The function alone: whoever audits a settlement's input needs no more of the contract. */
const settleDayAbi = parseAbi([
  "struct Claims { bytes prices; uint256 sides; bytes effective; }",
  "function settleDay(uint32 day, Claims claims, bytes batch, bytes skipped)",
]);

/** Nodes relay no transaction that is longer, signature and envelope included. */
export const MAX_TRANSACTION_BYTES = 131_072;

const ADDRESS_BYTES = 20;

/** What `settleDay` takes. */
export type SettleDayArgs = {
  day: number;
  claims: Claims;
  batch: Hex;
  /** Devices of announced meters left out on the evidence of their words: 20 bytes each. */
  skipped: Hex;
};

/** What the input of a settlement says. */
export type DecodedSettlement = {
  day: number;
  /** 96 entries. */
  claims: IntervalClaim[];
  classes: BatchClass[];
  skipped: Address[];
};

/** A profile out of a settlement's input, with the device that signed it. */
export type SettledProfile = Omit<BatchClass, "profiles"> & { device: Address; profile: SignedProfile };

/** The input of a transaction that settles a day. */
export function encodeSettleDay({ day, claims, batch, skipped }: SettleDayArgs): Hex {
  return encodeFunctionData({ abi: settleDayAbi, args: [day, claims, batch, skipped] });
}

/** The devices to skip, as `settleDay` takes them. */
export function encodeSkipped(devices: readonly Address[]): Hex {
  return concatHex([...devices]);
}

/**
 * Reads the input of a transaction that settled a day.
 *
 * @param input - Of the transaction, as any node returns it.
 * @throws CommonwattError when it is no call of `settleDay` or is malformed.
 */
export function decodeSettleDay(input: Hex): DecodedSettlement {
  const [day, claims, batch, skipped] = argumentsOf(input);
  return {
    day,
    claims: decodeClaims(claims),
    classes: decodeBatch(batch, day),
    skipped: Array.from({ length: Math.floor(size(skipped) / ADDRESS_BYTES) }, (_, index) =>
      getAddress(sliceHex(skipped, index * ADDRESS_BYTES, (index + 1) * ADDRESS_BYTES)),
    ),
  };
}

/**
 * The profiles of a settlement in their order, each with the device whose key signed it.
 *
 * @param domain - The neighbourhood's.
 * @throws InvalidValueError when a signature is malformed or no device's.
 */
export async function settledProfiles(
  domain: Eip712Domain,
  { classes }: Pick<DecodedSettlement, "classes">,
): Promise<SettledProfile[]> {
  const found: SettledProfile[] = [];
  for (const { profiles, ...of } of classes) {
    for (const profile of profiles) found.push({ ...of, profile, device: await recoverDevice(domain, profile) });
  }
  return found;
}

function argumentsOf(input: Hex) {
  try {
    return decodeFunctionData({ abi: settleDayAbi, data: input }).args;
  } catch (error) {
    throw new CommonwattError("The transaction does not settle a day", { cause: error });
  }
}
