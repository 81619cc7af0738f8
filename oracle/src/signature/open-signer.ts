import { join } from "node:path";

import type { Config } from "../config/schema.ts";
import type { Signer } from "../signer/signer.ts";
import { createChildSigner } from "./child-signer.ts";
import { createRemoteSigner } from "./remote-signer.ts";

/** A signer of the oracle, wherever its keys are. */
export type OpenedSigner = Signer & {
  close(): Promise<void>;
};

export type SignerListener = {
  /** What a signer's process says on its standard error: never a secret. */
  onMessage: (text: string) => void;
};

/** Where a signer beside the oracle keeps what it has signed. A remote one keeps that itself. */
export const signerMemoryFile = ({ dataDir }: Pick<Config, "dataDir">) => join(dataDir, "signer.sqlite");

/** The signer that the config names. Nothing is started or connected before it is first asked. */
export function openSigner(
  config: Pick<Config, "signer" | "keystoreDir" | "passphraseFile" | "deploymentFile" | "dataDir">,
  { onMessage }: SignerListener,
): OpenedSigner {
  const { signer, keystoreDir, passphraseFile, deploymentFile } = config;
  if (signer.kind === "remote") return createRemoteSigner({ ...signer, onMessage });
  const keys = signer.kind === "pkcs11" ? signer : ({ kind: "keystore", keystoreDir, passphraseFile } as const);
  return createChildSigner({ keys, deploymentFile, memoryFile: signerMemoryFile(config), onMessage });
}
