import type { Hex } from "viem";

import { addressOfKey, type Curve, signDigest } from "../../src/keystore/curve.ts";
import type { DeviceKey, KeySource } from "../../src/signer/signer.ts";

/** Keys that are in the test's memory. */
export function createKeySource(
  keys: readonly { meter: number; privateKey: Hex; curve?: Curve }[],
): KeySource & { keys: DeviceKey[] } {
  const deviceKeys = keys.map(({ meter, privateKey, curve = "secp256k1" }): DeviceKey => {
    const address = addressOfKey(curve, privateKey);
    const openKey = { address, sign: (digest: Hex) => signDigest(curve, privateKey, digest) };
    return { id: address, meter, standing: "current", keyType: curve, address, open: () => Promise.resolve(openKey) };
  });
  return { custody: "operator", keys: deviceKeys, list: () => Promise.resolve(deviceKeys), close: () => undefined };
}
