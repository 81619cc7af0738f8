import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import type { Eip712Domain } from "@commonwatt/sdk/domains";
import { meterNumber } from "@commonwatt/sdk/ids";
import { assertValidProfile } from "@commonwatt/sdk/profile";
import { deviceRegistrationTypedData, hashDayProfile } from "@commonwatt/sdk/profile-signing";
import { type Address, hashTypedData } from "viem";

import type { SignerMemory } from "./memory.ts";
import type { DeviceKey, KeySource, OpenKey, Signer, SignerDevice } from "./signer.ts";

/** A key cannot be had now: its file, its passphrase, its token, or what is in it. */
export class KeyUnavailableError extends CommonwattError {
  override readonly name = "KeyUnavailableError";
}

/**
 * A signer over the keys of devices. It signs day profiles and proofs of possession for one neighbourhood of one chain,
 * and nothing else: what is signed is built here, never taken from the caller.
 *
 * @param domain - The neighbourhood's.
 */
export function createKeySigner(source: KeySource, domain: Eip712Domain, memory: SignerMemory): Signer {
  const opened = new Map<string, OpenKey>();
  let keys: readonly DeviceKey[] | undefined;

  async function open(key: DeviceKey): Promise<OpenKey> {
    const known = opened.get(key.id);
    if (known !== undefined) return known;
    const { meter, address } = key;
    const openKey = await key.open().catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      throw new KeyUnavailableError(`The key of meter ${meter} cannot be opened: ${reason}`, { cause: error });
    });
    if (address !== undefined && !isSame(openKey.address, address)) {
      throw new KeyUnavailableError(`The key of meter ${meter} is that of ${openKey.address}, expected ${address}`);
    }
    opened.set(key.id, openKey);
    return openKey;
  }

  const deviceOf = async (key: DeviceKey): Promise<Address> => key.address ?? (await open(key)).address;

  /** Looks at the source again when what it listed before has no such key: one may have been made since. */
  async function find(matches: (key: DeviceKey) => boolean | Promise<boolean>): Promise<DeviceKey | undefined> {
    for (const list of [keys, undefined]) {
      keys = list ?? (await source.list());
      // One after the other: each derivation takes up to 128 MiB.
      for (const key of keys) if (await matches(key)) return key;
    }
    return undefined;
  }

  return {
    async devices() {
      keys = await source.list();
      const devices: SignerDevice[] = [];
      for (const key of keys) {
        const { meter, keyType, standing } = key;
        devices.push({ meter, device: await deviceOf(key), keyType, custody: source.custody, standing });
      }
      return devices;
    },

    async signProfile(device, profile) {
      const key = await find(async (candidate) => isSame(await deviceOf(candidate), device));
      if (key === undefined) throw new CommonwattError(`The signer has no key of device ${device}`);
      const { address, sign } = await open(key);
      assertValidProfile(profile);
      const digest = hashDayProfile(domain, profile);
      memory.remember(address, profile.day, digest);
      return sign(digest);
    },

    async provePossession(meter, registers, device) {
      const key = await find(async (candidate) => {
        if (candidate.meter !== meter) return false;
        return device === undefined || isSame(await deviceOf(candidate), device);
      });
      if (key === undefined) {
        const which = device === undefined ? "" : ` with the device ${device}`;
        throw new CommonwattError(`The signer has no key of meter ${meter}${which}`);
      }
      const { address, sign } = await open(key);
      const registration = { device: address, meter: meterNumber(meter), ...registers };
      const digest = hashTypedData(deviceRegistrationTypedData(domain, registration));
      return { device: address, signature: await sign(digest) };
    },
  };
}

const isSame = (a: Address, b: Address) => a.toLowerCase() === b.toLowerCase();
