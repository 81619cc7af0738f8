import { readFileSync } from "node:fs";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";

import { loadConfigWithoutMeters } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { loadSignerServerConfig } from "../signer/remote/config.ts";

/** Where a config keeps its keys, be it an oracle's or that of a signer on another machine. */
export type KeyFolder = Pick<Config, "keystoreDir" | "keystoreStrength" | "passphraseFile"> & {
  /** The oracle's meters; undefined where the config names none: then any number will do. */
  meters?: readonly { meter: number }[] | undefined;
};

/**
 * Reads of a config what the verbs for keys need.
 *
 * @throws CommonwattError when it is no config, or its keys are in a secure element.
 */
export function loadKeyFolder(file: string): KeyFolder {
  if (!isSignerConfig(file)) {
    const { meters, ...config } = loadConfigWithoutMeters(file);
    return { ...config, ...(meters.length === 0 ? {} : { meters }) };
  }
  const { keys } = loadSignerServerConfig(file);
  if (keys.kind === "keystore") return keys;
  throw new CommonwattError(
    `The keys of ${file} are in the secure element ${keys.token}: make and list them with its own tool, such as pkcs11-tool`,
  );
}

/** The two have hardly a setting in common. */
function isSignerConfig(file: string): boolean {
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    return typeof value === "object" && value !== null && "keys" in value && "clientCaFile" in value;
  } catch {
    // Reading it as the oracle's says what is wrong.
    return false;
  }
}
