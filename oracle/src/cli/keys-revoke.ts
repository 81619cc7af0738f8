import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { type Address, isAddressEqual } from "viem";

import { type Actor, already, type Outcome } from "../community/act.ts";
import { revokeDevice } from "../community/devices.ts";
import { parseAddress } from "../community/values.ts";
import { sendAs, sendingOptions } from "../community/verbs/shared.ts";
import type { Config } from "../config/schema.ts";
import { moveKey, type StoredKey } from "../keystore/keystore.ts";
import { meterKeys } from "../keystore/rotate.ts";
import { type KeyFolder, loadKeyFolder } from "./key-folder.ts";
import { parseMeter } from "./keys.ts";
import { defineVerb, print } from "./verb.ts";

export const revokeKeyVerb = defineVerb({
  usage: "--meter N\n--meter N --device 0x...\n--meter N --device 0x... --local",
  options: {
    ...sendingOptions("guardian"),
    meter: { type: "string", value: "N", about: "the meter", required: true },
    device: { type: "string", value: "ADDRESS", about: "which of its keys; otherwise the current one" },
    local: { type: "boolean", about: "only see to the file, on the machine of a remote signer" },
  },
  details:
    "For a key that is lost or stolen: the chain takes nothing from it any more, at once and for ever, and the signer does\n" +
    "not use it again. Its file is kept as revoked; delete it when nobody needs it. The meter's days wait until it has a\n" +
    "new key (keys rotate). With the address of a retired key: only the file, for the chain is done with it.",
  async run({ config, local, ...options }) {
    if (!local) {
      await sendAs({ config, ...options }, (actor, read) => revoke(actor, read, options));
      return;
    }
    const folder = loadKeyFolder(config);
    const meter = parseMeter(folder, options.meter);
    const key = keyOf(folder, meter, deviceOption(options.device));
    if (key === undefined) throw missing(folder, meter, options.device);
    moveKey(folder.keystoreDir, key, "revoked");
    print(`The key ${key.address ?? key.file} of meter ${meter} is not used any more.`);
  },
});

/**
 * Revokes a device on chain where it is in force there, and has the signer use its key no more.
 *
 * @throws CommonwattError when there is no such key, or it is about to take over.
 */
export async function revoke(
  actor: Actor,
  config: Config,
  options: { meter: string; device?: string | undefined },
): Promise<Outcome> {
  const meter = parseMeter(config, options.meter);
  const wanted = deviceOption(options.device);
  const key = config.signer.kind === "process" ? keyOf(config, meter, wanted) : undefined;
  if (config.signer.kind === "process" && key === undefined) throw missing(config, meter, options.device);
  const device = wanted ?? key?.address;
  const { reader, contract } = actor.community;
  const [, queued] = await reader.readContract({ ...contract, functionName: "queuedDevice", args: [meter] });
  if (device !== undefined && isAddressEqual(queued, device)) {
    throw new CommonwattError(
      `The device ${device} takes over meter ${meter} tomorrow: replace it first with "keys rotate --meter ${meter}"`,
    );
  }
  const isInForce = device === undefined || (await inForce(actor, meter, device));
  const outcome = isInForce
    ? await revokeDevice(actor, meter)
    : already(`The device ${device} is not in force on chain: only its key is put away.`);
  if (key !== undefined && actor.dryRun !== true) moveKey(config.keystoreDir, key, "revoked");
  return outcome;
}

async function inForce({ community: { reader, contract } }: Actor, meter: number, device: Address): Promise<boolean> {
  const state = await reader.readContract({ ...contract, functionName: "deviceState", args: [device] });
  return state.active && state.meter === meter;
}

function keyOf({ keystoreDir }: Pick<KeyFolder, "keystoreDir">, meter: number, device: Address | undefined) {
  const { all, current } = meterKeys(keystoreDir, meter);
  if (device === undefined) return current;
  const isIt = ({ address, standing }: StoredKey) =>
    address !== undefined && isAddressEqual(address, device) && standing !== "revoked";
  return all.find(isIt);
}

const deviceOption = (text: string | undefined) => (text === undefined ? undefined : parseAddress("--device", text));

function missing({ keystoreDir }: Pick<KeyFolder, "keystoreDir">, meter: number, device: string | undefined) {
  const which = device === undefined ? "" : ` with the device ${device}`;
  return new CommonwattError(`There is no key of meter ${meter}${which} in ${keystoreDir} to revoke. See "keys list"`);
}
