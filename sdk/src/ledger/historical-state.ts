import { BaseError } from "viem";

/** What nodes say of state that they no longer keep, each client in its own words. */
const MISSING_STATE = [
  /missing trie node/iu,
  /\baccess to archive state\b/iu,
  /\bstate\b.*\b(?:not available|unavailable|pruned)/iu,
  /\bno state available\b/iu,
  /\bdata not available due to pruning\b/iu,
  /\barchive (?:node|data)\b/iu,
] as const;

/** Whether a node answered that it keeps no state of a block this old: not that it gave no answer, or another one. */
export function isMissingState(error: unknown): boolean {
  if (!(error instanceof BaseError)) return false;
  return MISSING_STATE.some((words) => words.test(error.details));
}
