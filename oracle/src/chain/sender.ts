import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { neighbourhoodAbi } from "@commonwatt/sdk/generated/abis";
import { type Abi, type Address, encodeFunctionData } from "viem";

import { commonBlock } from "./endpoints/agree.ts";
import type { Endpoints } from "./endpoints/endpoints.ts";
import { createCarefulReader, createReader } from "./reader.ts";
import { type ChainRefusal, refusalOf } from "./refusal.ts";
import type { Note } from "./transactions/store.ts";
import type { Submitter } from "./transactions/submitter.ts";

/** A call of the neighbourhood. */
export type NeighbourhoodCall = { functionName: string; args: readonly unknown[] };

/** The contract would refuse the call. */
export class CallRefusedError extends CommonwattError {
  override readonly name = "CallRefusedError";
  readonly refusal: ChainRefusal;

  constructor(functionName: string, refusal: ChainRefusal) {
    super(`${functionName} is refused: ${refusal.reason}`);
    this.refusal = refusal;
  }
}

/** Sends single calls from the submitter's account. */
export type Sender = {
  /**
   * Simulates the call and sends it.
   *
   * @param note - Logged when it counts.
   * @returns False when it has to wait: nothing was sent, decide anew.
   * @throws CallRefusedError when the contract would refuse.
   */
  send(call: NeighbourhoodCall, purpose: string, note?: Note): Promise<boolean>;
  /** Why the contract would refuse a call, as the majority of the endpoints says; undefined when it would not. */
  confirmRefusal(call: NeighbourhoodCall): Promise<ChainRefusal | undefined>;
};

export type SenderParts = {
  endpoints: Endpoints;
  submitter: Pick<Submitter, "send">;
  neighbourhood: Address;
  account: Address;
};

/** State can change between the estimate and the block. */
const GAS_MARGIN_PERCENT = 20n;
/** EIP-7825: no transaction can have more. */
const MAX_GAS = 16_777_216n;

export function createSender({ endpoints, submitter, neighbourhood: address, account }: SenderParts): Sender {
  const [reader, careful] = [createReader(endpoints), createCarefulReader(endpoints)];
  const abi: Abi = neighbourhoodAbi;

  return {
    async send({ functionName, args }, purpose, note) {
      const call = { address, abi, functionName, args, account } as const;
      // The pending block has the time of the next one; the latest can be old on a quiet chain.
      const estimate = await reader.estimateContractGas({ ...call, blockTag: "pending" }).catch((error: unknown) => {
        const refusal = refusalOf(error);
        throw refusal === undefined ? error : new CallRefusedError(functionName, refusal);
      });
      const gas = (estimate * (100n + GAS_MARGIN_PERCENT)) / 100n;
      return submitter.send({
        purpose,
        to: address,
        data: encodeFunctionData({ abi, functionName, args }),
        gas: gas < MAX_GAS ? gas : MAX_GAS,
        ...(note === undefined ? {} : { note }),
      });
    },

    async confirmRefusal({ functionName, args }) {
      const blockNumber = await commonBlock(endpoints);
      try {
        await careful.simulateContract({ address, abi, functionName, args, account, blockNumber });
        return undefined;
      } catch (error) {
        const refusal = refusalOf(error);
        if (refusal === undefined) throw error;
        return refusal;
      }
    },
  };
}
