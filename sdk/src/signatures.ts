import { type Hex, isHex } from "viem";

import { InvalidValueError } from "./commonwatt-error.ts";

/** Half the order of secp256k1: of the two signatures of one message and key, only the one with s up to here counts. */
const MAX_S = 0x7fffffff_ffffffff_ffffffff_ffffffff_5d576e73_57a4501d_dfe92f46_681b20a0n;

const SIGNATURE_CHARACTERS = 2 + 65 * 2;

/**
 * Checks that a secp256k1 signature is one the contracts accept: 65 bytes r, s, v; s in the lower half; v 27 or 28.
 *
 * @throws InvalidValueError saying which of these fails.
 */
export function assertCanonicalSignature(signature: Hex): void {
  if (!isHex(signature) || signature.length !== SIGNATURE_CHARACTERS) {
    throw new InvalidValueError("signature", signature, "65 bytes as 0x and 130 hex digits");
  }
  const s = BigInt(`0x${signature.slice(66, 130)}`);
  if (s > MAX_S) {
    throw new InvalidValueError("s of the signature", s, "at most half the curve's order: the signature is malleable");
  }
  const v = Number.parseInt(signature.slice(130), 16);
  if (v !== 27 && v !== 28) throw new InvalidValueError("v of the signature", v, "27 or 28");
}
