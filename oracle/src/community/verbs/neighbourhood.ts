import { join, resolve } from "node:path";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";

import { configOption, defineVerb, print } from "../../cli/verb.ts";
import { loadConfigWithoutMeters } from "../../config/load.ts";
import type { Config } from "../../config/schema.ts";
import { openKey } from "../../keystore/keystore.ts";
import { readPassphrase } from "../../keystore/passphrase.ts";
import { readDeploymentFile, writeDeploymentFile } from "../deployment-file.ts";
import { deployNeighbourhood } from "../deploy.ts";
import { checkDeployment, joinNeighbourhood } from "../join.ts";
import { grantRole, listRoles, revokeRole, type Role, ROLES } from "../roles.ts";
import { parseAddress, parseTicks, parseWhole, parseWord } from "../values.ts";
import { sendAs, sendingOptions, tell, withCommunity } from "./shared.ts";

const roleAddress = (about: string) => ({ type: "string", value: "ADDRESS", about }) as const;

export const deployVerb = defineVerb({
  usage: "--name TEXT --currency 0x...\n--name TEXT --currency demo   (local chain only)",
  options: {
    config: configOption,
    name: { type: "string", value: "TEXT", about: "the name that people see", required: true },
    currency: { type: "string", value: "ADDRESS", about: "an ERC-20 with 6 decimals, or demo", required: true },
    "device-registry": roleAddress("the registry of the chain; without it one is deployed"),
    "community-price-ticks": { type: "string", value: "T", default: "1500", about: "1500 is 0.15 a kWh" },
    "network-charge-ticks": { type: "string", value: "T", default: "0", about: "added to what a buyer pays" },
    "closing-window-seconds": { type: "string", value: "S", default: "7200", about: "7200 to 21600" },
    "retirement-window-days": { type: "string", value: "D", default: "28", about: "1 to 30: how long tokens are good" },
    admin: roleAddress("administers the roles; without it the deployer"),
    operator: roleAddress("admits members, registers meters and devices"),
    governor: roleAddress("sets caps and tariff"),
    guardian: roleAddress("revokes devices, pauses"),
    treasurer: roleAddress("sends collected charges on"),
    announcer: roleAddress("the oracle's submitter: opens the windows in which days are settled"),
  },
  details:
    'The key "deployer" of the keystore pays, and holds every role that is given to nobody. Killed, it goes on when it is run again. The addresses go to the config\'s deploymentFile.',
  async run(values) {
    const config = loadConfigWithoutMeters(values.config);
    const file = config.deploymentFile;
    const { privateKey } = await openKey(config.keystoreDir, "deployer", readPassphrase(config));
    const deployment = await deployNeighbourhood(
      {
        order: {
          name: values.name,
          currency: values.currency === "demo" ? "demo" : parseAddress("--currency", values.currency),
          deviceRegistry: optionalAddress("--device-registry", values["device-registry"]),
          terms: {
            communityPriceTicks: parseTicks("--community-price-ticks", values["community-price-ticks"]),
            networkChargeTicks: parseTicks("--network-charge-ticks", values["network-charge-ticks"]),
            closingWindowSeconds: parseWhole(
              "--closing-window-seconds",
              values["closing-window-seconds"],
              7_200,
              21_600,
            ),
            retirementWindowDays: parseWhole("--retirement-window-days", values["retirement-window-days"], 1, 30),
          },
          roles: Object.fromEntries(ROLES.map((role) => [role, optionalAddress(`--${role}`, values[role])])),
        },
        rpcUrl: firstUrl(config),
        deployerKey: privateKey,
        folder: join(config.dataDir, "deploy"),
      },
      tell,
    );
    writeDeploymentFile(file, deployment);
    print(JSON.stringify(deployment));
  },
});

export const joinVerb = defineVerb({
  usage: "--deployment FILE\n--name TEXT --chain-id N --neighbourhood 0x... --marketplace 0x...",
  options: {
    config: configOption,
    deployment: { type: "string", value: "FILE", about: "the deployment.json that its operator gives out" },
    name: { type: "string", value: "TEXT", about: "the name that people see" },
    "chain-id": { type: "string", value: "N", about: "number of the chain" },
    neighbourhood: roleAddress("its contract"),
    marketplace: roleAddress("its marketplace"),
    "deployment-block": { type: "string", value: "N", about: "block of its first contract; without it, looked for" },
  },
  details:
    "Checks code, chain, version and that the contracts belong together, then writes the config's deploymentFile.",
  async run(values) {
    const config = loadConfigWithoutMeters(values.config);
    const given = values.deployment;
    const deployment =
      given === undefined
        ? await joinNeighbourhood(
            config,
            {
              name: values.name ?? "Neighbourhood",
              chainId: parseWhole("--chain-id", values["chain-id"], 1, 2 ** 48),
              neighbourhood: parseAddress("--neighbourhood", values.neighbourhood),
              marketplace: parseAddress("--marketplace", values.marketplace),
              deploymentBlock:
                values["deployment-block"] === undefined
                  ? undefined
                  : parseWhole("--deployment-block", values["deployment-block"], 0, 2 ** 48),
            },
            tell,
          )
        : await checkDeployment(config, readDeploymentFile(resolve(given)), tell);
    writeDeploymentFile(config.deploymentFile, deployment);
    print(JSON.stringify(deployment));
  },
});

export const rolesVerb = defineVerb({
  usage: "",
  options: { config: configOption },
  run: ({ config }) =>
    withCommunity(config, async (community) => {
      const roles = await listRoles(community);
      for (const role of ROLES) print(`${role}: ${roles[role].length === 0 ? "nobody" : roles[role].join(", ")}`);
    }),
});

const roleOptions = {
  ...sendingOptions("admin"),
  role: { type: "string", value: "WORD", about: ROLES.join(", "), required: true },
  account: { type: "string", value: "ADDRESS", about: "the account", required: true },
} as const;

export const grantRoleVerb = defineVerb({
  usage: "--role announcer --account 0x...",
  options: roleOptions,
  run: (values) =>
    sendAs(values, (actor) => grantRole(actor, roleOf(values.role), parseAddress("--account", values.account))),
});

export const revokeRoleVerb = defineVerb({
  usage: "--role admin --account 0x...",
  options: roleOptions,
  details:
    'The new administrator takes the role "admin" from the deployer with it, which proves that the new one can act.',
  run: (values) =>
    sendAs(values, (actor) => revokeRole(actor, roleOf(values.role), parseAddress("--account", values.account))),
});

const roleOf = (text: string): Role => parseWord("--role", ROLES, text);

function optionalAddress(what: string, text: string | undefined) {
  return text === undefined ? undefined : parseAddress(what, text);
}

function firstUrl({ rpcUrls }: Pick<Config, "rpcUrls">): string {
  const [url] = rpcUrls;
  if (url === undefined) throw new CommonwattError("The config has no rpcUrls, expected one at least");
  return url;
}
