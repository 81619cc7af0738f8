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
const WINDOW_DAYS = 28;
/** Of the neighbourhood: how long an announced day may be settled. */
export const CLOSING_WINDOW_SECONDS = 7_200;
/** Of the neighbourhood, from its deployment on. */
export const TARIFF = { communityPriceTicks: 1_500, networkChargeTicks: 0 };

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
      { currency, retirementWindowDays: WINDOW_DAYS, closingWindowSeconds: CLOSING_WINDOW_SECONDS, tariff: TARIFF },
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

/** Where an artifact's bytecode waits for the addresses of libraries: by source, library, and place in bytes. */
type LinkReferences = Record<string, Record<string, { start: number; length: number }[]>>;
type Artifact = { abi: Abi; bytecode: Hex; linkReferences: LinkReferences };

async function deployArtifact(rpcUrl: string, artifact: string, args: readonly unknown[]): Promise<Address> {
  const { abi, bytecode, linkReferences } = require(`../../artifacts/${artifact}.json`) as Artifact;
  const linked = await link(rpcUrl, bytecode, linkReferences);
  const wallet = createWalletClient({ account: account(0), chain: hardhat, transport: http(rpcUrl) });
  const hash = await wallet.deployContract({ abi, bytecode: linked, args });
  const { contractAddress } = await publicClient(rpcUrl).waitForTransactionReceipt({ hash, pollingInterval: 20 });
  if (contractAddress === null || contractAddress === undefined) throw new Error(`${artifact} was not deployed.`);
  return contractAddress;
}

/** Deploys the libraries an artifact is linked to, and puts their addresses into its bytecode. */
async function link(rpcUrl: string, bytecode: Hex, references: LinkReferences): Promise<Hex> {
  let linked: string = bytecode;
  for (const [source, libraries] of Object.entries(references)) {
    for (const [library, places] of Object.entries(libraries)) {
      const address = await deployArtifact(rpcUrl, `${source.replace(/^project\//u, "")}/${library}`, []);
      for (const { start, length } of places) {
        const at = 2 + 2 * start;
        linked = linked.slice(0, at) + address.slice(2).toLowerCase() + linked.slice(at + 2 * length);
      }
    }
  }
  return linked as Hex;
}
