import { p256Address, p256PublicKey } from "@commonwatt/sdk/p256";
import { hashSignedProfile } from "@commonwatt/sdk/profile-signing";
import type { Tariff } from "@commonwatt/sdk/settlement/types";
import { concatHex, type Hex, numberToHex, size, sliceHex } from "viem";
import { privateKeyToAccount, privateKeyToAddress } from "viem/accounts";

import { plainState } from "./cases-bounds.ts";
import { honestCase, type SettleCase, tampered } from "./settle-case.ts";
import { DOMAIN, keyOf, resident, type Resident } from "./street.ts";

const TARIFF: Tariff = { communityPriceTicks: 1_000, networkChargeTicks: 100 };
const SECP256K1_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
/** In a batch: class header, then flags and registers, then r and s. */
const S_AT = 7 + 13 + 32;

/** Signatures whose s is exactly half of the order, which is the highest that counts, and their twins with the next one. */
export async function signatureCases(): Promise<SettleCase[]> {
  const found: SettleCase[] = [];
  for (const p256 of [false, true]) {
    const honest = honestCase(`s at half the order${p256 ? " of P-256" : ""}`, TARIFF, [await atHalf(p256)]);
    const { batch } = honest.args;
    const word = BigInt(sliceHex(batch, S_AT, S_AT + 32));
    // (r, -s) is by the same key, of secp256k1 with the other of the two points that r stands for.
    const above = p256 ? word + 1n : (word ^ (1n << 255n)) + 1n;
    const twin = concatHex([
      sliceHex(batch, 0, S_AT),
      numberToHex(above, { size: 32 }),
      sliceHex(batch, S_AT + 32, size(batch)),
    ]);
    found.push(honest, tampered(honest, "above it", "UnknownDevice", { args: { ...honest.args, batch: twin } }));
  }
  return found;
}

/** A meter with the key of which a chosen nonce and a chosen s are a signature of its profile. */
async function atHalf(p256: boolean): Promise<Resident> {
  const none = Array.from({ length: 96 }, () => 0);
  const unsigned = await resident(plainState(100, 3), none, none, 0n, keyOf("replaced"), p256);
  const order = p256 ? P256_ORDER : SECP256K1_ORDER;
  const nonce = BigInt(keyOf("nonce")) % order;
  const { x, y } = publicKeyOf(numberToHex(nonce, { size: 32 }), p256);
  const s = order / 2n;
  const digest = BigInt(hashSignedProfile(DOMAIN, unsigned.profile));
  const key = numberToHex(((((s * nonce - digest) % order) + order) * inverse(BigInt(x), order)) % order, { size: 32 });
  const compact = concatHex([x, numberToHex(s, { size: 32 })]);
  const own = publicKeyOf(key, p256);
  const parity = BigInt(y) % 2n === 0n ? "0x1b" : "0x1c";
  const signature = p256 ? concatHex([compact, own.x, own.y]) : concatHex([compact, parity]);
  const device = p256 ? p256Address(own) : privateKeyToAddress(key);
  return { ...unsigned, key, device, profile: { ...unsigned.profile, signature } };
}

function publicKeyOf(key: Hex, p256: boolean): { x: Hex; y: Hex } {
  if (p256) return p256PublicKey(key);
  const { publicKey } = privateKeyToAccount(key);
  return { x: sliceHex(publicKey, 1, 33), y: sliceHex(publicKey, 33, 65) };
}

/** By Fermat: of a prime order. */
function inverse(value: bigint, order: bigint): bigint {
  let result = 1n;
  let power = value % order;
  for (let exponent = order - 2n; exponent > 0n; exponent >>= 1n) {
    if (exponent % 2n === 1n) result = (result * power) % order;
    power = (power * power) % order;
  }
  return result;
}
