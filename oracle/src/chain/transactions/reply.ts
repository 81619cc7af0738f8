import type { Answer } from "../endpoints/endpoints.ts";

/** What a node says to a transaction that is handed to it. */
export type Verdict =
  | "taken"
  /** It has the very same. */
  | "known"
  /** Its nonce is used already, by itself or by another. */
  | "nonce-too-low"
  /** Earlier nonces are missing. */
  | "nonce-too-high"
  /** It has another of this nonce, which pays as much or nearly. */
  | "underpriced"
  /** It pays less than the node takes now. */
  | "fee-too-low"
  | "underfunded"
  /** No node will ever take it. */
  | "invalid"
  | "refused";

export type Reply = { verdict: Verdict; reason: string };

/**
 * Nodes give their reasons in words, under a few codes that each of them uses its own way: Geth, Erigon, Nethermind, Besu,
 * Reth, Anvil and Hardhat are known here. The first match counts.
 */
const WORDS: readonly (readonly [Verdict, RegExp])[] = [
  ["known", /already (?:known|imported|exists)|known transaction|alreadyknown|same hash was already imported/iu],
  ["nonce-too-low", /nonce (?:is )?too low|old ?nonce|nonce has already been used/iu],
  ["nonce-too-high", /nonce (?:is )?too (?:high|far)|nonce ?gap|in the future/iu],
  [
    "underpriced",
    /replacement transaction underpriced|replacement.*(?:underpriced|too low)|fee ?too ?low ?to ?compete/iu,
  ],
  ["underfunded", /insufficient (?:funds|balance)|enough funds|doesn't have enough|upfront ?cost|overdraft/iu],
  ["fee-too-low", /underpriced|less than block base fee|base ?fee|fee ?too ?low|below (?:the )?minimum|fee cap/iu],
  [
    "invalid",
    /intrinsic gas|gas limit|oversized|too large|invalid (?:sender|signature|chain)|chain ?id|tip above|type not/iu,
  ],
];

/** How one node answered to `eth_sendRawTransaction`. */
export function readReply(answer: Answer): Reply {
  if (!("error" in answer)) return { verdict: "taken", reason: "" };
  const reason = answer.error.details.slice(0, 200);
  const verdict = WORDS.find(([, pattern]) => pattern.test(reason))?.[0] ?? "refused";
  return { verdict, reason };
}

/** From what is best to what says most about why nobody takes it. */
const ORDER: readonly Verdict[] = [
  "taken",
  "known",
  "underfunded",
  "underpriced",
  "fee-too-low",
  "nonce-too-low",
  "nonce-too-high",
  "refused",
  "invalid",
];

/** The reply that counts of several nodes': one that takes it is enough, and it is invalid only where all say so. */
export function bestReply(replies: readonly Reply[]): Reply {
  const ranked = replies.toSorted((a, b) => ORDER.indexOf(a.verdict) - ORDER.indexOf(b.verdict));
  return ranked[0] ?? { verdict: "refused", reason: "no endpoint answers" };
}
