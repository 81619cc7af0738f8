import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { z } from "zod";

import { path, port } from "../../config/fields.ts";
import { explainIssues } from "../../config/issues.ts";

const keystore = z.strictObject({
  kind: z.literal("keystore").describe("Keys in files"),
  keystoreDir: path.describe("Folder of the encrypted keys"),
  passphraseFile: path
    .optional()
    .describe("File (mode 600) with their passphrase. Without it: the environment variable COMMONWATT_PASSPHRASE"),
  keystoreStrength: z.enum(["standard", "light"]).default("standard").describe('"light" is for demos'),
  custody: z
    .enum(["operator", "gateway"])
    .default("operator")
    .describe("Who keeps this machine, as the chain records it of the devices"),
});

const pkcs11 = z.strictObject({
  kind: z.literal("pkcs11").describe("Keys in a secure element"),
  library: path.describe("Its PKCS#11 library, a .so file of its maker"),
  token: z.string().min(1).max(32).describe("Label of the token that holds the keys"),
  pinFile: path
    .optional()
    .describe("File (mode 600) with the token's PIN. Without it: the environment variable COMMONWATT_PIN"),
});

/** Schema of the config of a signer that serves an oracle on another machine. */
export const signerServerSchema = z.strictObject({
  listen: z
    .strictObject({
      host: z.string().min(1).default("127.0.0.1").describe("Address to listen on"),
      port: port.default(9_443).describe("0: a free port, named in the log line ready"),
    })
    .prefault({}),
  certificateFile: path.describe("The signer's certificate"),
  keyFile: path.describe("Key (mode 600) of that certificate"),
  clientCaFile: path.describe("Certificate of the authority that made the oracle's certificate"),
  clientFingerprints: z
    .array(z.string().regex(/^([\da-f]{2}:?){31}[\da-f]{2}$/iu, { error: "expected a SHA-256 fingerprint" }))
    .max(32)
    .default([])
    .describe("SHA-256 fingerprints of the certificates that may ask; empty: any that the authority made"),
  keys: z.discriminatedUnion("kind", [keystore, pkcs11]),
  deploymentFile: path.describe("File with the addresses of the neighbourhood's contracts"),
  memoryFile: path.describe("Where the signer keeps what it has signed: back it up, and never go back to an old one"),
  logLevel: z.enum(["fatal", "error", "warn", "info", "debug", "silent"]).default("info"),
});
export type SignerServerConfig = z.infer<typeof signerServerSchema>;

/**
 * Reads the config of a signer that serves an oracle on another machine. Relative paths start at its folder.
 *
 * @throws CommonwattError naming what is wrong and what was expected.
 */
export function loadSignerServerConfig(file: string): SignerServerConfig {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new CommonwattError(`The signer's config ${file} cannot be read`, { details: String(error), cause: error });
  }
  const parsed = signerServerSchema.safeParse(value);
  if (!parsed.success) {
    const problems = explainIssues(signerServerSchema, value, parsed.error);
    throw new CommonwattError(`The signer's config ${file} has problems:\n  ${problems.join("\n  ")}`);
  }
  const at = (name: string) => resolve(dirname(resolve(file)), name);
  const { keys, ...config } = parsed.data;
  return {
    ...config,
    certificateFile: at(config.certificateFile),
    keyFile: at(config.keyFile),
    clientCaFile: at(config.clientCaFile),
    deploymentFile: at(config.deploymentFile),
    memoryFile: at(config.memoryFile),
    keys:
      keys.kind === "keystore"
        ? {
            ...keys,
            keystoreDir: at(keys.keystoreDir),
            ...(keys.passphraseFile === undefined ? {} : { passphraseFile: at(keys.passphraseFile) }),
          }
        : {
            ...keys,
            library: at(keys.library),
            ...(keys.pinFile === undefined ? {} : { pinFile: at(keys.pinFile) }),
          },
  };
}
