import { randomBytes } from "node:crypto";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { KEY_TYPES, type KeyType } from "@commonwatt/sdk/meters";
import { p256Address, p256PublicKey, signP256 } from "@commonwatt/sdk/p256";
import { type Address, type Hex, toHex } from "viem";
import { privateKeyToAddress, sign } from "viem/accounts";

/** What a device signs with. */
export type Curve = KeyType;

/**
 * A curve by the name given on the command line: "p256" is "P-256".
 *
 * @throws CommonwattError naming those there are.
 */
export function readCurve(text: string): Curve {
  const plain = (name: string) => name.toLowerCase().replaceAll("-", "");
  const curve = KEY_TYPES.find((known) => plain(known) === plain(text));
  if (curve !== undefined) return curve;
  throw new CommonwattError(`There is no curve ${JSON.stringify(text)}, expected secp256k1 or p256`);
}

/**
 * The address by which the contracts know a key.
 *
 * @param privateKey - 32 bytes.
 * @throws CommonwattError when it is no key of the curve. The key is not in the message.
 */
export function addressOfKey(curve: Curve, privateKey: Hex): Address {
  try {
    return curve === "P-256" ? p256Address(p256PublicKey(privateKey)) : privateKeyToAddress(privateKey);
  } catch {
    throw new CommonwattError(`The private key is none of ${curve}: expected 32 bytes, above 0 and below the order`);
  }
}

/** A new random private key. */
export function newPrivateKey(curve: Curve): Hex {
  // Fewer than one in 2^31 are no keys: the second attempt is for them.
  for (let attempt = 0; attempt < 8; attempt++) {
    const privateKey = toHex(randomBytes(32));
    try {
      addressOfKey(curve, privateKey);
      return privateKey;
    } catch {
      continue;
    }
  }
  throw new CommonwattError(`Random numbers made no key of ${curve} in 8 attempts: the system's randomness is broken`);
}

/**
 * Signs a digest as the contracts take it: 65 bytes r, s, v, or 128 bytes r, s, x, y of P-256; low s.
 *
 * @param digest - 32 bytes, signed as they are.
 */
export async function signDigest(curve: Curve, privateKey: Hex, digest: Hex): Promise<Hex> {
  return curve === "P-256" ? signP256(privateKey, digest) : sign({ hash: digest, privateKey, to: "hex" });
}
