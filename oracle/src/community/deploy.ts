import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { type Deployment, parseDeployment } from "@commonwatt/sdk/deployment";
import type { Address, Hex } from "viem";

import type { Say } from "./open.ts";
import type { Role } from "./roles.ts";

/** What a neighbourhood is deployed with. */
export type DeployOrder = {
  /** The name that people see. */
  name: string;
  /** The device registry of the chain; left out: one is deployed. All neighbourhoods of a chain are to use the same. */
  deviceRegistry?: Address | undefined;
  /** An ERC-20 with 6 decimals, or play money, which exists on a local chain only. */
  currency: Address | "demo";
  terms?: {
    /** Days after which energy tokens expire, 1 to 30. */
    retirementWindowDays?: number;
    /** How long an announced day may be settled, 7,200 to 21,600 s. */
    closingWindowSeconds?: number;
    /** Ticks of 0.0001 currency units per kWh. */
    communityPriceTicks?: number;
    networkChargeTicks?: number;
  };
  /** Who holds each role; left out: the deployer. */
  roles?: Partial<Record<Role, Address | undefined>>;
};

export type DeployOptions = {
  order: DeployOrder;
  rpcUrl: string;
  /** 32 bytes. It reaches the deploying process through its environment, and is written nowhere. */
  deployerKey: Hex;
  /** Where the journal is kept: a deployment that is killed goes on with it. */
  folder: string;
};

const SCRIPT = fileURLToPath(new URL("../../../scripts/src/deploy-neighbourhood.ts", import.meta.url));
const DEFAULT_TERMS = {
  retirementWindowDays: 28,
  closingWindowSeconds: 7_200,
  communityPriceTicks: 1_500,
  networkChargeTicks: 0,
};

/**
 * Deploys a neighbourhood in a process of its own. Run again after a kill, with the same folder, it goes on.
 *
 * The deployer stays administrator until the new administrator takes that from it: see `neighbourhood hand-over`.
 *
 * @throws CommonwattError with the last words of the process when it fails.
 */
export async function deployNeighbourhood(options: DeployOptions, say: Say): Promise<Deployment> {
  const { order, rpcUrl, deployerKey, folder } = options;
  mkdirSync(folder, { recursive: true });
  const orderFile = join(folder, "order.json");
  const terms = { ...DEFAULT_TERMS, ...order.terms };
  writeFileSync(orderFile, `${JSON.stringify({ ...order, terms, roles: order.roles ?? {} }, undefined, 2)}\n`);
  const child = spawn(process.execPath, [SCRIPT, "--order", orderFile, "--journal", join(folder, "journal")], {
    env: {
      ...process.env,
      HARDHAT_DISABLE_TELEMETRY_PROMPT: "true",
      COMMONWATT_RPC_URL: rpcUrl,
      COMMONWATT_DEPLOYER_KEY: deployerKey,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const failed = new Promise<string>((resolve) => {
    child.once("error", (error) => {
      resolve(error.message);
    });
  });
  const [printed, said]: [string[], string[]] = [[], []];
  createInterface({ input: child.stdout }).on("line", (line) => printed.push(line));
  createInterface({ input: child.stderr }).on("line", (line) => {
    said.push(line);
    if (line.startsWith("Deploying")) say(line);
  });
  const ended = once(child, "close").then(([code]) => (code === 0 ? undefined : `it ended with ${String(code)}`));
  const trouble = await Promise.race([ended, failed]);
  const result = printed.findLast((line) => line.startsWith("{"));
  if (trouble !== undefined || result === undefined) {
    const last = said.slice(-3).join(" ").replaceAll(deployerKey, "(key)").replaceAll(rpcUrl, "(the RPC URL)");
    throw new CommonwattError(`The neighbourhood is not deployed: ${last === "" ? (trouble ?? "no result") : last}`, {
      details: "run it again with the same folder: it goes on where it was",
    });
  }
  const deployment = parseDeployment(result);
  say(`The neighbourhood ${deployment.name} is at ${deployment.neighbourhood} on chain ${deployment.chainId}.`);
  return deployment;
}
