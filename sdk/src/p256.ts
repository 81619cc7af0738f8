import { p256 } from "@noble/curves/nist";
import { type Address, bytesToHex, concatHex, getAddress, type Hex, hexToBytes, keccak256, sliceHex } from "viem";

import { InvalidValueError } from "./commonwatt-error.ts";
import { assertCanonicalSignature, isP256Signature } from "./signatures.ts";

/** A P-256 public key: coordinates of 32 bytes each. */
export type P256PublicKey = { x: Hex; y: Hex };

/** Begins what is hashed to an address, so that no secp256k1 key can have the address of a P-256 key. */
const ADDRESS_PREFIX = "0x01";

/**
 * The public key of a private key.
 *
 * @param privateKey - 32 bytes.
 * @throws InvalidValueError when it is no key of the curve. The key is not in the message.
 */
export function p256PublicKey(privateKey: Hex): P256PublicKey {
  try {
    const point = bytesToHex(p256.getPublicKey(hexToBytes(privateKey), false));
    return { x: sliceHex(point, 1, 33), y: sliceHex(point, 33, 65) };
  } catch {
    throw new InvalidValueError("the P-256 private key", "not shown", "32 bytes, above 0 and below the curve's order");
  }
}

/** The address of a P-256 device: last 20 bytes of keccak256(0x01 || x || y). */
export function p256Address({ x, y }: P256PublicKey): Address {
  return getAddress(sliceHex(keccak256(concatHex([ADDRESS_PREFIX, x, y])), 12));
}

/**
 * Signs a digest as a P-256 device does.
 *
 * @param digest - 32 bytes, such as `hashDayProfile` returns; signed as they are.
 * @returns 128 bytes r, s, x, y with low s: the `signature` and `possession` the contracts take.
 * @throws InvalidValueError when the private key is none.
 */
export function signP256(privateKey: Hex, digest: Hex): Hex {
  const { x, y } = p256PublicKey(privateKey);
  const signature = p256.sign(hexToBytes(digest), hexToBytes(privateKey), { lowS: true, prehash: false });
  return concatHex([bytesToHex(signature.toCompactRawBytes()), x, y]);
}

/**
 * The address of the P-256 key that a signature names and that signed the digest.
 *
 * @param signature - 128 bytes r, s, x, y.
 * @throws InvalidValueError when it is malformed, malleable, or not by that key over that digest.
 */
export function recoverP256(digest: Hex, signature: Hex): Address {
  assertCanonicalSignature(signature);
  if (!isP256Signature(signature)) throw new InvalidValueError("signature", signature, "128 bytes r, s, x, y");
  const publicKey = { x: sliceHex(signature, 64, 96), y: sliceHex(signature, 96, 128) };
  if (!verifies(digest, sliceHex(signature, 0, 64), publicKey)) {
    throw new InvalidValueError("signature", signature, "one that the P-256 key it names has made of this message");
  }
  return p256Address(publicKey);
}

function verifies(digest: Hex, compact: Hex, { x, y }: P256PublicKey): boolean {
  try {
    const point = hexToBytes(concatHex(["0x04", x, y]));
    return p256.verify(hexToBytes(compact), hexToBytes(digest), point, { lowS: true, prehash: false });
  } catch {
    // The library throws for a point that is not on the curve and for r or s outside of their range.
    return false;
  }
}
