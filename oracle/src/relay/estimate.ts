import { explainError } from "@commonwatt/sdk/errors";
import { type Address, BaseError, ExecutionRevertedError, type Hex, InsufficientFundsError } from "viem";

import type { Reader } from "../chain/reader.ts";

export type Estimate = { gas: bigint } | { refused: string };

/** State can change between the estimate and the block. */
const MARGIN_PERCENT = 20n;

/**
 * What a call would use, within what an action may use at most: a contract wallet can do what it likes when it is asked
 * whether it signed, but not for more than that.
 *
 * @param account - Who would send it.
 * @returns Why it would be refused, in plain words, where it would be.
 * @throws When the node does not answer.
 */
export async function estimateAction(
  reader: Reader,
  account: Address,
  { to, data }: { to: Address; data: Hex },
  maxGas: bigint,
): Promise<Estimate> {
  try {
    // The pending block has the time of the next one; the latest can be old on a quiet chain.
    const used = await reader.estimateGas({ account, to, data, gas: maxGas, blockTag: "pending" });
    if (used > maxGas) return { refused: tooMuch(maxGas) };
    const gas = (used * (100n + MARGIN_PERCENT)) / 100n;
    return { gas: gas < maxGas ? gas : maxGas };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return { refused: isOutOfGas(error) ? tooMuch(maxGas) : explainError(error) };
  }
}

const tooMuch = (maxGas: bigint) => `It would use more than ${maxGas} gas, the most that it may.`;

/** Whether the call itself fails, rather than the way to the node. */
function isRefusal(error: unknown): error is BaseError {
  if (!(error instanceof BaseError)) return false;
  const cause = error.walk((link) => link instanceof ExecutionRevertedError || hasRevertData(link));
  return cause !== null || isOutOfGas(error);
}

function hasRevertData(link: unknown): boolean {
  return typeof link === "object" && link !== null && "data" in link && typeof link.data === "string";
}

/** Nodes have no code for it, only words. */
function isOutOfGas(error: BaseError): boolean {
  const isSaid = (link: unknown) =>
    link instanceof Error &&
    !(link instanceof InsufficientFundsError) &&
    /out of gas|gas required exceeds|exceeds (?:the )?(?:block )?gas (?:limit|allowance)|OutOfGas/iu.test(
      "details" in link ? String(link.details) : link.message,
    );
  return error.walk(isSaid) !== null;
}
