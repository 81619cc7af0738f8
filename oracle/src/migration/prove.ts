import type { Config } from "../config/schema.ts";
import { openSigner } from "../signature/open-signer.ts";
import type { Prove } from "./move.ts";

/**
 * Proofs by the oracle's own signer, as it would sign for another neighbourhood. Close it when done.
 *
 * @param deploymentFile - Of the new neighbourhood.
 */
export function openProver(config: Config, deploymentFile: string): { prove: Prove; close: () => Promise<void> } {
  const signer = openSigner({ ...config, deploymentFile }, { onMessage: () => undefined });
  return {
    prove: (meter, registers, device) => signer.provePossession(meter, registers, device),
    close: () => signer.close(),
  };
}
