import { readFileSync, statSync } from "node:fs";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";

/** Bits of a file mode that let anyone but the owner in. */
const OTHERS = 0o077;

/**
 * Reads a secret from a file. A final line break is not part of it.
 *
 * @param what - What the secret is, for the error: "passphrase".
 * @throws CommonwattError when the file is missing, empty, or open to others than its owner.
 */
export function readSecret(what: string, file: string): string {
  let mode: number;
  let text: string;
  try {
    mode = statSync(file).mode;
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new CommonwattError(`The ${what} file ${file} cannot be read`, { details: String(error), cause: error });
  }
  if ((mode & OTHERS) !== 0) {
    throw new CommonwattError(
      `The ${what} file ${file} has mode ${(mode & 0o777).toString(8)}, expected 600: others can read the secret`,
    );
  }
  const secret = text.replace(/\r?\n$/u, "");
  if (secret === "") throw new CommonwattError(`The ${what} file ${file} is empty, expected a ${what}`);
  return secret;
}
