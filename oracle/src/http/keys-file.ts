import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";

import { readSecret } from "../keystore/passphrase.ts";
import { writePrivate } from "../write-private.ts";
import { cleanName } from "./names.ts";

/** A key that a sender shows. */
export type SenderKey = {
  /** Number that encrypted input names its key by. */
  user: number;
  /** 32 hex characters. */
  key: string;
  /** The only node it may write; without one, any. */
  node?: string;
};

const MAX_KEYS = 100_000;
const MAX_USER = 0xffff_ffff;
const LINE = /^(\d{1,10})\s+([0-9a-f]{32})(?:\s+(.+))?$/iu;
const WHAT = "HTTP key list";

/**
 * Reads the file of keys: one per line, `<user id> <32 hex characters> [node]`, `#` for a comment.
 *
 * @throws CommonwattError when it cannot be read, is open to others, or a line of it is no key. No key is ever shown.
 */
export function readKeys(file: string): SenderKey[] {
  const lines = readSecret(WHAT, file).split(/\r?\n/u);
  if (lines.length > MAX_KEYS)
    throw new CommonwattError(`${file} has ${lines.length} lines, expected at most ${MAX_KEYS}`);
  const keys: SenderKey[] = [];
  const users = new Set<number>();
  const seen = new Set<string>();
  for (const [index, line] of lines.entries()) {
    const text = line.trim();
    if (text === "" || text.startsWith("#")) continue;
    const where = `${file}, line ${index + 1}`;
    const parts = LINE.exec(text);
    const user = Number(parts?.[1]);
    const key = parts?.[2]?.toLowerCase();
    if (key === undefined || user < 1 || user > MAX_USER) {
      throw new CommonwattError(
        `${where}: expected "<user id> <32 hex characters> [node]", the user id from 1 to ${MAX_USER}`,
      );
    }
    if (users.has(user)) throw new CommonwattError(`${where}: user ${user} has a key already, expected another number`);
    if (seen.has(key)) throw new CommonwattError(`${where}: the same key stands in an earlier line`);
    users.add(user);
    seen.add(key);
    const node = parts?.[3];
    if (node !== undefined) checkNode(node, where);
    keys.push({ user, key, ...(node === undefined ? {} : { node }) });
  }
  return keys;
}

/**
 * Makes a key and adds it to the file, which comes into being with mode 600 where there is none.
 *
 * @param user - The next free number where it is not given.
 * @throws CommonwattError when the user has a key already or the file is not as it should be.
 */
export function addKey(file: string, { user, node }: { user?: number; node?: string }): SenderKey {
  const keys = existsSync(file) ? readKeys(file) : [];
  const number = user ?? Math.max(0, ...keys.map((entry) => entry.user)) + 1;
  if (!Number.isSafeInteger(number) || number < 1 || number > MAX_USER) {
    throw new CommonwattError(`User ${number}, expected a number from 1 to ${MAX_USER}`);
  }
  if (keys.some((entry) => entry.user === number)) {
    throw new CommonwattError(`User ${number} has a key already. Remove its line from ${file} to make another`);
  }
  if (node !== undefined) checkNode(node, "--node");
  const added = { user: number, key: randomBytes(16).toString("hex"), ...(node === undefined ? {} : { node }) };
  const before = existsSync(file) ? `${readSecret(WHAT, file)}\n` : "# <user id> <key> [node]\n";
  replaceFile(file, `${before}${number} ${added.key}${node === undefined ? "" : ` ${node}`}\n`);
  return added;
}

function checkNode(node: string, where: string): void {
  if (node === cleanName(node) && node.length <= 64) return;
  throw new CommonwattError(
    `${where}: node ${JSON.stringify(node)}, expected letters, digits, "_", "-", "." and spaces, at most 64`,
  );
}

/** Whole or not at all, also when the disk is full. */
function replaceFile(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writePrivate(file, text);
}
