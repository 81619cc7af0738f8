import { explainError } from "@commonwatt/sdk/errors";
import type { Abi, Address, ContractFunctionArgs, ContractFunctionName } from "viem";

import type { ChainClient, Wallet } from "./local-chain.ts";

/** Highest gas a transaction may ask for (EIP-7825); local gas is free, so asking for all of it saves an estimate. */
const TRANSACTION_GAS = 16_777_216n;

const RECEIPT_TIMEOUT_MS = 60_000;

type Writable = "nonpayable" | "payable";

/**
 * Calls a contract from a wallet and waits until that is in the chain.
 *
 * @param what - What is being done, for the error.
 * @throws Error in plain words, from the contract's custom error, when the contract refuses.
 */
export async function send<const abi extends Abi, name extends ContractFunctionName<abi, Writable>>(
  { client, wallet }: { client: ChainClient; wallet: Wallet },
  what: string,
  call: { address: Address; abi: abi; functionName: name; args: ContractFunctionArgs<abi, Writable, name> },
): Promise<void> {
  const request = { ...call, account: wallet.account, chain: wallet.chain, gas: TRANSACTION_GAS } as never;
  try {
    const hash = await wallet.writeContract(request);
    const receipt = await client.waitForTransactionReceipt({ hash, timeout: RECEIPT_TIMEOUT_MS });
    if (receipt.status === "success") return;
    // The same call now says why.
    await client.simulateContract(request);
    throw new Error(`transaction ${hash} reverted`);
  } catch (error) {
    throw new Error(`${what}: ${explainError(error)}`, { cause: error });
  }
}
