import type { Custody } from "@commonwatt/sdk/meters";

import { readPassphrase } from "../keystore/passphrase.ts";
import { createKeystoreSource } from "./keystore-source.ts";
import type { KeySource } from "./signer.ts";

/** Where a signer's keys are, as its config or its arguments say. */
export type KeysAt =
  | {
      kind: "keystore";
      keystoreDir: string;
      passphraseFile?: string | undefined;
      custody?: Exclude<Custody, "secure element"> | undefined;
    }
  | { kind: "pkcs11"; library: string; token: string; pinFile?: string | undefined };

/**
 * Opens the keys of a signer. What speaks to a token is loaded only where one is used.
 *
 * @throws CommonwattError when the passphrase, the PIN, the library or the token cannot be had.
 */
export async function openKeySource(at: KeysAt): Promise<KeySource> {
  if (at.kind === "keystore") {
    return createKeystoreSource(at.keystoreDir, readPassphrase(at), at.custody ?? "operator");
  }
  const { openPkcs11Source } = await import("./pkcs11/source.ts");
  return openPkcs11Source(at);
}
