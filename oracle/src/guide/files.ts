import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";

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
