import type { Address } from "viem";

import type { Endpoints } from "../endpoints/endpoints.ts";

/** Unix milliseconds; something that was seen, and since when. */
type Sighting = { what: string; sinceMs: number };

/**
 * What contradicts the oracle's own records counts only when it is still so after this long: endpoints behind one address
 * are not always at the same block, and one that lies for a moment changes nothing.
 */
export const PATIENCE_MS = 10_000;

/** How many transactions of an account are mined, as the endpoints say. */
export type Counts = readonly number[];

/**
 * Asks every endpoint that is good to be asked how many transactions of an account are in the chain.
 *
 * @throws EndpointError when none answers.
 */
export async function askCounts(endpoints: Endpoints, account: Address): Promise<Counts> {
  const answers = await endpoints.askAll({ method: "eth_getTransactionCount", params: [account, "latest"] });
  const counts = answers.flatMap((answer) => ("result" in answer ? [Number(answer.result)] : []));
  const valid = counts.filter((count) => Number.isSafeInteger(count) && count >= 0);
  if (valid.length === 0) throw new Error("no RPC endpoint says how many transactions the account has");
  return valid.toSorted((a, b) => a - b);
}

/** Whether so many have been mined, that is, whether more than half of the endpoints say at least that. */
export function hasReached(counts: Counts, count: number): boolean {
  return counts.filter((one) => one >= count).length * 2 > counts.length;
}

/** Whether fewer have been mined, as more than half of the endpoints say. */
export function isBelow(counts: Counts, count: number): boolean {
  return counts.filter((one) => one < count).length * 2 > counts.length;
}

/**
 * The nonce of the next transaction by the votes of the endpoints and of the oracle's own records, which count as one
 * more: with two endpoints, one of which lies, they decide. A single endpoint has the last word, for somebody else may have
 * used the account.
 *
 * @param own - The nonce after the last one that the oracle used, undefined when it has used none.
 * @param floor - Nonces before are known to be used.
 */
export function chooseNonce(counts: Counts, own: number | undefined, floor: number): number {
  const votes = (own === undefined || counts.length === 1 ? [...counts] : [...counts, own]).toSorted((a, b) => a - b);
  const middle = votes[(votes.length - 1) >> 1] ?? 0;
  if (middle >= floor) return middle;
  return votes.find((vote) => vote >= floor) ?? floor;
}

/** Remembers since when things are as they are. */
export function createPatience(nowMs: () => number) {
  const sightings = new Map<string, Sighting>();
  return {
    /** For how long, in milliseconds, this has been seen of a subject without a break. */
    of(subject: string, what: string): number {
      const seen = sightings.get(subject);
      if (seen?.what === what) return nowMs() - seen.sinceMs;
      sightings.set(subject, { what, sinceMs: nowMs() });
      return 0;
    },
    forget(subject: string): void {
      sightings.delete(subject);
    },
  };
}

export type Patience = ReturnType<typeof createPatience>;
