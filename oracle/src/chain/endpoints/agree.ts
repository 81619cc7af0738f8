import { isHash, type Hash } from "viem";

import { keyOf, saysSomething } from "./answers.ts";
import type { RpcCall } from "./endpoint.ts";
import type { Answer, Endpoints } from "./endpoints.ts";

/** The endpoints contradict each other, and no majority says who is right: what hangs on the answer waits. */
export class DisagreementError extends Error {
  override readonly name = "DisagreementError";

  constructor(method: string, answers: readonly Answer[]) {
    const labels = answers.map(({ from }) => from.label).join(" and ");
    super(
      `The RPC endpoints ${labels} contradict each other about ${method}: what hangs on it waits. With a third endpoint the majority is believed`,
    );
  }
}

/**
 * What more than half of the endpoints say that answer. A single one is believed: there is nobody else to ask.
 *
 * The call must be about something that does not move: a block by its number, a call at a block, a transaction.
 *
 * @throws DisagreementError without a majority; RpcRequestError when the majority's answer is an error.
 */
export async function agreed(endpoints: Endpoints, call: RpcCall): Promise<unknown> {
  const answers = await endpoints.askAll(call);
  // One that has not got so far, or has forgotten it, says nothing against the others.
  const saying = answers.filter(saysSomething);
  const counted = saying.length > 0 ? saying : answers;
  const winner = majority(endpoints, call.method, counted, (answer) => keyOf(answer, call.method));
  if ("error" in winner) throw winner.error;
  return winner.result;
}

/** The answer of the majority; those who contradict it are left for a while. */
export function majority<T extends Answer>(
  endpoints: Endpoints,
  method: string,
  answers: readonly T[],
  key: (answer: T) => string,
): T {
  const camps = [...Map.groupBy(answers, key).values()].toSorted((a, b) => b.length - a.length);
  const [largest = [], ...others] = camps;
  const [winner] = largest;
  if (winner === undefined || largest.length * 2 <= answers.length) throw new DisagreementError(method, answers);
  for (const { from } of others.flat()) endpoints.distrust(from, `contradicts the others about ${method}`);
  return winner;
}

/** The block that every endpoint which is good to be asked has. */
export async function commonBlock(endpoints: Endpoints): Promise<bigint> {
  const answers = await endpoints.askAll({ method: "eth_blockNumber" });
  const heads = answers.flatMap((answer) => ("result" in answer ? [BigInt(String(answer.result))] : []));
  return heads.reduce((least, head) => (head < least ? head : least), heads[0] ?? 0n);
}

/** A text that stays the same as long as every endpoint has the same latest block. */
export async function tips(endpoints: Endpoints): Promise<string> {
  const answers = await endpoints.askAll({ method: "eth_getBlockByNumber", params: ["latest", false] });
  return answers.map((answer) => `${answer.from.label} ${keyOf(answer, "eth_getBlockByNumber")}`).join();
}

/** The hash of a block as the endpoints agree; undefined when the chain is not so long. */
export async function blockHash(endpoints: Endpoints, number: bigint): Promise<Hash | undefined> {
  const block = await agreed(endpoints, {
    method: "eth_getBlockByNumber",
    params: [`0x${number.toString(16)}`, false],
  });
  if (typeof block !== "object" || block === null || !("hash" in block)) return undefined;
  return typeof block.hash === "string" && isHash(block.hash) ? block.hash : undefined;
}
