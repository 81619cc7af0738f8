import { join } from "node:path";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import type { Address, Hex } from "viem";

import type { Config } from "../config/schema.ts";
import { createChildSigner } from "../signature/child-signer.ts";
import { parseMeter } from "./keys.ts";

/** Where the signer keeps what it has signed. */
export const signerMemoryFile = (config: Config) => join(config.dataDir, "signer.sqlite");

/** The proof of one device, for `registerDevice`. */
export type Possession = { device: Address; signature: Hex };

/**
 * The proofs of possession of one or more meters' devices.
 *
 * @param meters - Numbers as given on the command line.
 * @param registers - Opening registers in the meter's unit, decimal digits.
 */
export async function provePossession(
  config: Config,
  meters: readonly string[],
  registers: { importRegister: string | undefined; exportRegister: string | undefined },
): Promise<(Possession & { meter: number })[]> {
  const numbers = meters.map((meter) => parseMeter(config, meter));
  const importRegister = parseRegister("--import-register", registers.importRegister);
  const exportRegister = parseRegister("--export-register", registers.exportRegister);
  const signer = createChildSigner({ ...config, memoryFile: signerMemoryFile(config), onMessage: () => undefined });
  try {
    const proofs: (Possession & { meter: number })[] = [];
    for (const meter of numbers) {
      proofs.push({ meter, ...(await signer.provePossession(meter, { importRegister, exportRegister })) });
    }
    return proofs;
  } finally {
    await signer.close();
  }
}

function parseRegister(option: string, text: string | undefined): bigint {
  const value = text !== undefined && /^\d{1,14}$/u.test(text) ? BigInt(text) : undefined;
  if (value === undefined || value >= 1n << 44n) {
    throw new CommonwattError(`${option} is ${JSON.stringify(text)}, expected units of the meter from 0 to 2^44 - 1`);
  }
  return value;
}
