import type { Ledger, Named } from "@commonwatt/sdk/ledger/types";
import { decodePayments } from "@commonwatt/sdk/settlement/logged";
import { verifySettlement } from "@commonwatt/sdk/settlement/verify";
import { type Day, isoDay } from "@commonwatt/sdk/time";

import { type Settlement, settledMeterDays } from "./settlements.ts";

/** What the chain holds at the end, base units. */
export type MoneyHeld = {
  /** By the neighbourhood's own count. */
  readonly heldBaseUnits: bigint;
  readonly treasuryBaseUnits: bigint;
  /** By the currency's. */
  readonly currencyBaseUnits: bigint;
};

export type SettlementAudit = {
  readonly ledger: Pick<Ledger, "events">;
  readonly settlements: readonly Settlement[];
  /** The meter-days that were measured and shared. */
  readonly expected: readonly { readonly meter: number; readonly day: Day }[];
  readonly money: MoneyHeld;
};

/**
 * Checks the settled days of a run: each is cleared again by the plain reference, out of the profiles in the settlement's
 * input and the balances that the events add up to, and the money must add up to the base unit.
 *
 * @returns Everything that is wrong, one sentence each; empty if all is well.
 */
export function auditSettlements({ ledger, settlements, expected, money }: SettlementAudit): string[] {
  return [
    ...missingMeterDays(settlements, expected),
    ...settledMeterDays(settlements, ledger)
      .filter(({ unattributedWh }) => unattributedWh < 0n)
      .map(({ meter, day }) => `Meter ${meter}, ${isoDay(day)}: its intervals hold more than its registers grew.`),
    ...replay(ledger, settlements, money),
  ];
}

function missingMeterDays(settlements: readonly Settlement[], expected: SettlementAudit["expected"]): string[] {
  const paid = settlements.flatMap(({ day, payments }) => payments.map(({ meter }) => `${meter} ${day}`));
  const counts = new Map<string, number>();
  for (const key of paid) counts.set(key, (counts.get(key) ?? 0) + 1);
  return expected.flatMap(({ meter, day }) => {
    const found = counts.get(`${meter} ${day}`) ?? 0;
    return found === 1 ? [] : [`Meter ${meter} is in ${found} settlements of ${isoDay(day)}, expected 1.`];
  });
}

/** Follows the money through the events, and clears every settled day again where it comes by. */
function replay({ events }: Pick<Ledger, "events">, settlements: readonly Settlement[], money: MoneyHeld): string[] {
  const failures: string[] = [];
  const balances = new Map<number, bigint>();
  const settings = new Map<number, AppliedSettings[]>();
  let heldBaseUnits = 0n;
  let accountsBaseUnits = 0n;
  let treasuryBaseUnits = 0n;
  const addToMeter = (meter: number, baseUnits: bigint): void => {
    balances.set(meter, (balances.get(meter) ?? 0n) + baseUnits);
  };
  for (const event of events) {
    switch (event.eventName) {
      case "Deposited":
        heldBaseUnits += event.args.amountBaseUnits;
        accountsBaseUnits += event.args.amountBaseUnits;
        break;
      case "Withdrawn":
        heldBaseUnits -= event.args.amountBaseUnits;
        accountsBaseUnits -= event.args.amountBaseUnits;
        break;
      case "TreasuryCollected":
        heldBaseUnits -= event.args.amountBaseUnits;
        treasuryBaseUnits -= event.args.amountBaseUnits;
        break;
      case "MeterFunded":
        accountsBaseUnits -= event.args.amountBaseUnits;
        addToMeter(event.args.meter, event.args.amountBaseUnits);
        break;
      case "MeterDefunded":
        accountsBaseUnits += event.args.amountBaseUnits;
        addToMeter(event.args.meter, -event.args.amountBaseUnits);
        break;
      case "SettingsApplied":
        settings.set(event.args.meter, [...(settings.get(event.args.meter) ?? []), event.args]);
        break;
      case "DaySettled": {
        const settlement = settlements.find(({ transactionHash }) => transactionHash === event.transactionHash);
        if (settlement !== undefined) {
          failures.push(...settlement.profiles.flatMap((settled) => wrongClass(settlement.day, settled, settings)));
          failures.push(...wrongClearing(settlement, balances));
        }
        for (const { meter, baseUnits } of decodePayments(event.args.payments)) addToMeter(meter, -baseUnits);
        treasuryBaseUnits += event.args.treasuryBaseUnits;
        break;
      }
    }
  }
  const metersBaseUnits = [...balances.values()].reduce((sum, balance) => sum + balance, 0n);
  for (const [meter, balance] of balances)
    if (balance < 0n) failures.push(`Meter ${meter} owes ${-balance} base units.`);
  const sums: [string, bigint, bigint][] = [
    ["Deposits less withdrawals", heldBaseUnits, money.heldBaseUnits],
    ["Accounts, meters and treasury", accountsBaseUnits + metersBaseUnits + treasuryBaseUnits, money.heldBaseUnits],
    ["The treasury", treasuryBaseUnits, money.treasuryBaseUnits],
    ["The neighbourhood's own currency", money.currencyBaseUnits, money.heldBaseUnits],
  ];
  for (const [what, found, expected] of sums) {
    if (found !== expected) failures.push(`${what}: ${found} base units, expected ${expected}.`);
  }
  return failures;
}

type AppliedSettings = Named<"SettingsApplied">["args"];

/**
 * A meter must be settled under the limits its owner chose for that day. The settlement of a day also applies what counts
 * from the next one on.
 */
function wrongClass(
  day: Day,
  { meter, community, askTicks, bidTicks }: Settlement["profiles"][number],
  settings: ReadonlyMap<number, readonly AppliedSettings[]>,
): string[] {
  const chosen = settings.get(meter)?.findLast(({ effectiveDay }) => effectiveDay <= day);
  const holds =
    chosen !== undefined &&
    chosen.sharing &&
    chosen.community === community &&
    chosen.askTicks === askTicks &&
    chosen.bidTicks === bidTicks;
  return holds ? [] : [`Meter ${meter}, ${isoDay(day)}: settled under other limits than its owner's.`];
}

function wrongClearing(settlement: Settlement, balances: ReadonlyMap<number, bigint>): string[] {
  const { day, payments, treasuryBaseUnits } = settlement;
  const meters = settlement.meters.map((of) => ({ ...of, balanceBaseUnits: balances.get(of.meter) ?? 0n }));
  const problems = verifySettlement({ ...settlement, meters });
  const paidBaseUnits = payments.reduce((sum, { baseUnits }) => sum + baseUnits, 0n);
  if (paidBaseUnits !== treasuryBaseUnits) {
    problems.push(`The payments add up to ${paidBaseUnits} base units, the treasury got ${treasuryBaseUnits}.`);
  }
  return problems.map((problem) => `${isoDay(day)}: ${problem}`);
}
