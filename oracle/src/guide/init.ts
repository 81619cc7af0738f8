import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { type Deployment, parseDeployment } from "@commonwatt/sdk/deployment";
import { type LocalAccount } from "viem";
import { privateKeyToAccount } from "viem/accounts";

import { createHttpKey } from "../cli/http-keys.ts";
import { checkDeployment, joinNeighbourhood } from "../community/join.ts";
import { deployNeighbourhood } from "../community/deploy.ts";
import { openCommunity, type Say } from "../community/open.ts";
import { grantRole, listRoles } from "../community/roles.ts";
import { loadConfigWithoutMeters } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { createKey, openKey, readAddress } from "../keystore/keystore.ts";
import { readSecret } from "../keystore/passphrase.ts";
import { writePrivate } from "../write-private.ts";
import type { Ask } from "./ask.ts";
import { filesOf, toJson } from "./files.ts";
import { waitForFunds } from "./funds.ts";
import { askDeployOrJoin, askMessages, askName, askRest, askRpcUrl, askTerms, askWhere } from "./questions.ts";

export type InitParts = {
  folder: string;
  ask: Ask;
  say: Say;
  /** How long money is waited for. */
  minutes: number;
};

/** What the first hour has come to: an oracle that only lacks its meters. */
export type Initialized = {
  configFile: string;
  config: Config;
  deployment: Deployment;
  operator: LocalAccount;
  dappUrl: string;
};

const PASSPHRASE_BYTES = 24;

/**
 * From an empty folder to a configured oracle of a neighbourhood. Whatever is there already is left as it is: run again, it
 * goes on where it stopped.
 *
 * @throws CommonwattError with what is missing or wrong.
 */
export async function initialize({ folder, ask, say, minutes }: InitParts): Promise<Initialized> {
  mkdirSync(folder, { recursive: true });
  const files = filesOf(resolve(folder));

  const { rpcUrl, chainId, sentence, warning } = await askRpcUrl(ask);
  say(sentence);
  if (warning !== undefined) say(warning);

  if (!existsSync(files.passphrase)) {
    writePrivate(files.passphrase, `${randomBytes(PASSPHRASE_BYTES).toString("base64url")}\n`);
    say(`A passphrase is in ${files.passphrase}. Keep a copy of it elsewhere, apart from the keys.`);
  }
  const isNew = !existsSync(files.config);
  const way = await askDeployOrJoin(ask);
  const name = await askName(ask);
  const rest = await askRest(ask);
  if (isNew) {
    writePrivate(files.config, toJson({ ...configOf(rest), ...(await askMessages(ask)), rpcUrls: [rpcUrl] }));
    say(`The configuration is ${files.config}.`);
  } else say(`${files.config} is there already: it stays as it is.`);
  const config = loadConfigWithoutMeters(files.config);
  if (config.http !== undefined && !existsSync(config.http.keysFile)) {
    createHttpKey(config, { user: undefined, node: undefined });
    say(
      `A key for what posts readings is in ${config.http.keysFile}: its second word goes into the gateway's settings.`,
    );
  }

  const keys = await openAccounts(config, files.passphrase, say);
  const accounts = [
    { address: keys.operator.address, pays: way === "deploy" ? "deploys and admits members" : "admits members" },
    { address: keys.submitter, pays: "records and settles days" },
  ];
  await waitForFunds(rpcUrl, accounts, { say, minutes });

  const deployment = await findOrMake();
  const community = await openCommunity(config, deployment);
  try {
    await requireOperator();
  } finally {
    community.close();
  }
  return { configFile: files.config, config, deployment, operator: keys.operator, dappUrl: rest.dappUrl };

  async function findOrMake(): Promise<Deployment> {
    if (existsSync(files.deployment)) {
      return checkDeployment(config, parseDeployment(readFileSync(files.deployment, "utf8")), say);
    }
    const made = way === "deploy" ? await deployHere() : await joinThere();
    writePrivate(files.deployment, toJson(made));
    say(`Where its contracts are is in ${files.deployment}: the dApp needs a copy.`);
    return made;
  }

  async function deployHere(): Promise<Deployment> {
    const { currency, deviceRegistry, terms } = await askTerms(ask);
    const { privateKey } = await openKey(config.keystoreDir, "operator", readSecret("passphrase", files.passphrase));
    const roles = { announcer: keys.submitter };
    const order = { name, currency, deviceRegistry, terms, roles };
    return deployNeighbourhood({ order, rpcUrl, deployerKey: privateKey, folder: files.deployFolder }, say);
  }

  async function joinThere(): Promise<Deployment> {
    return joinNeighbourhood(config, { name, chainId, ...(await askWhere(ask)) }, say);
  }

  /** The operator's account must hold its role; the submitter gets its own, where the account may give it. */
  async function requireOperator(): Promise<void> {
    const roles = await listRoles(community);
    const isOne = (holders: readonly string[], address: string) =>
      holders.some((holder) => holder.toLowerCase() === address.toLowerCase());
    if (!isOne(roles.operator, keys.operator.address)) {
      throw new CommonwattError(
        `${keys.operator.address} is not operator of ${name} yet: ask its administrator for the roles of operator (this account) and announcer (${keys.submitter}), then run it again`,
      );
    }
    if (isOne(roles.announcer, keys.submitter)) return;
    if (isOne(roles.admin, keys.operator.address)) {
      await grantRole({ community, account: keys.operator, say }, "announcer", keys.submitter);
    } else
      say(`Without the role of announcer for ${keys.submitter} days are recorded, not settled: ask the administrator.`);
  }
}

function configOf({ boardPort, adminPort, dappUrl, clock, keystoreStrength }: Awaited<ReturnType<typeof askRest>>) {
  return {
    dataDir: "data",
    keystoreDir: "keystore",
    passphraseFile: "passphrase",
    deploymentFile: "deployment.json",
    ...(clock === "system" ? {} : { clock }),
    ...(keystoreStrength === "standard" ? {} : { keystoreStrength }),
    board: { host: "127.0.0.1", port: boardPort, allowedOrigins: [new URL(dappUrl).origin] },
    // Only then do `status` and /readyz answer.
    admin: { port: adminPort },
    meters: [],
  };
}

async function openAccounts(config: Config, passphraseFile: string, say: Say) {
  const passphrase = readSecret("passphrase", passphraseFile);
  const { keystoreDir, keystoreStrength } = config;
  for (const owner of ["operator", "submitter"] as const) {
    if (readAddress(keystoreDir, owner) !== undefined) continue;
    const address = await createKey(keystoreDir, owner, passphrase, keystoreStrength);
    say(`The ${owner}'s key is in ${keystoreDir}, encrypted. Its account is ${address}.`);
  }
  const [operator, submitter] = await Promise.all([
    openKey(keystoreDir, "operator", passphrase),
    openKey(keystoreDir, "submitter", passphrase),
  ]);
  return { operator: privateKeyToAccount(operator.privateKey), submitter: submitter.address };
}
