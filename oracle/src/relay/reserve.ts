import { type Address, parseEther } from "viem";

import type { Reader } from "../chain/reader.ts";
import { firstFees } from "../chain/transactions/fees.ts";

/**
 * Why the submitter's account cannot pay for so much gas without touching what is kept for the settlement; undefined when
 * it can.
 *
 * @param reserveEther - Kept, ether as text.
 * @param maxFeeWei - Most that is paid per unit of gas.
 */
export async function lackOf(
  reader: Reader,
  account: Address,
  gas: bigint,
  { reserveEther, maxFeeWei }: { reserveEther: string; maxFeeWei: bigint },
): Promise<string | undefined> {
  const [{ baseFeePerGas }, tipPerGas, balance] = await Promise.all([
    reader.getBlock({ blockTag: "latest" }),
    reader.estimateMaxPriorityFeePerGas(),
    reader.getBalance({ address: account }),
  ]);
  const fees = firstFees({ baseFeePerGas: baseFeePerGas ?? 0n, tipPerGas }, maxFeeWei);
  if (fees === undefined) return "fees on the chain are too high now";
  if (balance < parseEther(reserveEther) + gas * fees.maxFeePerGas) {
    return "the oracle's account holds too little ether to pay for actions";
  }
  return undefined;
}
