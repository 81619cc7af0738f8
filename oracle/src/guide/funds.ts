import { setTimeout as pause } from "node:timers/promises";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { type Address, createPublicClient, formatEther, http } from "viem";

import type { Say } from "../community/open.ts";

const LOOK_MS = 1_000;

/**
 * Waits until accounts hold ether. Says once what is to be sent where.
 *
 * @param accounts - What each is for, in words that follow "for".
 * @param minutes - How long it is waited for.
 * @throws CommonwattError naming those that are still empty.
 */
export async function waitForFunds(
  rpcUrl: string,
  accounts: readonly { address: Address; pays: string }[],
  { say, minutes }: { say: Say; minutes: number },
): Promise<void> {
  const client = createPublicClient({ transport: http(rpcUrl) });
  const deadline = Date.now() + minutes * 60_000;
  for (let looks = 0; ; looks++) {
    const balances = await Promise.all(accounts.map(({ address }) => client.getBalance({ address })));
    const empty = accounts.filter((_, index) => (balances[index] ?? 0n) === 0n);
    if (empty.length === 0) {
      for (const [index, { address }] of accounts.entries()) {
        say(`${address} holds ${formatEther(balances[index] ?? 0n)} of the chain's coin.`);
      }
      return;
    }
    const list = empty.map(({ address, pays }) => `  ${address}  ${pays}`).join("\n");
    if (looks === 0) say(`Send some of the chain's coin to these accounts; waiting for it:\n${list}`);
    if (Date.now() > deadline) {
      throw new CommonwattError(`After ${minutes} minutes these accounts are still empty:\n${list}\nRun it again then`);
    }
    await pause(LOOK_MS);
  }
}
