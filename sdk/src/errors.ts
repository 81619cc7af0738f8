import { BaseError, type Hex, isHex } from "viem";

import { CommonwattError } from "./commonwatt-error.ts";
import { explainRevertData } from "./errors/contract-errors.ts";
import type { ErrorUnits } from "./errors/error-values.ts";
import { explainWalletError } from "./errors/wallet-errors.ts";

export { CommonwattError, InvalidValueError } from "./commonwatt-error.ts";

/** Causes looked at, each the cause of the one before: more would be a circle. */
const MAX_DEPTH = 20;

/**
 * Says in one plain sentence what went wrong, for somebody who knows nothing of contracts: values in kWh, dates and
 * money. Understands everything the project's contracts, their tokens, wallets, nodes and this project itself say no
 * with; of anything else it returns the error's own message.
 *
 * @param error - What was caught, or the revert data of a call (as in `ProfileSkipped`).
 * @param units - Unit of the meter concerned and symbol of the currency, where they are known.
 */
export function explainError(error: unknown, units: ErrorUnits = {}): string {
  if (isHex(error)) return explainRevertData(error, units);
  const chain = [...causesOf(error)];
  for (const link of chain) {
    if (link instanceof CommonwattError) return sentence(link.shortMessage);
    if (isAbort(link)) return "This was stopped.";
  }
  const data = chain.map(revertDataOf).find((found) => found !== undefined && found !== "0x");
  if (data !== undefined) return explainRevertData(data, units);
  const told = chain.map(explainWalletError).find((found) => found !== undefined);
  if (told !== undefined) return told;
  if (chain.some((link) => revertDataOf(link) === "0x")) return explainRevertData("0x", units);
  return sentence(messageOf(error));
}

/** An error, its cause, the cause of that, and so on. */
function* causesOf(error: unknown): Generator {
  let link = error;
  for (let depth = 0; depth < MAX_DEPTH && link !== undefined && link !== null; depth++) {
    yield link;
    link = typeof link === "object" && "cause" in link ? link.cause : undefined;
  }
}

/** Revert data, where clients put it: `raw` (viem), `data`, `data.data` or `data.originalError.data` (nodes, wallets). */
function revertDataOf(link: unknown): Hex | undefined {
  for (const path of [["raw"], ["data"], ["data", "data"], ["data", "originalError", "data"]]) {
    const found = path.reduce(
      (value, key) =>
        typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined,
      link,
    );
    if (isHex(found)) return found;
  }
  return undefined;
}

function isAbort(link: unknown): boolean {
  return link instanceof Error && link.name === "AbortError";
}

function messageOf(error: unknown): string {
  if (error instanceof BaseError) return error.shortMessage;
  if (error instanceof Error) return error.message;
  if (typeof error === "object" && error !== null && "message" in error) return String(error.message);
  return String(error);
}

function sentence(text: string): string {
  const line = text.trim().replace(/\s+/gu, " ");
  return line === "" ? "Something went wrong, without a word why." : /[.!?]$/u.test(line) ? line : `${line}.`;
}
