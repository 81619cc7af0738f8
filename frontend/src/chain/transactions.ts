import type { Abi, Address, ContractFunctionArgs, ContractFunctionName, Hex } from "viem";
import type { Config } from "wagmi";
import { getConnection, getPublicClient, getWalletClient, switchChain } from "wagmi/actions";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";

import { type FlowStep, TransactionRefusedError } from "../flow/flow.ts";

/** A contract call somebody wants to make. */
export type Call = { address: Address; abi: Abi; functionName: string; args: readonly unknown[] };

/** A call with its arguments checked against its ABI. */
export function call<const TAbi extends Abi, TName extends ContractFunctionName<TAbi, "nonpayable">>(request: {
  address: Address;
  abi: TAbi;
  functionName: TName;
  args: ContractFunctionArgs<TAbi, "nonpayable", TName>;
}): Call {
  return request as unknown as Call;
}

const RECEIPT_TIMEOUT_MS = 180_000;

/** The client that reads. */
export function readClient(config: Config) {
  const client = getPublicClient(config);
  if (client === undefined) throw new CommonwattError("No RPC endpoint is configured.");
  return client;
}

/** The wallet in use, on the neighbourhood's chain; asks it to change the chain if it is on another. */
export async function walletOn(config: Config) {
  const chainId = config.chains[0].id;
  if (getConnection(config).chainId !== chainId) await switchChain(config, { chainId });
  return getWalletClient(config, { chainId });
}

/**
 * The declared steps of one transaction: check that it will work, have it confirmed, wait for its block.
 *
 * @param group - What the transaction is for, as the person reads it.
 * @param makeCall - Makes the call when its turn has come: earlier steps may have changed what it needs.
 */
export function transactionSteps(
  config: Config,
  group: string,
  titles: { check: string; confirm: string; wait: string },
  makeCall: (account: Address) => Call | Promise<Call>,
): FlowStep[] {
  let checked: Call | undefined;
  let sent: Hex | undefined;
  let settled = false;
  return [
    {
      group,
      title: titles.check,
      run: async () => {
        const { account } = await walletOn(config);
        // Tried again after the wait was cut short: what was sent must not be sent twice.
        if (sent !== undefined) settled = await isSettled(config, sent);
        if (settled) return undefined;
        checked = await makeCall(account.address);
        await readClient(config).simulateContract({ ...checked, account: account.address });
        return undefined;
      },
    },
    {
      group,
      title: titles.confirm,
      run: async () => {
        if (settled) return sent;
        if (checked === undefined) throw new CommonwattError("The transaction was not checked before it was sent.");
        const wallet = await walletOn(config);
        sent = await wallet.writeContract(checked);
        return sent;
      },
    },
    {
      group,
      title: titles.wait,
      run: async () => {
        if (sent === undefined) throw new CommonwattError("The transaction was not sent.");
        if (settled) return undefined;
        const receipt = await readClient(config).waitForTransactionReceipt({ hash: sent, timeout: RECEIPT_TIMEOUT_MS });
        if (receipt.status === "reverted") {
          throw new TransactionRefusedError(
            "The transaction was refused when its block was made: something changed meanwhile.",
            {
              details: `transaction ${sent}`,
            },
          );
        }
        return undefined;
      },
    },
  ];
}

/**
 * Whether a transaction sent earlier has taken effect. One that was refused on chain may be tried again.
 *
 * @throws TransactionReceiptNotFoundError while it is pending.
 */
async function isSettled(config: Config, hash: Hex): Promise<boolean> {
  const { status } = await readClient(config).getTransactionReceipt({ hash });
  return status === "success";
}
