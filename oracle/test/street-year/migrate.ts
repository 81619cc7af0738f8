/**
 * The whole migration of a neighbourhood of the local development chain, as a process: deploys the successor, prepares
 * and moves it, signs for every owner, relays, and checks. The oracle must not be running.
 *
 * Arguments: the oracle's config, the file that gets the successor's deployment, a folder for the journal, number of
 * homes. Prints the report of the check as JSON.
 */
import { readFileSync, writeFileSync } from "node:fs";

import { parseDeployment } from "@commonwatt/sdk/deployment";
import { type HDAccount, mnemonicToAccount } from "viem/accounts";
import { toHex } from "viem";

import { openCommunity } from "../../src/community/open.ts";
import { loadConfig } from "../../src/config/load.ts";
import { checkMigration } from "../../src/migration/check.ts";
import { moveMeters } from "../../src/migration/move.ts";
import { deploySuccessor, prepareMigration } from "../../src/migration/prepare.ts";
import { relaySigned } from "../../src/migration/relay.ts";
import { signRequests, typedDataOf } from "../../src/migration/requests.ts";
import { openSigner } from "../../src/signature/open-signer.ts";
import { MNEMONIC } from "../support/street-on-chain.ts";

/** What an owner signs may bring about more to sign: money that has arrived can be moved on. */
const MOST_ROUNDS = 5;

const [configFile, successorFile, folder, homes] = process.argv.slice(2);
if (configFile === undefined || successorFile === undefined || folder === undefined || homes === undefined) {
  throw new Error("Expected the arguments: config, the successor's deployment file, a folder, number of homes.");
}
const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};
/** Account 0 governs, the others own a home each. */
const accounts = Array.from({ length: Number(homes) + 1 }, (_, addressIndex) =>
  mnemonicToAccount(MNEMONIC, { addressIndex }),
);
const ownerOf = new Map<string, HDAccount>(accounts.map((account) => [account.address, account]));
const [governor] = accounts;
const key = governor?.getHdKey().privateKey;
if (governor === undefined || key === undefined || key === null) throw new Error("The governor has no key.");

const config = loadConfig(configFile);
const [rpcUrl = ""] = config.rpcUrls;
const old = await openCommunity(config, parseDeployment(readFileSync(config.deploymentFile, "utf8")));
const successor = await deploySuccessor(old, { rpcUrl, deployerKey: toHex(key), folder }, say);
writeFileSync(successorFile, `${JSON.stringify(successor, undefined, 2)}\n`);
const target = await openCommunity(config, successor);
const from = { community: old, account: governor, say };
const to = { community: target, account: governor, say };

await prepareMigration(old, to, to);
const signer = openSigner({ ...config, deploymentFile: successorFile }, { onMessage: say });
await moveMeters({ from, to, prove: (meter, registers, device) => signer.provePossession(meter, registers, device) });
await signer.close();
for (let round = 0; round < MOST_ROUNDS; round++) {
  const requests = await signRequests(old, target);
  if (requests.length === 0) break;
  for (const request of requests) {
    const owner = ownerOf.get(request.account);
    if (owner === undefined) throw new Error(`${request.account} is no home's, expected one of ${homes}.`);
    request.signature = await owner.signTypedData(await typedDataOf(request, old, target));
  }
  const { open } = await relaySigned(requests, from, to);
  for (const sentence of open) say(sentence);
}
const { faults, open } = await checkMigration(old, target);
process.stdout.write(`${JSON.stringify({ faults, open })}\n`);
old.close();
target.close();
