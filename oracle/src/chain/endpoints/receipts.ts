import { formatTransactionReceipt, type Hash, type RpcTransactionReceipt, type TransactionReceipt } from "viem";

import { majority } from "./agree.ts";
import { keyOf } from "./answers.ts";
import type { Answer, Endpoints } from "./endpoints.ts";

type Block = { hash: string; transactions: unknown };

/**
 * What became of a transaction, as more than half of the endpoints say that know something of it. One that has not got as
 * far as its block says nothing; one that has the block with the transaction in it, and denies the receipt, contradicts
 * itself, and is not counted either.
 *
 * @returns Undefined when nobody knows of a receipt.
 * @throws DisagreementError without a majority; EndpointError when none answers.
 */
export async function agreedReceipt(endpoints: Endpoints, hash: Hash): Promise<TransactionReceipt | undefined> {
  const call = { method: "eth_getTransactionReceipt", params: [hash] };
  const votes = (await endpoints.askAll(call)).map((answer) => ({ ...answer, receipt: receiptIn(answer, hash) }));
  const first = votes.find(({ receipt }) => receipt !== undefined)?.receipt;
  if (first === undefined) return undefined;
  const silent = votes.filter(({ receipt }) => receipt === undefined);
  const against = silent.length === 0 ? new Set<string>() : await deniers(endpoints, first);
  const counted = votes.filter(({ receipt, from }) => receipt !== undefined || against.has(from.label));
  const winner = majority(endpoints, call.method, counted, (vote) =>
    vote.receipt === undefined ? "none" : keyOf(vote, call.method),
  );
  return winner.receipt && formatTransactionReceipt(winner.receipt);
}

/** Labels of the endpoints that have another block in place of the receipt's, or the same without the transaction. */
async function deniers(endpoints: Endpoints, receipt: RpcTransactionReceipt): Promise<Set<string>> {
  const call = { method: "eth_getBlockByNumber", params: [receipt.blockNumber, false] };
  const answers = await endpoints.askAll(call);
  return new Set(answers.filter((answer) => denies(answer, receipt)).map(({ from }) => from.label));
}

function denies(answer: Answer, { blockHash, transactionHash }: RpcTransactionReceipt): boolean {
  if (!("result" in answer) || !isBlock(answer.result)) return false;
  const { hash, transactions } = answer.result;
  const listed = Array.isArray(transactions) && transactions.includes(transactionHash);
  return hash !== blockHash || !listed;
}

function isBlock(value: unknown): value is Block {
  return typeof value === "object" && value !== null && "hash" in value && typeof value.hash === "string";
}

/** The receipt in an answer, if it is one of this transaction. */
function receiptIn(answer: Answer, hash: Hash): RpcTransactionReceipt | undefined {
  if (!("result" in answer)) return undefined;
  const { result } = answer;
  if (typeof result !== "object" || result === null) return undefined;
  const isReceipt =
    "transactionHash" in result && result.transactionHash === hash && "blockHash" in result && "logs" in result;
  return isReceipt ? (result as RpcTransactionReceipt) : undefined;
}
