import { readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";

/** Bits of a file mode that let anyone but the owner in. */
const OTHERS = 0o077;
/** Those that let everybody in. */
const FOR_ALL = 0o007;

/** The environment variable that the keystore's passphrase is read from where the config names no file. */
export const PASSPHRASE_VARIABLE = "COMMONWATT_PASSPHRASE";

/**
 * Refuses a file or folder that others than its owner may read or change.
 *
 * @param what - For the error: "passphrase file".
 * @param expected - Mode that it should have: "600".
 * @throws CommonwattError naming the mode and how to change it.
 */
export function requirePrivate(what: string, path: string, expected: "600" | "700", consequence: string): void {
  const { mode } = statSync(path);
  if ((mode & OTHERS) === 0) return;
  throw new CommonwattError(
    `The ${what} ${path} has mode ${(mode & 0o777).toString(8)}, expected ${expected}: ${consequence}. Change it with: chmod ${expected} ${path}`,
  );
}

/**
 * Reads a secret from a file. A final line break is not part of it.
 *
 * @param what - What the secret is, for the error: "passphrase".
 * @throws CommonwattError when the file is missing, empty, or open to others than its owner.
 */
export function readSecret(what: string, file: string): string {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new CommonwattError(`The ${what} file ${file} cannot be read`, { details: String(error), cause: error });
  }
  if (!isCredential(file)) requirePrivate(`${what} file`, file, "600", "others can read the secret");
  const secret = text.replace(/\r?\n$/u, "");
  if (secret === "") throw new CommonwattError(`The ${what} file ${file} is empty, expected a ${what}`);
  return secret;
}

/**
 * Whether systemd hands a file to this service (LoadCredential). Newer versions let the service's user in by an access
 * control list, which shows as mode 440, though the folder lets nobody else in.
 */
function isCredential(file: string): boolean {
  const folder = process.env["CREDENTIALS_DIRECTORY"];
  if (folder === undefined || dirname(resolve(file)) !== resolve(folder)) return false;
  return (statSync(file).mode & FOR_ALL) === 0 && (statSync(folder).mode & FOR_ALL) === 0;
}

/**
 * The keystore's passphrase: from the file that the config names, otherwise from the environment variable
 * COMMONWATT_PASSPHRASE. It is never an argument, which every user of the machine could read.
 *
 * @throws CommonwattError when there is neither, or the file cannot be used.
 */
export function readPassphrase({ passphraseFile }: { passphraseFile?: string | undefined }): string {
  if (passphraseFile !== undefined) return readSecret("passphrase", passphraseFile);
  const passphrase = process.env[PASSPHRASE_VARIABLE];
  if (passphrase === undefined || passphrase === "") {
    throw new CommonwattError(
      `There is no passphrase: expected "passphraseFile" in the config, or the environment variable ${PASSPHRASE_VARIABLE}`,
    );
  }
  return passphrase;
}
