import { neighbourhoodAbi } from "@commonwatt/sdk/generated/abis";
import type { Deployment } from "@commonwatt/sdk/deployment";
import hre from "hardhat";
import {
  type Abi,
  type Address,
  createTestClient,
  type Hex,
  http,
  parseAbi,
  publicActions,
  stringToHex,
  toFunctionSelector,
  walletActions,
} from "viem";
import { mnemonicToAccount } from "viem/accounts";
import { hardhat } from "viem/chains";

/** Terms of the neighbourhood. */
export const CLOSING_WINDOW_SECONDS = 7_200;
export const COMMUNITY_PRICE_TICKS = 1_500;
export const NETWORK_CHARGE_TICKS = 100;

const ANNOUNCER_ROLE = 5n;
const ACCESS_MANAGER = parseAbi([
  "function setTargetFunctionRole(address target, bytes4[] selectors, uint64 roleId)",
  "function grantRole(uint64 roleId, address account, uint32 executionDelay)",
  "function revokeRole(uint64 roleId, address account)",
]);

type LinkReferences = Record<string, Record<string, { start: number; length: number }[]>>;

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
    const { abi, bytecode, linkReferences } = await hre.artifacts.readArtifact(name);
    const linked = await link(bytecode, linkReferences);
    const hash = await client.deployContract({ abi: abi as Abi, bytecode: linked, args });
    const { contractAddress } = await client.waitForTransactionReceipt({ hash });
    if (!contractAddress) throw new Error(`${name} was not deployed`);
    return contractAddress;
  }

  /** Deploys the libraries that a contract needs, and writes their addresses into its code. */
  async function link(bytecode: string, references: LinkReferences): Promise<Hex> {
    let code = bytecode.slice(2);
    for (const [name, places] of Object.values(references).flatMap((file) => Object.entries(file))) {
      const address = (await deploy(name, [])).slice(2);
      for (const { start, length } of places) {
        code = code.slice(0, start * 2) + address + code.slice((start + length) * 2);
      }
    }
    return `0x${code}`;
  }

  const currency = await deploy("DemoEuro", []);
  const accessManager = await deploy("AccessManager", [operator.address]);
  const deviceRegistry = await deploy("DeviceRegistry", []);
  const tariff = { communityPriceTicks: COMMUNITY_PRICE_TICKS, networkChargeTicks: NETWORK_CHARGE_TICKS };
  const terms = { currency, retirementWindowDays: 28, closingWindowSeconds: CLOSING_WINDOW_SECONDS, tariff };
  const neighbourhood = await deploy("Neighbourhood", [accessManager, deviceRegistry, terms]);
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
    /** Lets an account announce days, besides the operator, or no longer. */
    async letAnnounce(announcer: Address, may = true): Promise<void> {
      const manager = { address: accessManager, abi: ACCESS_MANAGER } as const;
      const selector = toFunctionSelector("announce(uint32,uint256)");
      await client.writeContract({
        ...manager,
        functionName: "setTargetFunctionRole",
        args: [neighbourhood, [selector], ANNOUNCER_ROLE],
      });
      await client.writeContract({
        ...manager,
        functionName: "grantRole",
        args: [ANNOUNCER_ROLE, operator.address, 0],
      });
      if (may)
        await client.writeContract({ ...manager, functionName: "grantRole", args: [ANNOUNCER_ROLE, announcer, 0] });
      else await client.writeContract({ ...manager, functionName: "revokeRole", args: [ANNOUNCER_ROLE, announcer] });
    },
    /** Mines a block at a moment, unix seconds. */
    async mineAt(timestamp: number): Promise<void> {
      await client.setNextBlockTimestamp({ timestamp: BigInt(timestamp) });
      await client.mine({ blocks: 1 });
    },
    close: () => server.close(),
  };
}
