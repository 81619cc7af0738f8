import { type Address, type Hex, parseSignature } from "viem";
import type { Config } from "wagmi";

import { demoEuroAbi } from "@commonwatt/sdk/generated/abis";

import { readClient, walletOn } from "./transactions.ts";

/** ERC-2612 permit as the marketplace takes it. */
export type CurrencyPermit = { valueBaseUnits: bigint; deadline: bigint; v: number; r: Hex; s: Hex };

const PERMIT_TYPES = {
  Permit: [
    { name: "owner", type: "address" },
    { name: "spender", type: "address" },
    { name: "value", type: "uint256" },
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint256" },
  ],
} as const;

/**
 * Whether a currency takes permits: ERC-2612 for the permit, ERC-5267 to learn its domain. Any ERC-20 may be the
 * currency; one without them is approved by a transaction.
 */
export async function takesPermits(config: Config, currency: Address, owner: Address): Promise<boolean> {
  const client = readClient(config);
  try {
    await Promise.all([
      client.readContract({ address: currency, abi: demoEuroAbi, functionName: "eip712Domain" }),
      client.readContract({ address: currency, abi: demoEuroAbi, functionName: "nonces", args: [owner] }),
    ]);
    return true;
  } catch {
    return false;
  }
}

/** Has the wallet sign a permit to pay up to `valueBaseUnits`. */
export async function signPermit(
  config: Config,
  {
    currency,
    spender,
    valueBaseUnits,
    deadline,
  }: { currency: Address; spender: Address; valueBaseUnits: bigint; deadline: bigint },
): Promise<CurrencyPermit> {
  const client = readClient(config);
  const wallet = await walletOn(config);
  const owner = wallet.account.address;
  const [[, name, version, chainId, verifyingContract], nonce] = await Promise.all([
    client.readContract({ address: currency, abi: demoEuroAbi, functionName: "eip712Domain" }),
    client.readContract({ address: currency, abi: demoEuroAbi, functionName: "nonces", args: [owner] }),
  ]);
  const signature = await wallet.signTypedData({
    domain: { name, version, chainId, verifyingContract },
    types: PERMIT_TYPES,
    primaryType: "Permit",
    message: { owner, spender, value: valueBaseUnits, nonce, deadline },
  });
  const { r, s, yParity } = parseSignature(signature);
  return { valueBaseUnits, deadline, v: yParity + 27, r, s };
}
