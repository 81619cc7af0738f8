import type { Ledger } from "@commonwatt/sdk/ledger/types";
import { clearDay } from "@commonwatt/sdk/settlement/reference/day";
import type { DayClearing, SettlementMeter } from "@commonwatt/sdk/settlement/types";
import { type Day, isoDay } from "@commonwatt/sdk/time";
import type { Hex } from "viem";

import { decodePayments, type Named, type SettledMeter, type Settlement, settledMeterDays } from "./settlements.ts";

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
  const paid = settlements.flatMap(({ day, logged }) =>
    decodePayments(logged.args.payments).map(({ meter }) => `${meter} ${day}`),
  );
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
  const settings = new Map<number, Named<"SettingsApplied">["args"]>();
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
        settings.set(event.args.meter, event.args);
        break;
      case "DaySettled": {
        const settlement = settlements.find(({ logged }) => logged === event);
        if (settlement !== undefined) {
          failures.push(...settlement.meters.flatMap((settled) => wrongClass(settlement.day, settled, settings)));
          failures.push(...wrongClearing(settlement, balances, unfundedOf(events, settlement.day)));
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

function unfundedOf(events: Ledger["events"], day: Day): Named<"MeterUnfunded">["args"][] {
  return events.flatMap((event) => (event.eventName === "MeterUnfunded" && event.args.day === day ? [event.args] : []));
}

/** A meter must be settled under the limits its owner chose, and by its own device. */
function wrongClass(
  day: Day,
  { meter, device, community, askTicks, bidTicks }: SettledMeter,
  settings: ReadonlyMap<number, Named<"SettingsApplied">["args"]>,
): string[] {
  if (meter === undefined) return [`${isoDay(day)}: the device ${device} is of no meter.`];
  const chosen = settings.get(meter);
  const holds =
    chosen !== undefined &&
    chosen.sharing &&
    chosen.community === community &&
    chosen.askTicks === askTicks &&
    chosen.bidTicks === bidTicks;
  return holds ? [] : [`Meter ${meter}, ${isoDay(day)}: settled under other limits than its owner's.`];
}

function wrongClearing(
  { day, tariff, claims, meters, logged }: Settlement,
  balances: ReadonlyMap<number, bigint>,
  unfunded: readonly Named<"MeterUnfunded">["args"][],
): string[] {
  const payments = decodePayments(logged.args.payments);
  const paying = new Set(payments.map(({ meter }) => meter));
  const cleared = clearDay(
    meters.flatMap((settled) => {
      const { meter = -1, exponent, community, askTicks, bidTicks, imports, exports } = settled;
      if (!paying.has(meter)) return [];
      const balanceBaseUnits = balances.get(meter) ?? 0n;
      return [{ meter, exponent, community, askTicks, bidTicks, balanceBaseUnits, imports, exports }];
    }) satisfies SettlementMeter[],
    tariff,
  );
  const failures = mismatches(cleared, { payments, claims, unfunded, ...logged.args });
  const paidBaseUnits = payments.reduce((sum, { baseUnits }) => sum + baseUnits, 0n);
  if (paidBaseUnits !== logged.args.treasuryBaseUnits) {
    failures.push(`the payments add up to ${paidBaseUnits}, the treasury got ${logged.args.treasuryBaseUnits}`);
  }
  return failures.map((failure) => `${isoDay(day)}: ${failure}.`);
}

type Said = Pick<Settlement, "claims"> & {
  readonly payments: ReturnType<typeof decodePayments>;
  readonly unfunded: readonly Named<"MeterUnfunded">["args"][];
  readonly clearedWh: bigint;
  readonly treasuryBaseUnits: bigint;
  readonly prices: Hex;
  readonly volumesWh: Hex;
};

/** Where a clearing differs from what chain and claims say. */
function mismatches(cleared: DayClearing, said: Said): string[] {
  const failures: string[] = [];
  const compare = (what: string, found: unknown, expected: unknown): void => {
    if (found !== expected) failures.push(`${what}: ${String(found)}, expected ${String(expected)}`);
  };
  compare("energy shared, Wh", said.clearedWh, cleared.clearedWh);
  compare("treasury, base units", said.treasuryBaseUnits, cleared.treasuryBaseUnits);
  for (const [index, { meter, baseUnits }] of cleared.payments.entries()) {
    compare(`payment ${index} is of meter`, said.payments[index]?.meter, meter);
    compare(`payment of meter ${meter}, base units`, said.payments[index]?.baseUnits, baseUnits);
  }
  compare(
    "unfunded meters",
    said.unfunded.map(({ meter }) => meter).join(),
    cleared.unfunded.map(({ meter }) => meter).join(),
  );
  for (const [index, { lowTicks, highTicks, volumeWh }] of cleared.intervals.entries()) {
    compare(`volume of interval ${index}, Wh`, uint(said.volumesWh, index, 4), Number(volumeWh));
    // Without trade any witness is as good as another.
    if (volumeWh === 0n) continue;
    compare(`lowest price of interval ${index}`, uint(said.prices, 2 * index, 2), lowTicks);
    compare(`highest price of interval ${index}`, uint(said.prices, 2 * index + 1, 2), highTicks);
    compare(`claimed lowest price of interval ${index}`, said.claims[index]?.lowTicks, lowTicks);
  }
  return failures;
}

/** The `index`-th big-endian number of `bytes` bytes. */
function uint(packed: Hex, index: number, bytes: number): number {
  return Number(`0x${packed.slice(2 + index * bytes * 2, 2 + (index + 1) * bytes * 2)}`);
}
