import {
  createCipheriv,
  createDecipheriv,
  pbkdf2 as nodePbkdf2,
  randomBytes,
  randomUUID,
  scrypt as nodeScrypt,
  timingSafeEqual,
} from "node:crypto";
import { promisify } from "node:util";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { type Address, concat, type Hex, hexToBytes, keccak256, toHex } from "viem";

import { addressOfKey, type Curve } from "./curve.ts";

/** How dear guessing the passphrase is made: the two settings geth knows too. */
const SCRYPT = { standard: { N: 131_072, r: 8, p: 1 }, light: { N: 4_096, r: 8, p: 6 } } as const;
export type KeystoreStrength = keyof typeof SCRYPT;

/** Bounds of what a file may ask of this machine. */
const SCRYPT_MEMORY_BYTES = 512 * 1024 * 1024;
const MAX_PARALLEL = 16;
const MAX_PBKDF2_ROUNDS = 10_000_000;
const MAX_TEXT_CHARACTERS = 10_000;

const KEY_BYTES = 32;
const runScrypt = promisify<Uint8Array, Uint8Array, number, object, Buffer>(nodeScrypt);
const runPbkdf2 = promisify(nodePbkdf2);

/** A key in clear. The address of a P-256 key is its device's. */
export type PlainKey = { curve: Curve; address: Address; privateKey: Hex };

/** The text is no keystore, or asks for what is not supported. The message quotes nothing of it. */
export class NoKeystoreError extends CommonwattError {
  override readonly name = "NoKeystoreError";
}
/** The passphrase does not open the keystore. */
export class WrongPassphraseError extends CommonwattError {
  override readonly name = "WrongPassphraseError";
}

/**
 * Encrypts a key as a Web3 Secret Storage V3 text, which wallets and geth open too. One of P-256 has a field `curve`
 * besides; a wallet refuses it, since its address is not that of an Ethereum key.
 */
export async function encryptKey(
  { curve, address, privateKey }: PlainKey,
  passphrase: string,
  strength: KeystoreStrength,
): Promise<string> {
  const { N, r, p } = SCRYPT[strength];
  const [salt, iv] = [randomBytes(32), randomBytes(16)];
  const derived = await runScrypt(asBytes(passphrase), salt, KEY_BYTES, { N, r, p, maxmem: SCRYPT_MEMORY_BYTES });
  const cipher = createCipheriv("aes-128-ctr", derived.subarray(0, 16), iv);
  const ciphertext = Buffer.concat([cipher.update(hexToBytes(privateKey)), cipher.final()]);
  return JSON.stringify({
    version: 3,
    id: randomUUID(),
    address: address.slice(2).toLowerCase(),
    ...(curve === "P-256" ? { curve } : {}),
    crypto: {
      cipher: "aes-128-ctr",
      cipherparams: { iv: iv.toString("hex") },
      ciphertext: ciphertext.toString("hex"),
      kdf: "scrypt",
      kdfparams: { dklen: KEY_BYTES, n: N, r, p, salt: salt.toString("hex") },
      mac: macOf(derived, ciphertext).slice(2),
    },
  });
}

/**
 * Opens a V3 keystore, of whatever program wrote it: scrypt or PBKDF2, with or without an address.
 *
 * @throws NoKeystoreError when the text is none; WrongPassphraseError.
 */
export async function decryptKey(text: string, passphrase: string): Promise<PlainKey> {
  const file = parse(text);
  const crypto = section(file, "crypto");
  if (file["version"] !== 3) throw new NoKeystoreError("its version is not 3");
  if (crypto["cipher"] !== "aes-128-ctr") throw new NoKeystoreError("its cipher is not aes-128-ctr");
  const iv = bytes(section(crypto, "cipherparams"), "iv", 16);
  const ciphertext = bytes(crypto, "ciphertext", KEY_BYTES);
  const mac = bytes(crypto, "mac", 32);
  const curve = curveOf(file);
  const derived = await derive(crypto, passphrase);
  if (!timingSafeEqual(hexToBytes(macOf(derived, ciphertext)), mac)) throw new WrongPassphraseError("wrong passphrase");
  const decipher = createDecipheriv("aes-128-ctr", derived.subarray(0, 16), iv);
  const privateKey = toHex(Buffer.concat([decipher.update(ciphertext), decipher.final()]));
  const address = addressOfKey(curve, privateKey);
  const named = readNamedAddress(file);
  if (named !== undefined && named !== address.slice(2).toLowerCase()) {
    throw new NoKeystoreError(`it names the address 0x${named}, and its key is that of ${address}`);
  }
  return { curve, address, privateKey };
}

/** What a keystore says in clear: its curve, and its address if it names one. Undefined when it is none. */
export function readClear(text: string): { curve: Curve; address: string | undefined } | undefined {
  try {
    const file = parse(text);
    return { curve: curveOf(file), address: readNamedAddress(file) };
  } catch {
    // Opening the key says what is wrong with the file.
    return undefined;
  }
}

/** The last 16 bytes of the derived key authenticate what the first 16 encrypt. */
const macOf = (derived: Uint8Array, ciphertext: Uint8Array): Hex =>
  keccak256(concat([derived.subarray(16, 32), ciphertext]));

/** As other wallets do, so that a passphrase typed elsewhere is the same bytes. */
const asBytes = (passphrase: string) => Buffer.from(passphrase.normalize("NFKC"), "utf8");

async function derive(crypto: Fields, passphrase: string): Promise<Buffer> {
  const params = section(crypto, "kdfparams");
  const salt = bytes(params, "salt");
  if (params["dklen"] !== KEY_BYTES) throw new NoKeystoreError("its derived key is not of 32 bytes");
  if (crypto["kdf"] === "scrypt") {
    const [N, r, p] = [whole(params, "n", 2 ** 22), whole(params, "r", 1_024), whole(params, "p", MAX_PARALLEL)];
    if (128 * N * r >= SCRYPT_MEMORY_BYTES || (N & (N - 1)) !== 0 || N < 2) {
      throw new NoKeystoreError("its scrypt needs 512 MiB or more, or its n is no power of two");
    }
    // Some old programs wrote such; the standard of scrypt forbids them, and so does Node.
    if (N >= 2 ** (16 * r)) throw new NoKeystoreError("its scrypt has an n of 2^(16 r) or more, against RFC 7914");
    return runScrypt(asBytes(passphrase), salt, KEY_BYTES, { N, r, p, maxmem: SCRYPT_MEMORY_BYTES });
  }
  if (crypto["kdf"] === "pbkdf2" && params["prf"] === "hmac-sha256") {
    return runPbkdf2(asBytes(passphrase), salt, whole(params, "c", MAX_PBKDF2_ROUNDS), KEY_BYTES, "sha256");
  }
  throw new NoKeystoreError("its key derivation is neither scrypt nor PBKDF2 with hmac-sha256");
}

type Fields = Readonly<Record<string, unknown>>;

function parse(text: string): Fields {
  if (text.length > MAX_TEXT_CHARACTERS)
    throw new NoKeystoreError(`it is longer than ${MAX_TEXT_CHARACTERS} characters`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new NoKeystoreError("it is not JSON");
  }
  return fields(value, "it");
}

/** The names of a section are found in any case: programs differ. */
function section(of: Fields, name: string): Fields {
  const key = Object.keys(of).find((candidate) => candidate.toLowerCase() === name);
  return fields(key === undefined ? undefined : of[key], `its ${name}`);
}

function fields(value: unknown, what: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new NoKeystoreError(`${what} is no object`);
  }
  return value as Fields;
}

function bytes(of: Fields, name: string, length?: number): Buffer {
  const text = of[name];
  const hex = typeof text === "string" && /^(0x)?([\da-f]{2})*$/iu.test(text) ? text.replace(/^0x/u, "") : undefined;
  if (hex === undefined || (length !== undefined && hex.length !== 2 * length)) {
    throw new NoKeystoreError(`its ${name} is not ${length === undefined ? "" : `${length} bytes of `}hex`);
  }
  return Buffer.from(hex, "hex");
}

function whole(of: Fields, name: string, max: number): number {
  const value = of[name];
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 1 || value > max) {
    throw new NoKeystoreError(`its ${name} is not a whole number from 1 to ${max}`);
  }
  return value;
}

function curveOf(file: Fields): Curve {
  const curve = file["curve"] ?? "secp256k1";
  if (curve !== "secp256k1" && curve !== "P-256") throw new NoKeystoreError("its curve is neither secp256k1 nor P-256");
  return curve;
}

/** 40 lower-case hex digits. */
function readNamedAddress(file: Fields): string | undefined {
  const { address } = file as { address?: unknown };
  return typeof address === "string" && /^(0x)?[\da-f]{40}$/iu.test(address)
    ? address.replace(/^0x/iu, "").toLowerCase()
    : undefined;
}
