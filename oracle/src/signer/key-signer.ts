import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import type { Eip712Domain } from "@commonwatt/sdk/domains";
import { meterNumber } from "@commonwatt/sdk/ids";
import { assertValidProfile } from "@commonwatt/sdk/profile";
import { dayProfileTypedData, deviceRegistrationTypedData, hashDayProfile } from "@commonwatt/sdk/profile-signing";
import type { Hex } from "viem";
import { type PrivateKeyAccount, privateKeyToAccount } from "viem/accounts";

import type { SignerMemory } from "./memory.ts";
import type { Signer } from "./protocol.ts";

/** A device key that is decrypted when it is first needed: that alone takes up to a second. */
export type LockedKey = { meter: number; open: () => Promise<Hex> };

/**
 * A signer over the keys of devices. It signs day profiles and proofs of possession for one neighbourhood of one chain,
 * and nothing else: the typed data is built here, never taken from the caller.
 *
 * @param domain - The neighbourhood's.
 */
export function createKeySigner(keys: readonly LockedKey[], domain: Eip712Domain, memory: SignerMemory): Signer {
  const opened = new Map<number, PrivateKeyAccount>();

  async function accountOf(meter: number): Promise<PrivateKeyAccount> {
    const key = keys.find((entry) => entry.meter === meter);
    if (key === undefined) throw new CommonwattError(`The signer has no key of meter ${meter}`);
    const account = opened.get(meter) ?? privateKeyToAccount(await key.open());
    opened.set(meter, account);
    return account;
  }

  async function allAccounts(): Promise<{ meter: number; account: PrivateKeyAccount }[]> {
    const accounts: { meter: number; account: PrivateKeyAccount }[] = [];
    // One after the other: each derivation takes up to 128 MiB.
    for (const { meter } of keys) accounts.push({ meter, account: await accountOf(meter) });
    return accounts;
  }

  return {
    devices: async () => (await allAccounts()).map(({ meter, account }) => ({ meter, device: account.address })),

    async signProfile(device, profile) {
      const holder = (await allAccounts()).find(
        ({ account }) => account.address.toLowerCase() === device.toLowerCase(),
      );
      if (holder === undefined) throw new CommonwattError(`The signer has no key of device ${device}`);
      assertValidProfile(profile);
      memory.remember(holder.account.address, profile.day, hashDayProfile(domain, profile));
      return holder.account.signTypedData(dayProfileTypedData(domain, profile));
    },

    async provePossession(meter, registers) {
      const account = await accountOf(meter);
      const device = account.address;
      const registration = { device, meter: meterNumber(meter), ...registers };
      return { device, signature: await account.signTypedData(deviceRegistrationTypedData(domain, registration)) };
    },
  };
}
