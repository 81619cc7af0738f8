import { createRequire } from "node:module";

import hre from "hardhat";
import {
  type Abi,
  type Account,
  type Address,
  createPublicClient,
  createTestClient,
  createWalletClient,
  type Hex,
  http,
  type PublicClient,
} from "viem";
import { mnemonicToAccount } from "viem/accounts";
import { hardhat } from "viem/chains";

import { neighbourhoodAbi } from "../src/generated/abis.ts";
import type { LedgerDeployment } from "../src/ledger/types.ts";

const require = createRequire(import.meta.url);
const MNEMONIC = "test test test test test test test test test test test junk";
const WINDOW_DAYS = 28n;

/** One of the node's funded accounts, with its key. */
export function account(index: number) {
  return mnemonicToAccount(MNEMONIC, { addressIndex: index });
}

/** A node with a neighbourhood on it, spoken to over HTTP as any other. */
export class TestChain {
  readonly client: PublicClient;
  readonly deployment: LedgerDeployment;
  readonly currency: Address;
  readonly #rpcUrl: string;
  readonly #close: () => Promise<void>;

  private constructor(rpcUrl: string, deployment: LedgerDeployment, currency: Address, close: () => Promise<void>) {
    this.client = publicClient(rpcUrl);
    this.deployment = deployment;
    this.currency = currency;
    this.#rpcUrl = rpcUrl;
    this.#close = close;
  }

  /** Starts a node and deploys the compiled contracts; account 0 deploys and holds every role. */
  static async start(): Promise<TestChain> {
    const server = await hre.network.createServer("default", "127.0.0.1", 0);
    const { address, port } = await server.listen();
    const rpcUrl = `http://${address}:${port}`;
    const client = publicClient(rpcUrl);
    const deploymentBlock = Number(await client.getBlockNumber());
    const deploy = async (artifact: string, args: readonly unknown[]) => deployArtifact(rpcUrl, artifact, args);
    const accessManager = await deploy("@openzeppelin/contracts/access/manager/AccessManager.sol/AccessManager", [
      account(0).address,
    ]);
    const deviceRegistry = await deploy("contracts/DeviceRegistry.sol/DeviceRegistry", []);
    const currency = await deploy("contracts/DemoEuro.sol/DemoEuro", []);
    const neighbourhood = await deploy("contracts/Neighbourhood.sol/Neighbourhood", [
      accessManager,
      deviceRegistry,
      WINDOW_DAYS,
    ]);
    const marketplace = await deploy("contracts/Marketplace.sol/Marketplace", [neighbourhood, currency]);
    const token = await client.readContract({
      address: neighbourhood,
      abi: neighbourhoodAbi,
      functionName: "token",
    });
    const deployment = { chainId: hardhat.id, deploymentBlock, neighbourhood, token, marketplace };
    return new TestChain(rpcUrl, deployment, currency, () => server.close());
  }

  /** Unix seconds of the latest block. */
  async now(): Promise<bigint> {
    return (await this.client.getBlock()).timestamp;
  }

  /** Mines a block at a moment in the future. */
  async goTo(unixSeconds: number): Promise<void> {
    const test = createTestClient({ chain: hardhat, mode: "hardhat", transport: http(this.#rpcUrl) });
    await test.setNextBlockTimestamp({ timestamp: BigInt(unixSeconds) });
    await test.mine({ blocks: 1 });
  }

  /** Calls a contract from an account and waits until it is in a block. Throws what the contract refuses with. */
  async send(from: Account, address: Address, abi: Abi, functionName: string, args: readonly unknown[]): Promise<void> {
    const wallet = createWalletClient({ account: from, chain: hardhat, transport: http(this.#rpcUrl) });
    const { request } = await this.client.simulateContract({ account: from, address, abi, functionName, args });
    const hash = await wallet.writeContract(request);
    const receipt = await this.client.waitForTransactionReceipt({ hash, pollingInterval: 20 });
    if (receipt.status !== "success") throw new Error(`${functionName} failed in its block.`);
  }

  async close(): Promise<void> {
    await this.#close();
  }
}

function publicClient(rpcUrl: string): PublicClient {
  return createPublicClient({ chain: hardhat, transport: http(rpcUrl), cacheTime: 0 });
}

async function deployArtifact(rpcUrl: string, artifact: string, args: readonly unknown[]): Promise<Address> {
  const { abi, bytecode } = require(`../../artifacts/${artifact}.json`) as { abi: Abi; bytecode: Hex };
  const wallet = createWalletClient({ account: account(0), chain: hardhat, transport: http(rpcUrl) });
  const hash = await wallet.deployContract({ abi, bytecode, args });
  const { contractAddress } = await publicClient(rpcUrl).waitForTransactionReceipt({ hash, pollingInterval: 20 });
  if (contractAddress === null || contractAddress === undefined) throw new Error(`${artifact} was not deployed.`);
  return contractAddress;
}
