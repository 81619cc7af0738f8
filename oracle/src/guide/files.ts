import { randomBytes } from "node:crypto";
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";

/**
 * Writes a file that nobody but its owner may read, whole or not at all. What was there is replaced.
 *
 * @throws the system's error where it cannot be written.
 */
export function writePrivate(file: string, text: string): void {
  const draft = `${file}.${randomBytes(4).toString("hex")}`;
  const handle = openSync(draft, "wx", 0o600);
  try {
    writeSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(draft, file);
  const folder = openSync(dirname(file), "r");
  fsyncSync(folder);
  closeSync(folder);
}

export const toJson = (value: unknown) => `${JSON.stringify(value, undefined, 2)}\n`;

/** Reads a file of JSON; undefined where there is none. */
export function readJson(file: string): unknown {
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, "utf8")) as unknown;
  } catch (error) {
    throw new CommonwattError(`${file} cannot be read as JSON: ${String(error)}`);
  }
}

/** The files of an oracle's folder, as the guide makes them. */
export const filesOf = (folder: string) => ({
  config: join(folder, "config.json"),
  deployment: join(folder, "deployment.json"),
  passphrase: join(folder, "passphrase"),
  keystore: join(folder, "keystore"),
  answers: join(folder, "init.json"),
  deployFolder: join(folder, "deployment"),
});
