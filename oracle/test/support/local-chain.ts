import { neighbourhoodAbi } from "@commonwatt/sdk/generated/abis";
import type { Deployment } from "@commonwatt/sdk/deployment";
import hre from "hardhat";
import {
  type Abi,
  type Address,
  createTestClient,
  type Hex,
  http,
  publicActions,
  stringToHex,
  walletActions,
} from "viem";
import { mnemonicToAccount } from "viem/accounts";
import { hardhat } from "viem/chains";

const MNEMONIC = "test test test test test test test test test test test junk";

/** A real node with the real contracts, whose clock moves only when it is told to. */
export type LocalChain = Awaited<ReturnType<typeof startLocalChain>>;

/** Starts the node at a moment, deploys everything, and gives account 0 every right. */
export async function startLocalChain(startSeconds: number) {
  const override = { initialDate: new Date(startSeconds * 1000).toISOString() };
  const server = await hre.network.createServer({ network: "demo", override }, "127.0.0.1", 0);
  const { port } = await server.listen();
  const rpcUrl = `http://127.0.0.1:${port}`;
  const operator = mnemonicToAccount(MNEMONIC);
  const client = createTestClient({
    account: operator,
    chain: hardhat,
    mode: "hardhat",
    transport: http(rpcUrl),
    pollingInterval: 50,
    cacheTime: 0,
  })
    .extend(publicActions)
    .extend(walletActions);

  async function deploy(name: string, args: readonly unknown[]): Promise<Address> {
    const { abi, bytecode } = await hre.artifacts.readArtifact(name);
    const hash = await client.deployContract({ abi: abi as Abi, bytecode: bytecode as Hex, args });
    const { contractAddress } = await client.waitForTransactionReceipt({ hash });
    if (!contractAddress) throw new Error(`${name} was not deployed`);
    return contractAddress;
  }

  const currency = await deploy("DemoEuro", []);
  const accessManager = await deploy("AccessManager", [operator.address]);
  const deviceRegistry = await deploy("DeviceRegistry", []);
  const neighbourhood = await deploy("Neighbourhood", [accessManager, deviceRegistry, 28n]);
  const marketplace = await deploy("Marketplace", [neighbourhood, currency]);
  const contract = { address: neighbourhood, abi: neighbourhoodAbi } as const;
  const token = await client.readContract({ ...contract, functionName: "token" });
  const deployment: Deployment = {
    name: "Test street",
    chainId: hardhat.id,
    deploymentBlock: 0,
    neighbourhood,
    token,
    marketplace,
    currency,
    deviceRegistry,
    accessManager,
  };

  return {
    rpcUrl,
    client,
    deployment,
    contract,
    /** Account of a mnemonic's position; account 0 is the operator. */
    account: (addressIndex: number) => mnemonicToAccount(MNEMONIC, { addressIndex }),
    /** Admits `owner` and gives it a meter. */
    async addMeter(meter: number, owner: Address, unitExponent = 0): Promise<void> {
      if (!(await client.readContract({ ...contract, functionName: "isMember", args: [owner] }))) {
        await client.writeContract({ ...contract, functionName: "admitMember", args: [owner] });
      }
      const place = stringToHex("AT-1010", { size: 32 });
      const registration = { meter, owner, kind: 0, source: 1, unitExponent, capWh: 20_000, place };
      await client.writeContract({ ...contract, functionName: "registerMeter", args: [registration] });
    },
    async addDevice(
      meter: number,
      { device, signature }: { device: Address; signature: Hex },
      { importRegister, exportRegister } = { importRegister: 0n, exportRegister: 0n },
    ): Promise<void> {
      const registration = {
        device,
        meter,
        importRegister,
        exportRegister,
        keyType: 0,
        custody: 1,
        possession: signature,
      };
      await client.writeContract({ ...contract, functionName: "registerDevice", args: [registration] });
    },
    /** Mines a block at a moment, unix seconds. */
    async mineAt(timestamp: number): Promise<void> {
      await client.setNextBlockTimestamp({ timestamp: BigInt(timestamp) });
      await client.mine({ blocks: 1 });
    },
    close: () => server.close(),
  };
}
