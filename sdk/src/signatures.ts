import { type Hex, isHex } from "viem";

import { InvalidValueError } from "./commonwatt-error.ts";

/** Half the order of each curve: of the two signatures of one message and key, only the one with s up to here counts. */
const MAX_SECP256K1_S = 0x7fffffff_ffffffff_ffffffff_ffffffff_5d576e73_57a4501d_dfe92f46_681b20a0n;
const MAX_P256_S = 0x7fffffff_80000000_7fffffff_ffffffff_de737d56_d38bcf42_79dce561_7e3192a8n;

/** 65 bytes: r, s, v. */
const SECP256K1_CHARACTERS = 2 + 65 * 2;
/** 128 bytes: r, s and the public key x, y, which cannot be recovered. */
const P256_CHARACTERS = 2 + 128 * 2;

/** Whether a device's signature is of the P-256 kind: 128 bytes r, s, x, y. */
export function isP256Signature(signature: Hex): boolean {
  return signature.length === P256_CHARACTERS;
}

/**
 * Checks that a device's signature is one the contracts accept: 65 bytes r, s, v of secp256k1 with v 27 or 28, or 128
 * bytes r, s, x, y of P-256; s in the lower half.
 *
 * @throws InvalidValueError saying which of these fails.
 */
export function assertCanonicalSignature(signature: Hex): void {
  if (!isHex(signature) || (signature.length !== SECP256K1_CHARACTERS && !isP256Signature(signature))) {
    throw new InvalidValueError("signature", signature, "65 bytes as 0x and 130 hex digits, or 128 bytes for P-256");
  }
  const s = BigInt(`0x${signature.slice(66, 130)}`);
  if (s > (isP256Signature(signature) ? MAX_P256_S : MAX_SECP256K1_S)) {
    throw new InvalidValueError("s of the signature", s, "at most half the curve's order: the signature is malleable");
  }
  if (isP256Signature(signature)) return;
  const v = Number.parseInt(signature.slice(130), 16);
  if (v !== 27 && v !== 28) throw new InvalidValueError("v of the signature", v, "27 or 28");
}
