import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import type { Address, Hex } from "viem";

import { loadConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { openSigner } from "../signature/open-signer.ts";
import { parseMeter } from "./keys.ts";
import { configOption, defineVerb, print } from "./verb.ts";

export const possessionVerb = defineVerb({
  usage:
    "--config FILE --meter N --import-register X --export-register Y\n" +
    "--config FILE --meters 1,2,... --import-register X --export-register Y",
  options: {
    config: configOption,
    meter: { type: "string", value: "N", about: "the meter" },
    meters: { type: "string", value: "1,2,...", about: "several meters that open with the same registers" },
    "import-register": { type: "string", value: "X", about: "what the meter shows for energy drawn, in its unit" },
    "export-register": { type: "string", value: "Y", about: "what it shows for energy fed in" },
  },
  async run({ config: file, meter, meters, ...options }) {
    const config = loadConfig(file);
    const registers = { importRegister: options["import-register"], exportRegister: options["export-register"] };
    if (meters !== undefined) {
      print(JSON.stringify(await provePossession(config, meters.split(","), registers)));
      return;
    }
    const [proof] = await provePossession(config, [meter ?? ""], registers);
    print(JSON.stringify({ device: proof?.device, signature: proof?.signature }));
  },
});

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
  const signer = openSigner(config, { onMessage: () => undefined });
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
