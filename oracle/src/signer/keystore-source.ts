import { type BigIntStats, statSync } from "node:fs";

import type { Custody } from "@commonwatt/sdk/meters";

import { signDigest } from "../keystore/curve.ts";
import { listKeys, openKeyFile, type StoredKey } from "../keystore/keystore.ts";
import type { DeviceKey, KeySource, SigningStanding } from "./signer.ts";

/**
 * The device keys of a keystore folder. What is revoked is not among them.
 *
 * @param custody - Who keeps the folder, as the chain records it.
 */
export function createKeystoreSource(
  folder: string,
  passphrase: string,
  custody: Exclude<Custody, "secure element">,
): KeySource {
  let listed: { changedNs: bigint; keys: readonly DeviceKey[] } | undefined;
  return {
    custody,
    list() {
      // A folder of thousands of keys is read again only when a file in it has come, gone, or has another name.
      const changedNs = changeTime(folder);
      if (listed === undefined || changedNs === undefined || listed.changedNs !== changedNs) {
        const keys = listKeys(folder).flatMap((key) => toDeviceKey(key, passphrase));
        listed = { changedNs: changedNs ?? 0n, keys };
      }
      return Promise.resolve(listed.keys);
    },
    close: () => undefined,
  };
}

function toDeviceKey(key: StoredKey, passphrase: string): DeviceKey[] {
  const { owner, standing, curve, address, file } = key;
  if (typeof owner === "string" || standing === "revoked") return [];
  const open = async () => {
    const { address: opened, curve: its, privateKey } = await openKeyFile(file, owner, passphrase);
    return { address: opened, sign: (digest: `0x${string}`) => signDigest(its, privateKey, digest) };
  };
  const signing: SigningStanding = standing;
  // By its address where that is known: the file's name changes with the key's standing.
  return [{ id: address ?? file, meter: owner.meter, standing: signing, keyType: curve, address, open }];
}

function changeTime(folder: string): bigint | undefined {
  const stats: BigIntStats | undefined = statSync(folder, { bigint: true, throwIfNoEntry: false });
  return stats?.mtimeNs;
}
