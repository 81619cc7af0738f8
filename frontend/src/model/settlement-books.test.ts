import { describe, expect, it } from "vitest";

import type { LedgerEvent } from "@commonwatt/sdk/ledger/types";
import { type Day, day } from "@commonwatt/sdk/time";

import { booksOf, chunk, DAY, SELLER, position, profileEntry, series } from "../testing/chunk.ts";
import { settlementEntry, settlementMeter } from "../testing/market.ts";
import { KEPT_DAYS } from "./books.ts";
import {
  emptySettlementBooks,
  enterSettlement,
  KEPT_MOVEMENTS,
  paymentsOf,
  settledDays,
  sharedDays,
} from "./settlement-books.ts";

const METERS = [settlementMeter(1, { exports: { 40: 900 } }), settlementMeter(2, { imports: { 40: 400 } })];

/** A chunk in which a day is settled. */
function settling(of: Day): Parameters<typeof chunk>[0] {
  const entry = settlementEntry(METERS, of);
  const { transactionHash, blockNumber, logIndex, settler, clearedWh, treasuryBaseUnits } = entry;
  const args = {
    day: of,
    settler,
    clearedWh,
    treasuryBaseUnits,
    prices: "0x",
    volumesWh: "0x",
    payments: "0x",
  } as const;
  const at = { transactionHash, blockNumber, logIndex };
  return { settlements: [entry], events: [{ ...at, contract: "neighbourhood", eventName: "DaySettled", args }] };
}

function deposited(amountBaseUnits: bigint): LedgerEvent {
  const args = { account: SELLER, payer: SELLER, amountBaseUnits };
  return { ...position(), contract: "neighbourhood", eventName: "Deposited", args };
}

describe("the books of settlements", () => {
  it("hold each settled day and what every meter paid, newest first", () => {
    const { settlement } = booksOf(chunk(settling(DAY)), chunk(settling(day(DAY + 1))));
    expect(settledDays(settlement).map((entry) => entry.day)).toEqual([DAY + 1, DAY]);
    expect(paymentsOf(settlement, 2)).toEqual([64_000n, 64_000n]);
    expect(paymentsOf(settlement, 1)).toEqual([-59_999n, -59_999n]);
    expect(paymentsOf(settlement, 3)).toEqual([]);
  });

  it("know what each meter had before a day was settled, by what was moved and paid until then", () => {
    const funded: LedgerEvent = {
      ...position(),
      contract: "neighbourhood",
      eventName: "MeterFunded",
      args: { meter: 2, account: SELLER, amountBaseUnits: 100_000n },
    };
    const { settlement } = booksOf(chunk({ events: [funded] }), chunk(settling(DAY)), chunk(settling(day(DAY + 1))));
    expect(settlement.settled.get(DAY)?.openings.get(2)).toBe(100_000n);
    expect(settlement.settled.get(day(DAY + 1))?.openings).toEqual(
      new Map([
        [1, 59_999n],
        [2, 36_000n],
      ]),
    );
    expect(settlement.balances.get(2)).toBe(-28_000n);
  });

  it("tell days with meters from empty ones", () => {
    const empty = { ...settlementEntry([], DAY), payments: [] };
    const books = emptySettlementBooks();
    enterSettlement(books, empty);
    expect(settledDays(books)).toHaveLength(1);
    expect(sharedDays(books)).toEqual([]);
    enterSettlement(books, settlementEntry(METERS, day(DAY + 1)));
    expect(sharedDays(books).map((entry) => entry.day)).toEqual([DAY + 1]);
  });

  it("hold which days are void", () => {
    const { settlement } = booksOf(
      chunk({
        events: [{ ...position(), contract: "neighbourhood", eventName: "DayVoid", args: { day: DAY + 1 } }],
      }),
    );
    expect(settlement.voids.has(day(DAY + 1))).toBe(true);
  });

  it("keep a bounded number of money movements: the last ones", () => {
    const events = Array.from({ length: KEPT_MOVEMENTS + 3 }, (_, index) => deposited(BigInt(index)));
    const { money } = booksOf(chunk({ events })).settlement;
    expect(money).toHaveLength(KEPT_MOVEMENTS);
    expect(money[0]?.amountBaseUnits).toBe(3n);
    expect(money.at(-1)).toMatchObject({ kind: "paid in", account: SELLER });
  });

  it("forget days long past, also where nothing is recorded by hand", () => {
    const chunks = Array.from({ length: KEPT_DAYS + 5 }, (_, index) => chunk(settling(day(DAY + index))));
    const { settled } = booksOf(...chunks).settlement;
    expect(settled.size).toBe(KEPT_DAYS);
    expect(settled.has(DAY)).toBe(false);
  });

  it("know no register of a meter that begins to share: only its settlements move it on", () => {
    const recorded = chunk({ profiles: [profileEntry(1, DAY, series({ 1: 5 }), series({}))] });
    expect(booksOf(recorded).registers.has(1)).toBe(true);
    const args = { meter: 1, effectiveDay: DAY + 1, sharing: true, community: true, askTicks: 0, bidTicks: 0 };
    const applied: LedgerEvent = { ...position(), contract: "neighbourhood", eventName: "SettingsApplied", args };
    expect(booksOf(recorded, chunk({ events: [applied] })).registers.has(1)).toBe(false);
  });
});
