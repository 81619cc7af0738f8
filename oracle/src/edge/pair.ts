import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { neighbourhoodDomain } from "@commonwatt/sdk/domains";
import type { Address, Hex } from "viem";

import { configOption, defineVerb, print } from "../cli/verb.ts";
import { createKey, listMeterKeys } from "../keystore/keystore.ts";
import { readPassphrase } from "../keystore/passphrase.ts";
import { createKeySigner } from "../signer/key-signer.ts";
import { openSignerMemory } from "../signer/memory.ts";
import { keysOf, memoryFile } from "./gateway.ts";
import { type GatewayConfig, loadGatewayConfig } from "./gateway-config.ts";

/** What the operator registers a gateway's device with. Registers in the meter's unit. */
export type GatewayRegistration = {
  chainId: number;
  neighbourhood: Address;
  meter: number;
  device: Address;
  keyType: "secp256k1" | "P-256";
  custody: "gateway" | "secure element";
  importRegister: string;
  exportRegister: string;
  /** The device's proof that its key is here. */
  possession: Hex;
  /** The least that an interval must be allowed to have on chain, for the meter's fuse. */
  leastCapWh: number;
};

const QUARTERS_PER_HOUR = 4;
const PASSPHRASE_BYTES = 32;

export const pairVerb = defineVerb({
  usage: "--config FILE",
  options: { config: { ...configOption, default: "edge.json", about: "the gateway's configuration" } },
  details:
    "Makes the keys of the config's meters where there are none, with a passphrase if there is none, and prints what the " +
    "operator registers: device, opening registers, and the proof that the key is here. The keys never leave the gateway. " +
    "Running it again changes nothing and prints the same.",
  async run({ config: file }) {
    for (const registration of await pairGateway(loadGatewayConfig(file))) print(JSON.stringify(registration));
  },
});

/**
 * Makes the keys that are missing, and proves to the neighbourhood that they are here.
 *
 * @returns One registration for each meter of the config.
 * @throws CommonwattError when a key cannot be made or opened.
 */
export async function pairGateway(config: GatewayConfig): Promise<GatewayRegistration[]> {
  if (config.token === undefined) await makeMissingKeys(config);
  const source = await keysOf(config);
  const memory = openSignerMemory(memoryFile(config));
  try {
    const { chainId, address } = config.neighbourhood;
    const signer = createKeySigner(source, neighbourhoodDomain({ chainId, neighbourhood: address }), memory);
    const devices = await signer.devices();
    const registrations: GatewayRegistration[] = [];
    for (const { meter, unitWh, openingImportWh, openingExportWh, fuseWatts } of config.meters) {
      const known = devices.find((entry) => entry.meter === meter);
      if (known === undefined || known.custody === "operator") {
        throw new CommonwattError(`The secure element has no key of meter ${meter}: make it with its own tool`);
      }
      const registers = {
        importRegister: BigInt(openingImportWh / unitWh),
        exportRegister: BigInt(openingExportWh / unitWh),
      };
      const { device, signature } = await signer.provePossession(meter, registers);
      registrations.push({
        chainId,
        neighbourhood: address,
        meter,
        device,
        keyType: known.keyType,
        custody: known.custody,
        importRegister: registers.importRegister.toString(),
        exportRegister: registers.exportRegister.toString(),
        possession: signature,
        leastCapWh: Math.ceil(fuseWatts / QUARTERS_PER_HOUR),
      });
    }
    return registrations;
  } finally {
    memory.close();
    source.close();
  }
}

/**
 * With a passphrase of 256 random bits nothing can be guessed, however cheap a guess is. So the keys get the derivation
 * that needs 4 MB: the other would take 128 MB, twice what the gateway is to use.
 */
async function makeMissingKeys(config: GatewayConfig): Promise<void> {
  const { passphraseFile, keystoreDir, meters } = config;
  if (passphraseFile !== undefined && !existsSync(passphraseFile)) {
    mkdirSync(dirname(passphraseFile), { recursive: true, mode: 0o700 });
    writeFileSync(passphraseFile, `${randomBytes(PASSPHRASE_BYTES).toString("base64")}\n`, { mode: 0o600, flag: "wx" });
  }
  const passphrase = readPassphrase(config);
  const held = new Set(listMeterKeys(keystoreDir));
  for (const { meter } of meters) {
    if (!held.has(meter)) await createKey(keystoreDir, { meter }, passphrase, "light");
  }
}
