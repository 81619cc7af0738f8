import { readFileSync } from "node:fs";

import { addressSchema, hexSchema, parseBySchema } from "@commonwatt/sdk/schema";
import { z } from "zod";

import type { Config } from "../config/schema.ts";
import { openSigner } from "../signature/open-signer.ts";
import type { Prove } from "./move.ts";

/** A proof that was made where the key is, as a gateway's `edge pair` prints it. */
const proofSchema = z.object({
  meter: z.int().min(1).max(0xffff_ffff),
  device: addressSchema,
  possession: hexSchema,
});

/**
 * Proofs for another neighbourhood: those of a file, where it has one of the meter, otherwise by the oracle's own signer.
 * Close it when done.
 *
 * @param deploymentFile - Of the new neighbourhood.
 * @param possessionsFile - A line of JSON each: `meter`, `device`, `possession`, for the meter's registers on chain.
 * @throws InvalidValueError naming what is wrong in the file.
 */
export function openProver(
  config: Config,
  deploymentFile: string,
  possessionsFile?: string,
): { prove: Prove; close: () => Promise<void> } {
  const lines = possessionsFile === undefined ? [] : readFileSync(possessionsFile, "utf8").trim().split("\n");
  const given = new Map(
    lines.map((line) => {
      const { meter, device, possession } = parseBySchema("possession", proofSchema, line);
      return [meter, { device, signature: possession }];
    }),
  );
  const signer = openSigner({ ...config, deploymentFile }, { onMessage: () => undefined });
  return {
    prove: async (meter, registers, device) => given.get(meter) ?? signer.provePossession(meter, registers, device),
    close: () => signer.close(),
  };
}
