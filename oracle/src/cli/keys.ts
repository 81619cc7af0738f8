import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import type { Address } from "viem";

import { loadConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { createKey } from "../keystore/keystore.ts";
import { readPassphrase } from "../keystore/passphrase.ts";
import { configOption, defineVerb, print } from "./verb.ts";

export const createKeysVerb = defineVerb({
  usage: "--config FILE --meters 1,2,...\n--config FILE --submitter",
  options: {
    config: configOption,
    meters: { type: "string", value: "1,2,...", about: "meters that get a device key" },
    submitter: { type: "boolean", about: "make the key of the account that pays for transactions" },
  },
  details: "A key that is there already is left alone and refused.",
  async run({ config, ...options }) {
    print(JSON.stringify(await createKeys(loadConfig(config), options)));
  },
});

/**
 * Makes the device keys of the given meters, or the submitter's key.
 *
 * @param meters - Comma-separated meter numbers; each must be in the config.
 * @returns What to print: the addresses.
 */
export async function createKeys(
  config: Config,
  { meters, submitter }: { meters: string | undefined; submitter: boolean },
): Promise<{ devices: { meter: number; device: Address }[]; submitter?: Address }> {
  const numbers = parseMeters(config, meters);
  if (numbers.length === 0 && !submitter) {
    throw new CommonwattError("Nothing to create: expected --meters 1,2,... or --submitter");
  }
  const passphrase = readPassphrase(config);
  const create = (owner: { meter: number } | "submitter") =>
    createKey(config.keystoreDir, owner, passphrase, config.keystoreStrength);
  const devices: { meter: number; device: Address }[] = [];
  for (const meter of numbers) devices.push({ meter, device: await create({ meter }) });
  return { devices, ...(submitter ? { submitter: await create("submitter") } : {}) };
}

function parseMeters(config: Config, list: string | undefined): number[] {
  if (list === undefined) return [];
  return list.split(",").map((text) => parseMeter(config, text));
}

/**
 * A meter number from the command line.
 *
 * @throws CommonwattError when it is no meter of the config.
 */
export function parseMeter(config: Config, text: string): number {
  const known = config.meters.map(({ meter }) => meter);
  const number = /^\d{1,10}$/u.test(text) ? Number(text) : Number.NaN;
  if (!known.includes(number)) {
    throw new CommonwattError(
      `Meter ${JSON.stringify(text)} is not in the config, expected one of ${known.join(", ")}`,
    );
  }
  return number;
}
