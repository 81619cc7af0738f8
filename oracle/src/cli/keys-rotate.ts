import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { type Address, isAddressEqual } from "viem";

import type { Actor, Outcome } from "../community/act.ts";
import { rotateDevice, rotationRegisters } from "../community/devices.ts";
import { parseAddress } from "../community/values.ts";
import { sendAs, sendingOptions } from "../community/verbs/shared.ts";
import type { Config } from "../config/schema.ts";
import { readCurve } from "../keystore/curve.ts";
import { readPassphrase } from "../keystore/passphrase.ts";
import { prepareNextKey, promoteNextKey } from "../keystore/rotate.ts";
import { openSigner } from "../signature/open-signer.ts";
import type { Signer, SignerDevice } from "../signer/signer.ts";
import { type KeyFolder, loadKeyFolder } from "./key-folder.ts";
import { parseMeter } from "./keys.ts";
import { defineVerb, print } from "./verb.ts";

export const rotateKeyVerb = defineVerb({
  usage: "--meter N [--curve p256]\n--meter N --prepare\n--meter N --finish\n--meter N --device 0x...",
  options: {
    ...sendingOptions("operator"),
    meter: { type: "string", value: "N", about: "the meter whose device gets a new key", required: true },
    curve: { type: "string", value: "NAME", about: "secp256k1 or p256; otherwise that of the old key" },
    prepare: { type: "boolean", about: "only make the new key, on the machine of a remote signer" },
    finish: { type: "boolean", about: "only make it the current one there, when it is on chain" },
    device: { type: "string", value: "ADDRESS", about: "the new device, where a signer elsewhere holds several" },
  },
  details:
    "Makes a new key, proves to the neighbourhood that it is here, and has the chain change to it: tomorrow (UTC) for a\n" +
    "meter that shares, at once for any other. The oracle may run meanwhile: the old key signs up to that day, the new one\n" +
    "from it on, and what the old one signed and is not on chain is signed anew. The old key's file is kept as retired.\n" +
    "Whoever is interrupted runs it again.",
  async run({ config, curve, prepare, finish, ...options }) {
    if (!prepare && !finish) {
      await sendAs({ config, ...options }, (actor, read) => rotate(actor, read, { ...options, curve }));
      return;
    }
    const folder = loadKeyFolder(config);
    const meter = parseMeter(folder, options.meter);
    if (prepare) print(JSON.stringify({ meter, device: (await nextKey(folder, meter, curve)).address }));
    else promoteNextKey(folder.keystoreDir, meter);
  },
});

/** A day may be settled between the proof and its transaction: then its registers are others. */
const ATTEMPTS = 3;

/**
 * Changes a meter to a new device key.
 *
 * @returns What came of it on chain.
 */
export async function rotate(
  actor: Actor,
  config: Config,
  options: { meter: string; curve?: string | undefined; device?: string | undefined },
): Promise<Outcome> {
  const meter = parseMeter(config, options.meter);
  const isHere = config.signer.kind === "process";
  const own = isHere ? (await nextKey(config, meter, options.curve)).address : undefined;
  const signer = openSigner(config, { onMessage: actor.say });
  try {
    const wanted = options.device === undefined ? own : parseAddress("--device", options.device);
    const device = await newDevice(actor, signer, meter, wanted);
    const outcome = await proveAndSend(actor, signer, device);
    if (isHere && actor.dryRun !== true) promoteNextKey(config.keystoreDir, meter);
    return outcome;
  } finally {
    await signer.close();
  }
}

function nextKey(folder: KeyFolder, meter: number, curve: string | undefined) {
  const kind = curve === undefined ? undefined : readCurve(curve);
  return prepareNextKey(folder.keystoreDir, meter, readPassphrase(folder), folder.keystoreStrength, kind);
}

/** The one that was named, or the only one that the chain does not know yet. */
async function newDevice(
  { community }: Actor,
  signer: Signer,
  meter: number,
  wanted: Address | undefined,
): Promise<SignerDevice> {
  const held = (await signer.devices()).filter((entry) => entry.meter === meter);
  const named = held.filter(({ device }) => wanted !== undefined && isAddressEqual(device, wanted));
  const candidates: SignerDevice[] = wanted === undefined ? [] : named;
  for (const entry of wanted === undefined ? held : []) {
    const call = { ...community.contract, functionName: "deviceState", args: [entry.device] } as const;
    if ((await community.reader.readContract(call)).meter === 0) candidates.push(entry);
  }
  const [candidate, another] = candidates;
  if (candidate !== undefined && another === undefined) return candidate;
  const which = wanted === undefined ? "that is not on chain yet" : `with the device ${wanted}`;
  throw new CommonwattError(
    `The signer has ${candidates.length} keys of meter ${meter} ${which}, expected one${candidates.map(({ device }) => `\n  ${device}`).join("")}`,
  );
}

async function proveAndSend(actor: Actor, signer: Signer, { meter, device, keyType, custody }: SignerDevice) {
  for (let attempt = 1; ; attempt++) {
    const registers = await rotationRegisters(actor, meter);
    const { signature } = await signer.provePossession(meter, registers, device);
    try {
      // What is not on chain yet is signed anew by the new key.
      return await rotateDevice(actor, { meter, device, possession: signature, ...registers, keyType, custody }, true);
    } catch (error) {
      const now = await rotationRegisters(actor, meter);
      const moved = now.importRegister !== registers.importRegister || now.exportRegister !== registers.exportRegister;
      if (!moved || attempt === ATTEMPTS) throw error;
      actor.say(`Meter ${meter} was settled meanwhile: once more, from the registers it has now.`);
    }
  }
}
