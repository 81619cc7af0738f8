import type { Endpoint } from "./endpoint.ts";

/** Why an endpoint is not used while a better one is there. */
export type Fault = "wrong-chain" | "failing" | "behind" | "stalled";

export type Limits = {
  chainId: number;
  /** Blocks that an endpoint may be behind the best. */
  behindBlocks: number;
  /** An endpoint whose latest block stays the same for so long, while another's is later, does not follow the chain. */
  stalledMs: number;
};

type Known = Pick<Endpoint, "chainId" | "head" | "headSinceMs" | "left">;

/**
 * What is wrong with an endpoint, compared with the others.
 *
 * One endpoint's word about the newest block is not enough to leave the others: of three or more the second highest block
 * counts as the best. Of two, nobody can say which one is right, and the higher one is followed.
 */
export function faultOf(endpoint: Known, all: readonly Known[], limits: Limits, nowMs: number): Fault | undefined {
  if (endpoint.chainId !== undefined && endpoint.chainId !== limits.chainId) return "wrong-chain";
  if (endpoint.left) return "failing";
  if (endpoint.head === undefined) return undefined;
  const heads = all.flatMap((one) => (one.chainId === limits.chainId && !one.left ? (one.head ?? []) : []));
  const best = bestOf(heads);
  if (best - endpoint.head > limits.behindBlocks) return "behind";
  if (best > endpoint.head && nowMs - endpoint.headSinceMs > limits.stalledMs) return "stalled";
  return undefined;
}

function bestOf(heads: readonly number[]): number {
  const falling = heads.toSorted((a, b) => b - a);
  return (falling.length > 2 ? falling[1] : falling[0]) ?? 0;
}
