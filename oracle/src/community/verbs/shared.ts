import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { privateKeyToAccount } from "viem/accounts";

import { configOption, print } from "../../cli/verb.ts";
import { loadConfigWithoutMeters } from "../../config/load.ts";
import type { Config } from "../../config/schema.ts";
import { readAccount } from "../../keystore/owner.ts";
import { openKey } from "../../keystore/keystore.ts";
import { readPassphrase } from "../../keystore/passphrase.ts";
import type { Actor, Outcome } from "../act.ts";
import { readDeploymentFile } from "../deployment-file.ts";
import { type Community, openCommunity, type Say } from "../open.ts";

/** Options of every verb that sends something. */
export const sendingOptions = (key: string) =>
  ({
    config: configOption,
    key: { type: "string", value: "NAME", default: key, about: "whose key of the keystore sends it" },
    "dry-run": { type: "boolean", about: "say what would happen, and send nothing" },
  }) as const;

export type SendingValues = { config: string; key: string; "dry-run": boolean };

/** What is being done goes to standard error: standard output has the result alone. */
export const tell: Say = (line) => process.stderr.write(`${line}\n`);

/** Opens the neighbourhood of a config for as long as `work` takes. */
export async function withCommunity<T>(
  configFile: string,
  work: (community: Community, config: Config) => Promise<T>,
): Promise<T> {
  const config = loadConfigWithoutMeters(configFile);
  const community = await openCommunity(config, readDeploymentFile(config.deploymentFile));
  try {
    return await work(community, config);
  } finally {
    community.close();
  }
}

/** Acts on the neighbourhood of a config with one of its keystore's accounts, and prints what came of it. */
export async function sendAs(
  values: SendingValues,
  work: (actor: Actor, config: Config) => Promise<Outcome>,
): Promise<void> {
  await withCommunity(values.config, async (community, config) => {
    const actor = await actorOf(community, config, values);
    printOutcome(await work(actor, config));
  });
}

/** Whoever's key `--key` names, on a neighbourhood. */
export async function actorOf(
  community: Community,
  config: Config,
  { key, "dry-run": dryRun }: Omit<SendingValues, "config">,
): Promise<Actor> {
  const { privateKey, curve } = await openKey(config.keystoreDir, readAccount(key), readPassphrase(config));
  if (curve !== "secp256k1") throw new CommonwattError(`The key of the ${key} is on ${curve}, expected secp256k1`);
  return { community, account: privateKeyToAccount(privateKey), say: tell, dryRun };
}

export function printOutcome({ sentence, transactionHash }: Outcome): void {
  print(transactionHash === undefined ? sentence : `${sentence} (transaction ${transactionHash})`);
}
