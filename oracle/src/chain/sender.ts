import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { neighbourhoodAbi } from "@commonwatt/sdk/generated/abis";
import {
  type Abi,
  type Address,
  type Hex,
  type TransactionReceipt,
  TransactionReceiptNotFoundError,
  WaitForTransactionReceiptTimeoutError,
} from "viem";

import type { Reader, Writer } from "./clients.ts";
import { type ChainRefusal, refusalOf } from "./refusal.ts";

/** A call of the neighbourhood. */
export type NeighbourhoodCall = { functionName: string; args: readonly unknown[] };

/** The contract would refuse the call, or has refused it. */
export class CallRefusedError extends CommonwattError {
  override readonly name = "CallRefusedError";
  readonly refusal: ChainRefusal;

  constructor(functionName: string, refusal: ChainRefusal) {
    super(`${functionName} is refused: ${refusal.reason}`);
    this.refusal = refusal;
  }
}

/**
 * Sends single calls from the submitter's account, one after the other.
 *
 * The nonce is taken before the state is read that a call is decided on: if an earlier transaction is mined in between,
 * the new one is refused by the node instead of doing the same thing twice.
 */
export type Sender = {
  /** The nonce of the next transaction; undefined while an earlier one is under way and may still be mined. */
  nextNonce(): Promise<number | undefined>;
  /**
   * Simulates the call, sends it and waits for its receipt and confirmations.
   *
   * @returns Undefined when it was not mined in time: it stays under way.
   * @throws CallRefusedError when the contract refuses.
   */
  send(call: NeighbourhoodCall, nonce: number): Promise<TransactionReceipt | undefined>;
};

export type SenderOptions = {
  neighbourhood: Address;
  confirmations: number;
  receiptTimeoutSeconds: number;
  /** Unix milliseconds of the machine's clock. */
  nowMs: () => number;
};

/** State can change between the estimate and the block. */
const GAS_MARGIN_PERCENT = 20n;
/** EIP-7825: no transaction can have more. */
const MAX_GAS = 16_777_216n;
/** A replacement must raise the fee by an eighth at least. */
const FEE_RAISE_PERCENT = 25n;
const MAX_FEE_RAISES = 8;

export function createSender({ reader, writer }: { reader: Reader; writer: Writer }, options: SenderOptions): Sender {
  const { neighbourhood: address, confirmations, receiptTimeoutSeconds, nowMs } = options;
  const { account } = writer;
  /** The nonce that was found taken, since when, and how often its fee was raised. */
  let stuck: { nonce: number; sinceMs: number; raises: number } | undefined;

  async function receiptOf(hash: Hex): Promise<TransactionReceipt | undefined> {
    const timeout = receiptTimeoutSeconds * 1000;
    try {
      return await reader.waitForTransactionReceipt({ hash, confirmations, timeout, checkReplacement: false });
    } catch (error) {
      const late =
        error instanceof WaitForTransactionReceiptTimeoutError || error instanceof TransactionReceiptNotFoundError;
      if (!late) throw error;
      return undefined;
    }
  }

  return {
    async nextNonce() {
      const nonce = await reader.getTransactionCount({ address: account.address, blockTag: "latest" });
      const pending = await reader.getTransactionCount({ address: account.address, blockTag: "pending" });
      if (pending <= nonce) {
        stuck = undefined;
        return nonce;
      }
      if (stuck?.nonce !== nonce) stuck = { nonce, sinceMs: nowMs(), raises: 0 };
      return nowMs() - stuck.sinceMs < receiptTimeoutSeconds * 1000 ? undefined : nonce;
    },

    async send({ functionName, args }, nonce) {
      const call = { address, abi: neighbourhoodAbi as Abi, functionName, args, account } as const;
      // The pending block has the time of the next one; the latest can be old on a quiet chain.
      const estimate = await reader.estimateContractGas({ ...call, blockTag: "pending" }).catch((error: unknown) => {
        const refusal = refusalOf(error);
        throw refusal === undefined ? error : new CallRefusedError(functionName, refusal);
      });
      const gas = (estimate * (100n + GAS_MARGIN_PERCENT)) / 100n;
      const raises = stuck?.nonce === nonce ? Math.min(++stuck.raises, MAX_FEE_RAISES) : 0;
      const { maxFeePerGas, maxPriorityFeePerGas } = await reader.estimateFeesPerGas();
      const raise = (fee: bigint) => (fee * (100n + FEE_RAISE_PERCENT * BigInt(raises))) / 100n;
      const hash = await writer.writeContract({
        ...call,
        nonce,
        gas: gas < MAX_GAS ? gas : MAX_GAS,
        maxFeePerGas: raise(maxFeePerGas),
        maxPriorityFeePerGas: raise(maxPriorityFeePerGas),
      });
      const receipt = await receiptOf(hash);
      if (receipt?.status === "reverted") {
        throw new CommonwattError(`The transaction ${hash} (${functionName}) failed on chain`);
      }
      return receipt;
    },
  };
}
