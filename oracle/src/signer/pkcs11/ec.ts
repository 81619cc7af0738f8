import type { P256PublicKey } from "@commonwatt/sdk/p256";
import { bytesToHex } from "viem";

/** DER of the name of P-256: 1.2.840.10045.3.1.7. */
const P256_OID = Buffer.from("06082a8648ce3d030107", "hex");
const ORDER = 0xffffffff_00000000_ffffffff_ffffffff_bce6faad_a7179e84_f3b9cac2_fc632551n;

/** Whether CKA_EC_PARAMS names P-256. */
export function isP256Curve(parameters: Buffer | undefined): boolean {
  return parameters?.equals(P256_OID) === true;
}

/**
 * The public key in a CKA_EC_POINT: 04 x y, by the standard within an OCTET STRING, by some libraries without.
 *
 * @returns Undefined when it is neither.
 */
export function readPoint(value: Buffer | undefined): P256PublicKey | undefined {
  if (value === undefined) return undefined;
  const point = value.length === 67 && value[0] === 0x04 && value[1] === 65 ? value.subarray(2) : value;
  if (point.length !== 65 || point[0] !== 0x04) return undefined;
  return { x: bytesToHex(point.subarray(1, 33)), y: bytesToHex(point.subarray(33)) };
}

/** The one of the two signatures with s in the lower half, which alone the contracts take. 64 bytes r, s. */
export function lowS(signature: Buffer): Buffer {
  const s = BigInt(`0x${signature.subarray(32).toString("hex")}`);
  if (s <= ORDER / 2n) return signature;
  const other = (ORDER - s).toString(16).padStart(64, "0");
  return Buffer.concat([signature.subarray(0, 32), Buffer.from(other, "hex")]);
}
