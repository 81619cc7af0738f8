import { RpcRequestError } from "viem";
import { expect, test } from "vitest";

import type { Answer } from "../endpoints/endpoints.ts";
import { bestReply, readReply } from "./reply.ts";

const from = {} as Answer["from"];
const refusal = (message: string): Answer => ({
  from,
  error: new RpcRequestError({ body: {}, error: { code: -32_000, message }, url: "" }),
});

/** As Geth, Erigon, Nethermind, Besu, Reth, Anvil and Hardhat word them. */
test.each([
  ["already known", "known"],
  ["AlreadyKnown", "known"],
  ["Known transaction", "known"],
  ["transaction already imported", "known"],
  ["nonce too low: next nonce 5, tx nonce 4", "nonce-too-low"],
  ["OldNonce", "nonce-too-low"],
  ["Nonce too low. Expected nonce to be 5 but got 4.", "nonce-too-low"],
  [
    "Nonce too high. Expected nonce to be 0 but got 5. Note that transactions can't be queued when automining.",
    "nonce-too-high",
  ],
  ["replacement transaction underpriced", "underpriced"],
  ["Replacement transaction too low fee", "underpriced"],
  ["FeeTooLowToCompete", "underpriced"],
  ["transaction underpriced", "fee-too-low"],
  ["max fee per gas less than block base fee: address 0x0, maxFeePerGas: 1, baseFee: 7", "fee-too-low"],
  ["insufficient funds for gas * price + value: balance 0, tx cost 5, overshot 5", "underfunded"],
  ["Sender doesn't have enough funds to send tx. The max upfront cost is: 5", "underfunded"],
  ["Upfront cost exceeds account balance", "underfunded"],
  ["intrinsic gas too low", "invalid"],
  ["exceeds block gas limit", "invalid"],
  ["txpool is full", "refused"],
])("a node that says %s means %s", (message, verdict) => {
  expect(readReply(refusal(message)).verdict).toBe(verdict);
});

test("one node that takes a transaction is enough, and one that does not refuse it for good keeps it alive", () => {
  const taken: Answer = { from, result: "0x" };
  const verdictOf = (...answers: Answer[]) => bestReply(answers.map(readReply)).verdict;
  expect(verdictOf(refusal("nonce too low"), taken)).toBe("taken");
  expect(verdictOf(refusal("intrinsic gas too low"), refusal("nonce too low"))).toBe("nonce-too-low");
  expect(verdictOf(refusal("intrinsic gas too low"), refusal("intrinsic gas too low"))).toBe("invalid");
});
