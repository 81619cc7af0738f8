import type { Deployment } from "@commonwatt/sdk/deployment";
import { neighbourhoodAbi } from "@commonwatt/sdk/generated/abis";
import { isP256Signature } from "@commonwatt/sdk/signatures";
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

/** Terms of the neighbourhood. */
export const CLOSING_WINDOW_SECONDS = 7_200;
export const COMMUNITY_PRICE_TICKS = 1_500;
export const NETWORK_CHARGE_TICKS = 100;

export const MNEMONIC = "test test test test test test test test test test test junk";

type LinkReferences = Record<string, Record<string, { start: number; length: number }[]>>;

/** A client of a local node, which acts as the operator (account 0) and can steer the node. */
export function createOperator(rpcUrl: string, mode: "hardhat" | "anvil") {
  return createTestClient({
    account: mnemonicToAccount(MNEMONIC),
    chain: hardhat,
    mode,
    transport: http(rpcUrl),
    pollingInterval: 50,
    cacheTime: 0,
  })
    .extend(publicActions)
    .extend(walletActions);
}

export type Operator = ReturnType<typeof createOperator>;

/** Deploys all contracts of a neighbourhood, and gives the operator every right. */
export async function deployStreet(client: Operator): Promise<Deployment> {
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
  const accessManager = await deploy("AccessManager", [client.account.address]);
  const deviceRegistry = await deploy("DeviceRegistry", []);
  const tariff = { communityPriceTicks: COMMUNITY_PRICE_TICKS, networkChargeTicks: NETWORK_CHARGE_TICKS };
  const terms = { currency, retirementWindowDays: 28, closingWindowSeconds: CLOSING_WINDOW_SECONDS, tariff };
  const neighbourhood = await deploy("Neighbourhood", [accessManager, deviceRegistry, terms]);
  const marketplace = await deploy("Marketplace", [neighbourhood, currency]);
  const contract = { address: neighbourhood, abi: neighbourhoodAbi } as const;
  const token = await client.readContract({ ...contract, functionName: "token" });
  return {
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
}

/** Admits members and registers meters and devices, as the operator does. */
export function createRegistrar(client: Operator, { neighbourhood }: Pick<Deployment, "neighbourhood">) {
  const contract = { address: neighbourhood, abi: neighbourhoodAbi } as const;
  return {
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
        keyType: isP256Signature(signature) ? 1 : 0,
        custody: 1,
        possession: signature,
      };
      await client.writeContract({ ...contract, functionName: "registerDevice", args: [registration] });
    },
  };
}
