import type { Address } from "viem";

import type { Community } from "../community/open.ts";
import { money } from "../community/money.ts";
import { flowsOf, netOf, sumOf } from "./flows.ts";
import { firstClosing } from "./history.ts";
import { carried } from "./plan.ts";
import { prepaidOf, type Survey } from "./survey.ts";

/** Where one owner's money is. Base units. */
export type AccountReport = {
  account: Address;
  /** Theirs on the old contract when the first meter left it. */
  before: bigint;
  /** Of that still there, in the account and prepaid for meters. */
  left: bigint;
  /** Taken out since. */
  withdrawn: bigint;
  /** Paid into the new contract. */
  arrived: bigint;
  /** Theirs on the new contract now. */
  now: bigint;
  /** Taken out and not paid in there: in their own hands. */
  inHand: bigint;
};

export type MoneyReport = {
  accounts: AccountReport[];
  /** On the old contract when the first meter left it. */
  before: bigint;
  /** before = oldNow + withdrawn + collected - paidInSince. */
  oldNow: bigint;
  withdrawn: bigint;
  collected: bigint;
  paidInSince: bigint;
  newNow: bigint;
  oldTreasury: bigint;
};

type Parts = { from: Community; to: Community; old: Survey; target: Survey };

/** Follows every base unit from the old contract to the new one. */
export async function checkMoney(
  { from, to, old, target }: Parts,
  faults: string[],
  open: string[],
): Promise<MoneyReport> {
  const meters = new Set(carried(old, target).map(({ meter }) => meter));
  const cut = (await firstClosing(from, meters)) ?? old.blockNumber + 1n;
  const [earlier, since] = [await flowsOf(from, 0n, cut - 1n), await flowsOf(from, cut, old.blockNumber)];
  const there = await flowsOf(to, 0n, target.blockNumber);

  checkHeld("old", old, netOf(earlier) + netOf(since), faults);
  checkHeld("new", target, netOf(there), faults);

  const owners = new Set([...owned(old).keys(), ...since.withdrawn.keys(), ...there.deposited.keys()]);
  const [left, now] = [owned(old), owned(target)];
  const accounts = [...owners].map((account): AccountReport => {
    const [withdrawn, arrived] = [since.withdrawn.get(account) ?? 0n, there.deposited.get(account) ?? 0n];
    const remaining = left.get(account) ?? 0n;
    const before = remaining + withdrawn - (since.deposited.get(account) ?? 0n);
    const inHand = withdrawn > arrived ? withdrawn - arrived : 0n;
    return { account, before, left: remaining, withdrawn, arrived, now: now.get(account) ?? 0n, inHand };
  });
  for (const { account, left: remaining, inHand } of accounts) {
    if (remaining > 0n)
      open.push(`${account} has ${money(remaining)} on the old contract, and has signed nothing that moves it`);
    if (inHand > 0n)
      open.push(`${account} has taken ${money(inHand)} out and not paid it in again: it is in its owner's hands`);
  }
  if (old.treasuryBaseUnits > 0n) {
    open.push(
      `${money(old.treasuryBaseUnits)} are in the old treasury: the treasurer collects them with collectTreasury`,
    );
  }
  if (old.chargesBaseUnits > 0n) {
    open.push(
      `${money(old.chargesBaseUnits)} are with the old marketplace: the treasurer collects them with collectNetworkCharges`,
    );
  }
  const report: MoneyReport = {
    accounts,
    before: netOf(earlier),
    oldNow: old.heldBaseUnits,
    withdrawn: sumOf(since.withdrawn.values()),
    collected: since.collected,
    paidInSince: sumOf(since.deposited.values()),
    newNow: target.heldBaseUnits,
    oldTreasury: old.treasuryBaseUnits,
  };
  const after = report.oldNow + report.withdrawn + report.collected - report.paidInSince;
  if (after !== report.before) {
    faults.push(`The old contract held ${report.before} base units at the cut, and ${after} are found`);
  }
  return report;
}

/** What the contract counts must be the sum of what is everybody's, what came in less what went out, and really there. */
function checkHeld(which: "old" | "new", survey: Survey, byFlows: bigint, faults: string[]): void {
  const { heldBaseUnits, treasuryBaseUnits, currencyBaseUnits } = survey;
  const parts = sumOf(owned(survey).values()) + treasuryBaseUnits;
  if (parts !== heldBaseUnits) {
    faults.push(
      `The ${which} contract holds ${heldBaseUnits} base units, its accounts, meters and treasury are ${parts}`,
    );
  }
  if (byFlows !== heldBaseUnits) {
    faults.push(
      `The ${which} contract holds ${heldBaseUnits} base units, what came in less what went out is ${byFlows}`,
    );
  }
  if (currencyBaseUnits < heldBaseUnits) {
    faults.push(
      `The ${which} contract counts ${heldBaseUnits} base units and has ${currencyBaseUnits} of the currency`,
    );
  }
}

/** Everybody's money on a contract: accounts and prepaid balances. */
function owned({ accounts, meters }: Survey): Map<Address, bigint> {
  const sums = new Map(accounts);
  for (const meter of meters) {
    const prepaid = prepaidOf(meter);
    if (prepaid > 0n) sums.set(meter.owner, (sums.get(meter.owner) ?? 0n) + prepaid);
  }
  return sums;
}
