/**
 * Deploys a neighbourhood with the Ignition modules, on any chain: `node scripts/src/deploy-neighbourhood.ts --order FILE
 * --journal FOLDER`. What is to be deployed is in the order; the deployer's key and the RPC URL, both secrets, come from the
 * environment or Hardhat's keystore (COMMONWATT_DEPLOYER_KEY, COMMONWATT_RPC_URL). The last line of its output is the
 * deployment as JSON. Killed at any moment, it goes on with what its journal holds.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { addressSchema, parseBySchema } from "@commonwatt/sdk/schema";
import { HardhatArtifactResolver } from "@nomicfoundation/hardhat-ignition/helpers";
import {
  deploy,
  DeploymentResultType,
  type DeploymentParameters,
  type IgnitionModule,
  type IgnitionModuleResult,
} from "@nomicfoundation/ignition-core";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import { createPublicClient, custom, getAddress, type Address } from "viem";
import { z } from "zod";

import hardhatConfig from "../../hardhat.config.ts";
import CommonwattModule from "../../ignition/modules/Commonwatt.ts";
import DemoEuroModule from "../../ignition/modules/DemoEuro.ts";
import DeviceRegistryModule from "../../ignition/modules/DeviceRegistry.ts";
import { ROOT } from "./run/folder.ts";

/** Play money is for these chains; its contract refuses to exist on another. */
const LOCAL_CHAIN_ID = 31_337;

const ticks = z.int().min(0).max(65_535);

/** What is to be deployed. */
const orderSchema = z.strictObject({
  /** Name of the neighbourhood that people see. */
  name: z.string().min(1),
  /** The registry of the chain; left out: one is deployed. */
  deviceRegistry: addressSchema.optional(),
  /** An ERC-20 with 6 decimals; "demo": play money is deployed, on a local chain only. */
  currency: z.union([addressSchema, z.literal("demo")]),
  terms: z.strictObject({
    retirementWindowDays: z.int().min(1).max(30),
    closingWindowSeconds: z.int().min(7_200).max(21_600),
    communityPriceTicks: ticks,
    networkChargeTicks: ticks,
  }),
  /** Each left out: the deployer. */
  roles: z.strictObject({
    admin: addressSchema.optional(),
    operator: addressSchema.optional(),
    governor: addressSchema.optional(),
    guardian: addressSchema.optional(),
    treasurer: addressSchema.optional(),
    announcer: addressSchema.optional(),
  }),
});

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { order: { type: "string" }, journal: { type: "string" } } });
  if (values.order === undefined || values.journal === undefined) {
    throw new Error("usage: deploy-neighbourhood --order FILE --journal FOLDER");
  }
  const order = parseBySchema("order", orderSchema, readFileSync(values.order, "utf8"));
  const journal = values.journal;
  mkdirSync(journal, { recursive: true });
  const hre = await createHardhatRuntimeEnvironment(hardhatConfig, {}, ROOT);
  const connection = await hre.network.create({ network: "public" });
  try {
    const { provider } = connection;
    const client = createPublicClient({ transport: custom(provider) });
    const accounts = (await provider.request({ method: "eth_accounts" })) as Address[];
    const [deployer] = accounts;
    if (deployer === undefined) throw new Error("There is no COMMONWATT_DEPLOYER_KEY, expected the key that deploys.");
    const chainId = await client.getChainId();
    if (order.currency === "demo" && chainId !== LOCAL_CHAIN_ID) {
      throw new Error(`Play money is for a local chain (${LOCAL_CHAIN_ID}), this one is ${chainId}: name a currency.`);
    }
    const deploymentBlock = await firstBlock(journal, () => client.getBlockNumber());

    /** @returns Addresses by the name of the module's result. */
    const run = async <Contract extends string, Results extends IgnitionModuleResult<Contract>>(
      ignitionModule: IgnitionModule<string, Contract, Results>,
      deploymentParameters: DeploymentParameters,
    ): Promise<Record<keyof Results, Address>> => {
      const result = await deploy({
        provider,
        artifactResolver: new HardhatArtifactResolver(hre.artifacts),
        ignitionModule,
        deploymentDir: join(journal, ignitionModule.id),
        deploymentParameters,
        accounts,
      });
      if (result.type !== DeploymentResultType.SUCCESSFUL_DEPLOYMENT) {
        throw new Error(`${ignitionModule.id} cannot be deployed: ${JSON.stringify(result)}`);
      }
      const entries = Object.entries(ignitionModule.results).map(([name, { id }]) => {
        const contract = result.contracts[id];
        if (contract === undefined) throw new Error(`The module ${ignitionModule.id} deployed no ${name}.`);
        return [name, getAddress(contract.address)];
      });
      return Object.fromEntries(entries) as Record<keyof Results, Address>;
    };

    let { deviceRegistry } = order;
    if (deviceRegistry === undefined) {
      say("Deploying the device registry of this chain; every neighbourhood here is to use the same.");
      ({ deviceRegistry } = await run(DeviceRegistryModule, {}));
    }
    let currency: Address;
    if (order.currency === "demo") {
      say("Deploying play money for this local chain.");
      ({ currency } = await run(DemoEuroModule, {}));
    } else ({ currency } = { currency: order.currency });

    say(`Deploying the neighbourhood ${order.name} from ${deployer}: about twenty transactions.`);
    const roles = { admin: deployer, operator: deployer, governor: deployer, guardian: deployer };
    const given = Object.fromEntries(Object.entries(order.roles).filter(([, account]) => account !== undefined));
    const parameters = { deviceRegistry, currency, ...order.terms, ...roles, treasurer: deployer, announcer: deployer };
    const { accessManager, neighbourhood, token, marketplace } = await run(CommonwattModule, {
      Commonwatt: { ...parameters, ...given },
    });
    const addresses = { neighbourhood, token, marketplace, currency, deviceRegistry, accessManager };
    process.stdout.write(`${JSON.stringify({ name: order.name, chainId, deploymentBlock, ...addresses })}\n`);
  } finally {
    await connection.close();
  }
}

/** The block before anything is deployed, also for a run that goes on. */
async function firstBlock(journal: string, latest: () => Promise<bigint>): Promise<number> {
  const file = join(journal, "first-block");
  if (!existsSync(file)) writeFileSync(file, String(await latest()));
  return Number(readFileSync(file, "utf8"));
}

try {
  await main();
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
