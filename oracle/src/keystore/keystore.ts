import { randomBytes } from "node:crypto";
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { type Address, getAddress, type Hex } from "viem";

import { addressOfKey, type Curve, newPrivateKey } from "./curve.ts";
import { fileName, type KeyOwner, nameOf, readFileName, type Standing } from "./owner.ts";
import { requirePrivate } from "./passphrase.ts";
import { decryptKey, encryptKey, type KeystoreStrength, type PlainKey, readClear } from "./v3.ts";

export type { KeyOwner } from "./owner.ts";
export type { KeystoreStrength } from "./v3.ts";
/** A key in clear. */
export type Key = PlainKey;

/** A key's file, as it is without opening it. */
export type StoredKey = {
  owner: KeyOwner;
  standing: Standing;
  curve: Curve;
  /** As the file names it in clear: opening the key proves it. */
  address: Address | undefined;
  file: string;
};

/** Which of an owner's keys, and of what kind. */
export type KeyOptions = { curve?: Curve; standing?: "current" | "next" };

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
  { curve = "secp256k1", standing = "current" }: KeyOptions = {},
): Promise<Address> {
  return storeKey(folder, owner, newPrivateKey(curve), passphrase, strength, { curve, standing });
}

/**
 * Writes a key that was made elsewhere.
 *
 * @param privateKey - 32 bytes.
 * @throws CommonwattError when it is no key of the curve, or the owner has one already.
 */
export async function storeKey(
  folder: string,
  owner: KeyOwner,
  privateKey: Hex,
  passphrase: string,
  strength: KeystoreStrength,
  { curve = "secp256k1", standing = "current" }: KeyOptions = {},
): Promise<Address> {
  if (curve === "P-256" && typeof owner === "string") {
    throw new CommonwattError(`The key of ${nameOf(owner)} sends transactions: expected curve secp256k1, not P-256`);
  }
  const file = join(folder, fileName(owner, standing));
  if (existsSync(file)) {
    throw new CommonwattError(`There is a key of ${nameOf(owner)} already: ${file}. Move it away to make another`);
  }
  const address = addressOfKey(curve, privateKey);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  const json = await encryptKey({ curve, address, privateKey }, passphrase, strength);
  // "wx": whoever made the file in the meantime keeps it.
  // Whole under its name or not at all, for a signer may be looking. A link does not take the place of a file that somebody
  // made in the meantime. On disk before anybody is told of it: a device whose key a power cut took signs nothing any more.
  const beside = `${file}.${randomBytes(8).toString("hex")}.part`;
  try {
    writeFileSync(beside, `${json}\n`, { mode: 0o600, flag: "wx", flush: true });
    linkSync(beside, file);
  } finally {
    rmSync(beside, { force: true });
  }
  syncFolder(folder);
  return address;
}

/**
 * Decrypts the current key of an owner.
 *
 * @throws CommonwattError when there is none, others may read it, the file is no keystore, or the passphrase is wrong.
 */
export async function openKey(folder: string, owner: KeyOwner, passphrase: string): Promise<Key> {
  const file = join(folder, fileName(owner));
  if (!existsSync(file)) {
    throw new CommonwattError(`There is no key of ${nameOf(owner)}: expected ${file}. Make one with "keys create"`);
  }
  return openKeyFile(file, owner, passphrase);
}

/**
 * Decrypts a key by its file.
 *
 * @throws CommonwattError as {@link openKey}.
 */
export async function openKeyFile(file: string, owner: KeyOwner, passphrase: string): Promise<Key> {
  requirePrivate("key file", file, "600", "others can read it");
  try {
    return await decryptKey(readFileSync(file, "utf8"), passphrase);
  } catch (error) {
    const why = error instanceof CommonwattError ? error.message : "no keystore file";
    throw new CommonwattError(`The key of ${nameOf(owner)} in ${file} cannot be opened: ${why}`);
  }
}

/**
 * The keys of a folder, meters by number; of one owner the current key first.
 *
 * @throws CommonwattError when others than the owner may look into the folder.
 */
export function listKeys(folder: string): StoredKey[] {
  if (!existsSync(folder)) return [];
  requirePrivate("keystore folder", folder, "700", "others can look into it");
  return readdirSync(folder)
    .flatMap((name) => {
      const read = readFileName(name);
      return read === undefined ? [] : [describeKey(join(folder, name), read)];
    })
    .sort(byOwner);
}

/** The address that the file of a current key names in clear, if it names one: opening the key proves it. */
export function readAddress(folder: string, owner: KeyOwner): Address | undefined {
  const file = join(folder, fileName(owner));
  return existsSync(file) ? describeKey(file, { owner, standing: "current" }).address : undefined;
}

/** Numbers of the meters that have a key, in order. */
export function listMeterKeys(folder: string): number[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .flatMap((name) => {
      const read = readFileName(name);
      return read === undefined || typeof read.owner === "string" || read.standing !== "current"
        ? []
        : [read.owner.meter];
    })
    .sort((a, b) => a - b);
}

/**
 * Gives a key another standing. Nothing is ever deleted.
 *
 * @returns The new file.
 */
export function moveKey(folder: string, key: StoredKey, standing: Standing): string {
  const file = join(folder, fileName(key.owner, standing, key.address));
  if (existsSync(file)) throw new CommonwattError(`The key ${key.file} cannot become ${file}: there is such a file`);
  renameSync(key.file, file);
  syncFolder(folder);
  return file;
}

/** Names are in the folder: they are on disk when that is. */
function syncFolder(folder: string): void {
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function describeKey(file: string, { owner, standing }: { owner: KeyOwner; standing: Standing }): StoredKey {
  const clear = readClear(readFileSync(file, "utf8"));
  return {
    owner,
    standing,
    curve: clear?.curve ?? "secp256k1",
    address: clear?.address === undefined ? undefined : getAddress(`0x${clear.address}`),
    file,
  };
}

const STANDINGS: readonly Standing[] = ["current", "next", "retired", "revoked"];

function byOwner(a: StoredKey, b: StoredKey): number {
  const rank = ({ owner }: StoredKey) => (typeof owner === "string" ? 0 : owner.meter);
  return (
    rank(a) - rank(b) ||
    nameOf(a.owner).localeCompare(nameOf(b.owner)) ||
    STANDINGS.indexOf(a.standing) - STANDINGS.indexOf(b.standing)
  );
}
