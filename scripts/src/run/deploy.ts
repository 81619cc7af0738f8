import type { Deployment } from "@commonwatt/sdk/deployment";
import { HardhatArtifactResolver } from "@nomicfoundation/hardhat-ignition/helpers";
import { deploy, DeploymentResultType } from "@nomicfoundation/ignition-core";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import { getAddress, type Address } from "viem";

import hardhatConfig from "../../../hardhat.config.ts";
import LocalModule from "../../../ignition/modules/Local.ts";
import { governorAccount } from "./accounts.ts";
import { ROOT } from "./folder.ts";
import { LOCAL_CHAIN_ID } from "./local-chain.ts";

/** Name of the neighbourhood that people see. */
const NAME = "Demo street";

/**
 * What the generated street agrees on: 0.15 EUR/kWh among neighbours, 0.02 EUR/kWh to the network on top; and the longest
 * window there is, so that a slow machine settles in time.
 */
const LOCAL_PARAMETERS = {
  Local: { communityPriceTicks: 1_500, networkChargeTicks: 200, closingWindowSeconds: 21_600 },
};

/**
 * Deploys the contracts to a local chain with the same Ignition module that a deployment by hand uses.
 *
 * @param journalFolder - Where Ignition writes down what it did; a run has its own, as its chain is new.
 * @throws Error when a contract cannot be deployed.
 */
export async function deployContracts(rpcUrl: string, journalFolder: string): Promise<Deployment> {
  // Not `import hre`: that one looks for the project in the working directory, which may be any.
  const hre = await createHardhatRuntimeEnvironment(hardhatConfig, {}, ROOT);
  const connection = await hre.network.create({ network: "localhost", override: { url: rpcUrl } });
  try {
    const result = await deploy({
      provider: connection.provider,
      artifactResolver: new HardhatArtifactResolver(hre.artifacts),
      ignitionModule: LocalModule,
      deploymentDir: journalFolder,
      deploymentParameters: LOCAL_PARAMETERS,
      accounts: [governorAccount().address],
    });
    if (result.type !== DeploymentResultType.SUCCESSFUL_DEPLOYMENT) {
      throw new Error(`The contracts cannot be deployed: ${JSON.stringify(result)}`);
    }
    const addressOf = (name: keyof typeof LocalModule.results): Address => {
      const contract = result.contracts[LocalModule.results[name].id];
      if (contract === undefined) throw new Error(`The module deployed no ${name}.`);
      return getAddress(contract.address);
    };
    return {
      name: NAME,
      chainId: LOCAL_CHAIN_ID,
      deploymentBlock: 0,
      neighbourhood: addressOf("neighbourhood"),
      token: addressOf("token"),
      marketplace: addressOf("marketplace"),
      currency: addressOf("currency"),
      deviceRegistry: addressOf("deviceRegistry"),
      accessManager: addressOf("accessManager"),
    };
  } finally {
    await connection.close();
  }
}
