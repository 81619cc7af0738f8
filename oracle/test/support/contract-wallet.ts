import hre from "hardhat";
import type { Abi, Address, Hex } from "viem";

import type { LocalChain } from "./local-chain.ts";

/** A contract wallet that signs with one key (ERC-1271). */
export async function deployPuppet(chain: LocalChain, key: Address): Promise<Address> {
  const { abi, bytecode } = await hre.artifacts.readArtifact("Puppet");
  return deployed(
    chain,
    await chain.client.deployContract({ abi: abi as Abi, bytecode: bytecode as Hex, args: [key] }),
  );
}

/** Puts code on the chain as it is. */
export async function deployCode(chain: LocalChain, code: Hex): Promise<Address> {
  const size = ((code.length - 2) / 2).toString(16).padStart(4, "0");
  // PUSH2 size, DUP1, PUSH1 10, PUSH0, CODECOPY, PUSH0, RETURN.
  const data: Hex = `0x61${size}80600a5f395ff3${code.slice(2)}`;
  return deployed(chain, await chain.client.sendTransaction({ data, to: null }));
}

async function deployed(chain: LocalChain, hash: Hex): Promise<Address> {
  const { contractAddress } = await chain.client.waitForTransactionReceipt({ hash });
  if (!contractAddress) throw new Error("the wallet was not deployed");
  return contractAddress;
}
