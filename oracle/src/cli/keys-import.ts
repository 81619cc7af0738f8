import { readFileSync, statSync } from "node:fs";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import type { Hex } from "viem";

import { type Curve, readCurve } from "../keystore/curve.ts";
import { storeKey } from "../keystore/keystore.ts";
import { readPassphrase, readSecret } from "../keystore/passphrase.ts";
import { decryptKey } from "../keystore/v3.ts";
import { type KeyFolder, loadKeyFolder } from "./key-folder.ts";
import { parseOwner } from "./keys.ts";
import { configOption, defineVerb, print } from "./verb.ts";

export const importKeyVerb = defineVerb({
  usage:
    "--meter N --keystore FILE [--keystore-passphrase FILE]\n--meter N --private-key FILE [--curve p256]\n--role operator --private-key -",
  options: {
    config: configOption,
    meter: { type: "string", value: "N", about: "the meter whose device's key it is" },
    role: { type: "string", value: "NAME", about: "or the role whose account's key it is" },
    keystore: {
      type: "string",
      value: "FILE",
      about: "a keystore file (Web3 Secret Storage V3, as geth and wallets write)",
    },
    "keystore-passphrase": {
      type: "string",
      value: "FILE",
      about: "file (mode 600) with its passphrase, if that is not the one of the configuration",
    },
    "private-key": {
      type: "string",
      value: "FILE",
      about: "file (mode 600) with 64 hex digits; - reads standard input",
    },
    curve: { type: "string", value: "NAME", default: "secp256k1", about: "of a private key: secp256k1 or p256" },
  },
  details:
    "A key is never taken from the command line, where every user of the machine could read it.\n" +
    "The file that it came from is left as it is: delete it when the key is in.",
  async run({ config, ...options }) {
    print(JSON.stringify(await importKey(loadKeyFolder(config), options)));
  },
});

export type ImportOptions = {
  meter: string | undefined;
  role: string | undefined;
  keystore: string | undefined;
  "keystore-passphrase": string | undefined;
  "private-key": string | undefined;
  curve: string;
};

/** Longest text that is read: a private key has 66 characters. */
const MAX_BYTES = 10_000;
const STDIN = 0;

/**
 * Takes a key that was made elsewhere into the keystore.
 *
 * @throws CommonwattError when the file cannot be used, or the owner has a key already. No secret is in the message.
 */
export async function importKey(folder: KeyFolder, options: ImportOptions): Promise<{ address: string; curve: Curve }> {
  const owner = parseOwner(folder, options);
  const passphrase = readPassphrase(folder);
  const { curve, privateKey } = await readKey(options, passphrase);
  const address = await storeKey(folder.keystoreDir, owner, privateKey, passphrase, folder.keystoreStrength, { curve });
  return { address, curve };
}

async function readKey(options: ImportOptions, passphrase: string): Promise<{ curve: Curve; privateKey: Hex }> {
  const { keystore, "private-key": privateKeyFile, "keystore-passphrase": passphraseFile } = options;
  if ((keystore === undefined) === (privateKeyFile === undefined)) {
    throw new CommonwattError("Expected one of --keystore FILE and --private-key FILE");
  }
  if (privateKeyFile !== undefined)
    return { curve: readCurve(options.curve), privateKey: readPrivateKey(privateKeyFile) };
  const its = passphraseFile === undefined ? passphrase : readSecret("passphrase", passphraseFile);
  const file = keystore ?? "";
  try {
    return await decryptKey(readText(file), its);
  } catch (error) {
    if (!(error instanceof CommonwattError)) throw error;
    throw new CommonwattError(`The keystore ${file} cannot be opened: ${error.message}`);
  }
}

function readPrivateKey(file: string): Hex {
  const text = (file === "-" ? readFileSync(STDIN, "utf8") : readSecret("private key", file)).trim();
  const digits = /^(?:0x)?([\da-f]{64})$/iu.exec(text)?.[1];
  // Not the text: it may be a key that was mistyped.
  if (digits === undefined) {
    throw new CommonwattError(
      `The private key has ${text.length} characters that are not all hex, expected 64 hex digits`,
    );
  }
  return `0x${digits.toLowerCase()}`;
}

function readText(file: string): string {
  try {
    if (statSync(file).size > MAX_BYTES) throw new CommonwattError(`it has more than ${MAX_BYTES} bytes`);
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof CommonwattError) throw error;
    throw new CommonwattError(`it cannot be read (${String(error)})`, { cause: error });
  }
}
