import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import type { Eip712Domain } from "@commonwatt/sdk/domains";
import { meterNumber } from "@commonwatt/sdk/ids";
import { assertValidProfile } from "@commonwatt/sdk/profile";
import { dayProfileTypedData, deviceRegistrationTypedData, hashDayProfile } from "@commonwatt/sdk/profile-signing";
import type { Address, Hex } from "viem";
import { type PrivateKeyAccount, privateKeyToAccount } from "viem/accounts";

import type { SignerMemory } from "./memory.ts";
import type { Signer } from "./protocol.ts";

/** A key cannot be had now: its file, its passphrase, or what is in it. */
export class KeyUnavailableError extends CommonwattError {
  override readonly name = "KeyUnavailableError";
}

/** A device key that is decrypted when it is first needed: that alone takes up to a second. */
export type LockedKey = {
  meter: number;
  /** Its device, if that is known without decrypting it. */
  address?: Address | undefined;
  open: () => Promise<Hex>;
};

/**
 * A signer over the keys of devices. It signs day profiles and proofs of possession for one neighbourhood of one chain,
 * and nothing else: the typed data is built here, never taken from the caller.
 *
 * @param domain - The neighbourhood's.
 */
export function createKeySigner(keys: readonly LockedKey[], domain: Eip712Domain, memory: SignerMemory): Signer {
  const opened = new Map<number, PrivateKeyAccount>();

  async function accountOf({ meter, address, open }: LockedKey): Promise<PrivateKeyAccount> {
    const known = opened.get(meter);
    if (known !== undefined) return known;
    const privateKey = await open().catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      throw new KeyUnavailableError(`The key of meter ${meter} cannot be opened: ${reason}`, { cause: error });
    });
    const account = privateKeyToAccount(privateKey);
    if (address !== undefined && account.address.toLowerCase() !== address.toLowerCase()) {
      throw new KeyUnavailableError(`The key of meter ${meter} is that of ${account.address}, expected ${address}`);
    }
    opened.set(meter, account);
    return account;
  }

  const deviceOf = async (key: LockedKey) => key.address ?? (await accountOf(key)).address;

  /** One after the other: each derivation takes up to 128 MiB. */
  async function holderOf(device: Address): Promise<LockedKey | undefined> {
    for (const key of keys) if ((await deviceOf(key)).toLowerCase() === device.toLowerCase()) return key;
    return undefined;
  }

  return {
    async devices() {
      const devices: { meter: number; device: Address }[] = [];
      for (const key of keys) devices.push({ meter: key.meter, device: await deviceOf(key) });
      return devices;
    },

    async signProfile(device, profile) {
      const holder = await holderOf(device);
      if (holder === undefined) throw new CommonwattError(`The signer has no key of device ${device}`);
      const account = await accountOf(holder);
      assertValidProfile(profile);
      memory.remember(account.address, profile.day, hashDayProfile(domain, profile));
      return account.signTypedData(dayProfileTypedData(domain, profile));
    },

    async provePossession(meter, registers) {
      const key = keys.find((entry) => entry.meter === meter);
      if (key === undefined) throw new CommonwattError(`The signer has no key of meter ${meter}`);
      const account = await accountOf(key);
      const device = account.address;
      const registration = { device, meter: meterNumber(meter), ...registers };
      return { device, signature: await account.signTypedData(deviceRegistrationTypedData(domain, registration)) };
    },
  };
}
