import { CommonwattError, InvalidValueError } from "@commonwatt/sdk/commonwatt-error";
import type { Deployment } from "@commonwatt/sdk/deployment";
import { neighbourhoodDomain } from "@commonwatt/sdk/domains";
import { marketplaceAbi, neighbourhoodAbi } from "@commonwatt/sdk/generated/abis";
import { CURRENCY_DECIMALS } from "@commonwatt/sdk/units";
import { type Address, erc20Abi } from "viem";

import { openChain } from "../chain/open.ts";
import { createReader, type Reader } from "../chain/reader.ts";
import { createLog } from "../log.ts";
import type { ChainAccess, Say } from "./open.ts";

/** What must be known of a neighbourhood to find the rest on chain. */
export type JoinOrder = {
  name: string;
  chainId: number;
  neighbourhood: Address;
  marketplace: Address;
  /** Left out: found by asking for the contract's code at earlier blocks, which takes a node that keeps old state. */
  deploymentBlock?: number | undefined;
};

/**
 * Finds the contracts of a neighbourhood from the addresses of two of them, and checks that they belong together.
 *
 * @throws CommonwattError or InvalidValueError saying what does not fit.
 */
export async function joinNeighbourhood(access: ChainAccess, order: JoinOrder, say: Say): Promise<Deployment> {
  const { name, chainId, neighbourhood, marketplace } = order;
  const endpoints = await openChain(access, order, createLog("silent"));
  try {
    const reader = createReader(endpoints);
    await requireCode(reader, { neighbourhood, marketplace }, chainId);
    await requireVersion(reader, order);
    const contract = { address: neighbourhood, abi: neighbourhoodAbi } as const;
    const deployment: Deployment = {
      name,
      chainId,
      deploymentBlock: order.deploymentBlock ?? (await findBirth(reader, neighbourhood)),
      neighbourhood,
      token: await reader.readContract({ ...contract, functionName: "token" }),
      marketplace,
      currency: await reader.readContract({ ...contract, functionName: "currency" }),
      deviceRegistry: await reader.readContract({ ...contract, functionName: "deviceRegistry" }),
      accessManager: await reader.readContract({ ...contract, functionName: "authority" }),
    };
    await requireLinks(reader, deployment);
    say(`${name} is on chain ${chainId}, its contracts belong together, and this oracle knows their version.`);
    return deployment;
  } finally {
    endpoints.close();
  }
}

/**
 * Checks an existing deployment against the chain.
 *
 * @returns The same, with nothing changed.
 * @throws CommonwattError or InvalidValueError saying what does not fit.
 */
export async function checkDeployment(access: ChainAccess, given: Deployment, say: Say): Promise<Deployment> {
  const found = await joinNeighbourhood(access, given, say);
  for (const key of ["token", "currency", "deviceRegistry", "accessManager"] as const) {
    requireSame(`deployment: ${key}`, given[key], found[key]);
  }
  return given;
}

async function requireCode(reader: Reader, contracts: Record<string, Address>, chainId: number): Promise<void> {
  for (const [what, address] of Object.entries(contracts)) {
    if ((await reader.getCode({ address })) === undefined) {
      throw new InvalidValueError(what, address, `the address of a contract on chain ${chainId}; there is no code`);
    }
  }
}

/** The domain that devices sign for says which contract it is, and of which version. */
async function requireVersion(reader: Reader, order: JoinOrder): Promise<void> {
  const expected = neighbourhoodDomain(order);
  const request = { address: order.neighbourhood, abi: neighbourhoodAbi, functionName: "eip712Domain" } as const;
  const [, name, version, chainId, verifyingContract] = await reader.readContract(request).catch((error: unknown) => {
    throw new CommonwattError(
      `The contract at ${order.neighbourhood} is no neighbourhood: it does not say what devices sign for`,
      { cause: error },
    );
  });
  requireSame("name of the contract", name, expected.name);
  requireSame("version of the contract", version, expected.version);
  requireSame("chain of the contract", String(chainId), String(expected.chainId));
  requireSame("address of the contract", verifyingContract, expected.verifyingContract);
}

async function requireLinks(reader: Reader, deployment: Deployment): Promise<void> {
  const { neighbourhood, token, marketplace, currency, deviceRegistry, accessManager, chainId } = deployment;
  await requireCode(reader, { token, currency, deviceRegistry, accessManager }, chainId);
  const market = { address: marketplace, abi: marketplaceAbi } as const;
  const linked = await Promise.all([
    reader.readContract({ ...market, functionName: "neighbourhood" }),
    reader.readContract({ ...market, functionName: "token" }),
    reader.readContract({ ...market, functionName: "currency" }),
  ]);
  for (const [index, [what, expected]] of [
    ["neighbourhood of the marketplace", neighbourhood],
    ["token of the marketplace", token],
    ["currency of the marketplace", currency],
  ].entries()) {
    requireSame(what ?? "", linked[index] ?? "none", expected ?? "");
  }
  const decimals = await reader.readContract({ address: currency, abi: erc20Abi, functionName: "decimals" });
  requireSame("decimals of the currency", String(decimals), String(CURRENCY_DECIMALS));
}

function requireSame(what: string, value: string, expected: string): void {
  if (value.toLowerCase() !== expected.toLowerCase()) throw new InvalidValueError(what, value, expected);
}

/** The first block with the contract's code. */
async function findBirth(reader: Reader, address: Address): Promise<number> {
  let [without, first] = [-1n, await reader.getBlockNumber()];
  while (first - without > 1n) {
    const middle = (without + first) / 2n;
    const code = await reader.getCode({ address, blockNumber: middle < 0n ? 0n : middle }).catch((error: unknown) => {
      throw new CommonwattError(
        `The node does not tell when the contract at ${address} was deployed: name its block, expected --deployment-block`,
        { cause: error },
      );
    });
    if (code === undefined) without = middle;
    else first = middle;
  }
  return Number(first);
}
