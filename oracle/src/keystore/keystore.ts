import { scrypt as nodeScrypt } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { decryptKeystoreJson, encryptKeystoreJson, scrypt, Wallet } from "ethers";
import { type Address, getAddress, type Hex } from "viem";

/** How dear guessing the passphrase is made: the two settings geth knows too. */
const SCRYPT = { standard: { N: 131_072, r: 8, p: 1 }, light: { N: 4_096, r: 8, p: 6 } } as const;
export type KeystoreStrength = keyof typeof SCRYPT;

const SCRYPT_MEMORY_BYTES = 512 * 1024 * 1024;
const runScrypt = promisify<Uint8Array, Uint8Array, number, object, Buffer>(nodeScrypt);
/** Node's own scrypt is several times faster than the one in JavaScript, and keeps the event loop free. */
const nativeScrypt = (passphrase: Uint8Array, salt: Uint8Array, N: number, r: number, p: number, length: number) =>
  runScrypt(passphrase, salt, length, { N, r, p, maxmem: SCRYPT_MEMORY_BYTES });

/** Whose key: a meter's device, or the account that pays for transactions. */
export type KeyOwner = { meter: number } | "submitter";
export type Key = { address: Address; privateKey: Hex };

const fileName = (owner: KeyOwner) => (owner === "submitter" ? "submitter.json" : `meter-${owner.meter}.json`);
const nameOf = (owner: KeyOwner) => (owner === "submitter" ? "the submitter" : `meter ${owner.meter}`);

/**
 * Makes a key and writes it, encrypted, as a Web3 Secret Storage V3 file.
 *
 * @throws CommonwattError when the owner has a key already: it is never overwritten.
 */
export async function createKey(
  folder: string,
  owner: KeyOwner,
  passphrase: string,
  strength: KeystoreStrength,
): Promise<Address> {
  const file = join(folder, fileName(owner));
  if (existsSync(file)) {
    throw new CommonwattError(`There is a key of ${nameOf(owner)} already: ${file}. Move it away to make another`);
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  scrypt.register(nativeScrypt);
  const { address, privateKey } = Wallet.createRandom();
  const json = await encryptKeystoreJson({ address, privateKey }, passphrase, { scrypt: SCRYPT[strength] });
  // "wx": whoever made the file in the meantime keeps it.
  writeFileSync(file, `${json}\n`, { mode: 0o600, flag: "wx" });
  return address as Address;
}

/**
 * Decrypts one key.
 *
 * @throws CommonwattError when there is none, the file is no keystore, or the passphrase is wrong.
 */
export async function openKey(folder: string, owner: KeyOwner, passphrase: string): Promise<Key> {
  const file = join(folder, fileName(owner));
  if (!existsSync(file)) {
    throw new CommonwattError(`There is no key of ${nameOf(owner)}: expected ${file}. Make one with "keys create"`);
  }
  scrypt.register(nativeScrypt);
  try {
    const { address, privateKey } = await decryptKeystoreJson(readFileSync(file, "utf8"), passphrase);
    return { address: address as Address, privateKey: privateKey as Hex };
  } catch (error) {
    // Not the cause: its message may quote the file.
    const why = error instanceof Error && /password/iu.test(error.message) ? "wrong passphrase" : "no keystore file";
    throw new CommonwattError(`The key of ${nameOf(owner)} in ${file} cannot be opened: ${why}`);
  }
}

/** The address that the file of a key names in clear, if it names one: opening the key proves it. */
export function readAddress(folder: string, owner: KeyOwner): Address | undefined {
  try {
    const { address } = JSON.parse(readFileSync(join(folder, fileName(owner)), "utf8")) as { address?: unknown };
    return typeof address === "string" && /^(0x)?[\da-f]{40}$/iu.test(address)
      ? getAddress(`0x${address.replace(/^0x/u, "")}`)
      : undefined;
  } catch {
    // Opening the key says what is wrong with the file.
    return undefined;
  }
}

/** Numbers of the meters that have a key, in order. */
export function listMeterKeys(folder: string): number[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .map((name) => /^meter-([1-9]\d{0,9})\.json$/u.exec(name)?.[1])
    .filter((number) => number !== undefined)
    .map(Number)
    .sort((a, b) => a - b);
}
