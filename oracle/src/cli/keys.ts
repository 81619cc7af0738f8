import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import type { Address } from "viem";

import type { Config } from "../config/schema.ts";
import { readCurve } from "../keystore/curve.ts";
import { createKey } from "../keystore/keystore.ts";
import { type KeyOwner, readAccount } from "../keystore/owner.ts";
import { readPassphrase } from "../keystore/passphrase.ts";
import { type KeyFolder, loadKeyFolder } from "./key-folder.ts";
import { configOption, defineVerb, print } from "./verb.ts";

export const createKeysVerb = defineVerb({
  usage:
    "--config FILE --meters 1,2,... [--curve p256]\n--config FILE --submitter\n--config FILE --role operator,guardian",
  options: {
    config: configOption,
    meters: { type: "string", value: "1,2,...", about: "meters that get a device key" },
    curve: { type: "string", value: "NAME", default: "secp256k1", about: "secp256k1 or p256, for the devices" },
    submitter: { type: "boolean", about: "make the key of the account that pays for transactions" },
    role: { type: "string", value: "NAME,...", about: "make the keys of these roles' accounts" },
  },
  details: "A key that is there already is left alone and refused. To replace a device's key: keys rotate.",
  async run({ config, ...options }) {
    print(JSON.stringify(await createKeys(loadKeyFolder(config), options)));
  },
});

export type NewKeys = {
  /** Comma-separated meter numbers. */
  meters: string | undefined;
  submitter: boolean;
  /** Comma-separated names of accounts. */
  role?: string | undefined;
  curve?: string;
};

/**
 * Makes the device keys of the given meters, and keys of accounts.
 *
 * @returns What to print: the addresses.
 */
export async function createKeys(
  folder: KeyFolder,
  { meters, submitter, role, curve = "secp256k1" }: NewKeys,
): Promise<{ devices: { meter: number; device: Address }[]; submitter?: Address; accounts?: Record<string, Address> }> {
  const numbers = meters === undefined ? [] : meters.split(",").map((text) => parseMeter(folder, text));
  const accounts = role === undefined ? [] : role.split(",").map(readAccount);
  if (numbers.length === 0 && !submitter && accounts.length === 0) {
    throw new CommonwattError("Nothing to create: expected --meters 1,2,... or --submitter or --role NAME");
  }
  const kind = { curve: readCurve(curve) };
  const passphrase = readPassphrase(folder);
  const create = (owner: KeyOwner) =>
    createKey(folder.keystoreDir, owner, passphrase, folder.keystoreStrength, typeof owner === "string" ? {} : kind);
  const devices: { meter: number; device: Address }[] = [];
  for (const meter of numbers) devices.push({ meter, device: await create({ meter }) });
  const paying = submitter ? { submitter: await create("submitter") } : {};
  const made: Record<string, Address> = {};
  for (const account of accounts) made[account] = await create(account);
  return { devices, ...paying, ...(accounts.length === 0 ? {} : { accounts: made }) };
}

/**
 * A meter number from the command line.
 *
 * @throws CommonwattError when it is none, or no meter of the config.
 */
export function parseMeter({ meters }: { meters?: readonly { meter: number }[] | undefined }, text: string): number {
  const number = /^[1-9]\d{0,9}$/u.test(text) ? Number(text) : Number.NaN;
  const known = meters === undefined || meters.length === 0 ? undefined : meters.map(({ meter }) => meter);
  if (known === undefined ? number <= 0xffff_ffff : known.includes(number)) return number;
  const expected =
    known === undefined ? "expected a meter's number" : `is not in the config, expected one of ${known.join(", ")}`;
  throw new CommonwattError(`Meter ${JSON.stringify(text)} ${expected}`);
}

/** The owner that --meter or --role names. */
export function parseOwner(
  folder: Pick<Config, "meters"> | KeyFolder,
  { meter, role }: { meter: string | undefined; role: string | undefined },
): KeyOwner {
  if ((meter === undefined) === (role === undefined))
    throw new CommonwattError("Expected one of --meter N and --role NAME");
  return meter === undefined ? readAccount(role ?? "") : { meter: parseMeter(folder, meter) };
}
