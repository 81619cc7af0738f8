import { explainError } from "@commonwatt/sdk/errors";
import { contractErrorsAbi } from "@commonwatt/sdk/errors/contract-errors";
import { BaseError, ContractFunctionRevertedError, decodeErrorResult, type Hex } from "viem";

/** Why the contract would not record a profile. */
export type ChainRefusal = {
  /** Name of the custom error, or "unknown". */
  error: string;
  /** In plain words. */
  reason: string;
  /**
   * `later`: it may pass. `consumed`: the day, or a later one, is on chain already. `shared`: it goes the way of the
   * settlement. `never`: it cannot pass.
   */
  verdict: Verdict;
};

type Verdict = "later" | "consumed" | "shared" | "never";

const VERDICTS: Readonly<Record<string, Verdict>> = { DayNotAfterLast: "consumed", IsSharing: "shared" };

/** Errors that time, an operator's act or another receiver can cure. */
const CURABLE = ["DayNotOver", "UnknownDevice", "InsufficientGas", "ReceiverRefused", "ReentrancyGuardReentrantCall"];

/**
 * Reads the revert data of a `record`, as `ProfileSkipped` carries it.
 *
 * @param data - Empty: gas ran out, or the node had a trouble of its own, which it reports as it does a refusal. Nothing is
 * given up for that.
 */
export function readRefusal(data: Hex): ChainRefusal {
  const error = nameOf(data);
  const verdict = VERDICTS[error] ?? (data === "0x" || CURABLE.includes(error) ? "later" : "never");
  return { error, reason: explainError(data), verdict };
}

/** The refusal in an error of a simulated call; undefined when the call did not get so far as to be refused. */
export function refusalOf(error: unknown): ChainRefusal | undefined {
  if (!(error instanceof BaseError)) return undefined;
  const revert = error.walk((cause) => cause instanceof ContractFunctionRevertedError);
  if (!(revert instanceof ContractFunctionRevertedError)) return undefined;
  return readRefusal(revert.raw ?? "0x");
}

function nameOf(data: Hex): string {
  try {
    return decodeErrorResult({ abi: contractErrorsAbi, data }).errorName;
  } catch {
    return "unknown";
  }
}
