import { dayOf, dayStart } from "@commonwatt/sdk/time";
import { BaseError, type Hex, NonceTooLowError, parseEther } from "viem";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";

import { createReader, createWriter } from "../src/chain/clients.ts";
import { createSender } from "../src/chain/sender.ts";
import { type LocalChain, startLocalChain } from "./support/local-chain.ts";

const START = dayStart(dayOf(1_780_000_000));
const SUBMITTER: Hex = `0x${"5".repeat(64)}`;
const TIMEOUT_SECONDS = 1;
/** A call that everybody may make and that always succeeds: there is no meter to apply anything of. */
const CALL = { functionName: "applyChanges", args: [[]] };

let chain: LocalChain;
let nowMs = 0;

beforeAll(async () => {
  chain = await startLocalChain(START);
  await chain.client.setBalance({ address: address(), value: parseEther("10") });
}, 120_000);
afterAll(() => chain.close());
// The sender waits for blocks, which come when a test says so.
beforeEach(() => chain.client.setAutomine(false));

const clients = () => {
  const at = { rpcUrl: chain.rpcUrl, chainId: chain.deployment.chainId };
  return { reader: createReader(at), writer: createWriter({ ...at, privateKey: SUBMITTER }) };
};
const address = () => clients().writer.account.address;
const senderOf = (confirmations: number, receiptTimeoutSeconds = TIMEOUT_SECONDS) =>
  createSender(clients(), { ...chain.deployment, confirmations, receiptTimeoutSeconds, nowMs: () => nowMs });

/** The submitter's transactions that wait for a block. */
async function waiting() {
  const block = await chain.client.getBlock({ blockTag: "pending", includeTransactions: true });
  return block.transactions.filter(({ from }) => from.toLowerCase() === address().toLowerCase());
}

async function nonceOf(sender: ReturnType<typeof senderOf>): Promise<number> {
  const nonce = await sender.nextNonce();
  if (nonce === undefined) throw new Error("a transaction is under way");
  return nonce;
}

test("a transaction that is not mined is waited for, then replaced at a higher fee, and happens once", async () => {
  const sender = senderOf(1);
  const nonce = await nonceOf(sender);
  expect(await sender.send(CALL, nonce)).toBeUndefined();
  const [first] = await waiting();
  expect(await sender.nextNonce()).toBeUndefined();
  nowMs += TIMEOUT_SECONDS * 1000 - 1;
  expect(await sender.nextNonce()).toBeUndefined();
  nowMs += 1;
  expect(await sender.nextNonce()).toBe(nonce);
  expect(await sender.send(CALL, nonce)).toBeUndefined();
  const [second, ...others] = await waiting();
  expect(others).toEqual([]);
  expect(second?.nonce).toBe(nonce);
  expect(second?.hash).not.toBe(first?.hash);
  expect(second?.maxFeePerGas).toBeGreaterThan(first?.maxFeePerGas ?? 0n);
  await chain.client.mine({ blocks: 1 });
  expect(await sender.nextNonce()).toBe(nonce + 1);
});

test("a nonce that was mined meanwhile is refused: nothing is done twice", async () => {
  const sender = senderOf(1);
  const nonce = await nonceOf(sender);
  await sender.send(CALL, nonce);
  await chain.client.mine({ blocks: 1 });
  const refused = await sender.send(CALL, nonce).catch((error: unknown) => error);
  expect(refused instanceof BaseError && refused.walk((cause) => cause instanceof NonceTooLowError)).toBeTruthy();
  expect(await waiting()).toEqual([]);
});

test("a receipt counts when its confirmations are there", async () => {
  const sender = senderOf(3, 30);
  const sent = sender.send(CALL, await nonceOf(sender));
  await expect.poll(async () => (await waiting()).length, { timeout: 10_000 }).toBe(1);
  await chain.client.mine({ blocks: 3 });
  expect(await sent).toMatchObject({ status: "success" });
});

test("a receipt does not count one block before, and its nonce is spent all the same", async () => {
  const sender = senderOf(3);
  const nonce = await nonceOf(sender);
  const sent = sender.send(CALL, nonce);
  await expect.poll(async () => (await waiting()).length, { timeout: 10_000 }).toBe(1);
  await chain.client.mine({ blocks: 2 });
  expect(await sent).toBeUndefined();
  expect(await sender.nextNonce()).toBe(nonce + 1);
});
