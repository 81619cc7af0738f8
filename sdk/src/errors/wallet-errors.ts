import {
  BaseError,
  ChainMismatchError,
  HttpRequestError,
  InsufficientFundsError,
  NonceTooHighError,
  NonceTooLowError,
  SocketClosedError,
  TimeoutError,
  TransactionReceiptNotFoundError,
  WaitForTransactionReceiptTimeoutError,
  WebSocketRequestError,
} from "viem";

const SENT_BUT_NOT_CONFIRMED =
  "The transaction was sent but is not confirmed yet. Look again later before you repeat it.";

/** What wallets answer with a code of EIP-1193, EIP-1474 or EIP-3326. */
const WALLET_CODES: ReadonlyMap<number, string> = new Map([
  [4001, "You declined in your wallet. Nothing was sent."],
  [5000, "You declined in your wallet. Nothing was sent."],
  [4100, "Your wallet has not given this page access to the account. Connect it again."],
  [4200, "Your wallet cannot do this."],
  [4900, "Your wallet is not connected to any network."],
  [4901, "Your wallet is not connected to this network."],
  [4902, "Your wallet does not know this network yet. Add it there first."],
  [-32002, "Your wallet is still waiting for an answer to an earlier question. Open it and answer there."],
]);

/** Nodes say it each in their own words, and wallets pass that on as text without a code. */
const OUT_OF_FUNDS = /insufficient funds|doesn't have enough funds|exceeds transaction sender account balance/iu;

const NO_ETHER = "This account has too little ether to pay the network's transaction fee.";
const UNREACHABLE = "The network did not answer. Check the connection, then try again.";

/**
 * Says in one plain sentence what a wallet, a node or the network refused.
 *
 * @param error - One link of an error's chain of causes.
 * @returns undefined if it is nothing of that kind.
 */
export function explainWalletError(error: unknown): string | undefined {
  const code = codeOf(error);
  const told = code === undefined ? undefined : WALLET_CODES.get(code);
  if (told !== undefined) return told;
  if (error instanceof InsufficientFundsError || OUT_OF_FUNDS.test(textOf(error))) return NO_ETHER;
  if (error instanceof ChainMismatchError)
    return "Your wallet is on another network. Switch it to this neighbourhood's.";
  if (error instanceof NonceTooLowError || error instanceof NonceTooHighError) {
    return "Another transaction of this account came in between. Try again.";
  }
  if (error instanceof WaitForTransactionReceiptTimeoutError || error instanceof TransactionReceiptNotFoundError) {
    return SENT_BUT_NOT_CONFIRMED;
  }
  if (error instanceof TimeoutError) return "The network took too long to answer. Try again.";
  if (error instanceof HttpRequestError && error.status !== undefined) {
    return `The network's server refused the request (HTTP ${error.status}). Try again later.`;
  }
  if (
    error instanceof HttpRequestError ||
    error instanceof WebSocketRequestError ||
    error instanceof SocketClosedError ||
    isFailedFetch(error)
  ) {
    return UNREACHABLE;
  }
  return undefined;
}

function codeOf(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "number" ? error.code : undefined;
}

function textOf(error: unknown): string {
  if (error instanceof BaseError) return `${error.shortMessage} ${error.details}`;
  if (typeof error === "object" && error !== null && "message" in error) return String(error.message);
  return "";
}

/** `fetch` throws a TypeError when there is no answer, worded differently in each browser. */
function isFailedFetch(error: unknown): boolean {
  return error instanceof TypeError && /fetch|network/iu.test(error.message);
}
