import type { Custody, KeyType } from "@commonwatt/sdk/meters";
import type { DayProfile } from "@commonwatt/sdk/profile";
import type { Address, Hex } from "viem";

import type { Standing } from "../keystore/owner.ts";

/** Standings of keys that a signer signs with: a retired one still owes the days before its successor's first. */
export const SIGNING_STANDINGS = ["current", "next", "retired"] as const satisfies readonly Standing[];
export type SigningStanding = (typeof SIGNING_STANDINGS)[number];

/** One of a meter's devices, as the signer holds it. The chain decides which of them signs a day. */
export type SignerDevice = {
  meter: number;
  device: Address;
  keyType: KeyType;
  custody: Custody;
  standing: SigningStanding;
};

/** Registers in the meter's unit. */
export type Registers = { importRegister: bigint; exportRegister: bigint };

/** All that is asked of whoever holds the device keys: a process beside the oracle, a gateway, a secure element. */
export type Signer = {
  devices(): Promise<readonly SignerDevice[]>;
  /** Signs a day once. A different profile of the same day is refused for ever. */
  signProfile(device: Address, profile: DayProfile): Promise<Hex>;
  /**
   * Proves to the neighbourhood that the key of a meter's device is here.
   *
   * @param device - Which of the meter's devices; left out, the current one.
   */
  provePossession(meter: number, registers: Registers, device?: Address): Promise<{ device: Address; signature: Hex }>;
};

/** A key that can sign. */
export type OpenKey = {
  address: Address;
  /** Signs 32 bytes as they are; the form that the contracts take, with low s. */
  sign: (digest: Hex) => Promise<Hex>;
};

/** A device's key that is opened when it is first needed: decrypting one takes up to a second. */
export type DeviceKey = {
  /** Tells this key from the source's others. */
  id: string;
  meter: number;
  standing: SigningStanding;
  keyType: KeyType;
  /** Its device, if that is known without opening it. */
  address?: Address | undefined;
  open: () => Promise<OpenKey>;
};

/** Where a signer has its keys from. */
export type KeySource = {
  custody: Custody;
  /** The keys as they are now; of a meter the current one first. */
  list(): Promise<readonly DeviceKey[]>;
  close(): void;
};
