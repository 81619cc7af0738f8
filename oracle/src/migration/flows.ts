import type { Address } from "viem";

import { eventsOf } from "../community/look.ts";
import type { Community } from "../community/open.ts";

/** Money that crossed the border of a neighbourhood's contract, by its events. Base units. */
export type Flows = {
  /** By account. */
  deposited: Map<Address, bigint>;
  withdrawn: Map<Address, bigint>;
  /** From the treasury. */
  collected: bigint;
};

/** What came in and went out from a block on, inclusive, up to another. */
export async function flowsOf(community: Community, fromBlock: bigint, toBlock: bigint): Promise<Flows> {
  const flows: Flows = { deposited: new Map(), withdrawn: new Map(), collected: 0n };
  const add = (sums: Map<Address, bigint>, account: Address, amount: bigint) =>
    sums.set(account, (sums.get(account) ?? 0n) + amount);
  for (const event of await eventsOf(community, ["Deposited", "Withdrawn", "TreasuryCollected"], toBlock)) {
    if (event.blockNumber < fromBlock) continue;
    const { args } = event;
    if (event.eventName === "TreasuryCollected") flows.collected += args.amountBaseUnits;
    else
      add(
        event.eventName === "Deposited" ? flows.deposited : flows.withdrawn,
        event.args.account,
        args.amountBaseUnits,
      );
  }
  return flows;
}

/** What must be there after these flows, if nothing was there before them. */
export function netOf({ deposited, withdrawn, collected }: Flows): bigint {
  return sumOf(deposited.values()) - sumOf(withdrawn.values()) - collected;
}

export function sumOf(amounts: Iterable<bigint>): bigint {
  let sum = 0n;
  for (const amount of amounts) sum += amount;
  return sum;
}
