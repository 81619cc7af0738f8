import type { Address } from "viem";

import type { LedgerEvent, Position, SettlementEntry } from "@commonwatt/sdk/ledger/types";
import { type Day, day as toDay } from "@commonwatt/sdk/time";

import type { SettledDay } from "./settled-day.ts";

/** Money of an account that moved, as the neighbourhood logged it. */
export type MoneyEntry = Position & {
  kind: "paid in" | "taken out" | "to meter" | "from meter";
  account: Address;
  meter?: number;
  amountBaseUnits: bigint;
};

/** What the chain says of day settlements. */
export type SettlementBooks = {
  settled: Map<Day, SettledDay>;
  /** Days announced and never settled. */
  voids: Set<Day>;
  /** Prepaid balances, by meter: what was moved there, less what was moved away and paid. */
  balances: Map<number, bigint>;
  /** Oldest first. */
  money: MoneyEntry[];
};

/** Movements of money kept: the last ones. */
export const KEPT_MOVEMENTS = 2_000;

export function emptySettlementBooks(): SettlementBooks {
  return { settled: new Map(), voids: new Set(), balances: new Map(), money: [] };
}

/** Enters a settled day, at its place between the movements of money. */
export function enterSettlement(books: SettlementBooks, entry: SettlementEntry): void {
  const paid = new Map(entry.payments.map(({ meter, baseUnits }) => [meter, baseUnits]));
  const openings = new Map([...paid.keys()].map((meter) => [meter, books.balances.get(meter) ?? 0n]));
  books.settled.set(entry.day, { ...entry, paid, openings });
  for (const [meter, baseUnits] of paid) move(books, meter, -baseUnits);
}

/** Enters an event, if it is about void days or money. The books are changed in place. */
export function enterSettlementEvent(books: SettlementBooks, event: LedgerEvent): void {
  const { blockNumber, logIndex, transactionHash, timestamp } = event;
  const position: Position = {
    blockNumber,
    logIndex,
    transactionHash,
    ...(timestamp === undefined ? {} : { timestamp }),
  };
  switch (event.eventName) {
    case "DayVoid":
      books.voids.add(toDay(event.args.day));
      break;
    case "Deposited":
      keep(books, { ...position, kind: "paid in", ...event.args });
      break;
    case "Withdrawn":
      keep(books, { ...position, kind: "taken out", ...event.args });
      break;
    case "MeterFunded":
      keep(books, { ...position, kind: "to meter", ...event.args });
      move(books, event.args.meter, event.args.amountBaseUnits);
      break;
    case "MeterDefunded":
      keep(books, { ...position, kind: "from meter", ...event.args });
      move(books, event.args.meter, -event.args.amountBaseUnits);
      break;
    default:
  }
}

/** Drops the days before `oldest`. */
export function dropSettlementsBefore(books: SettlementBooks, oldest: Day): void {
  for (const day of books.settled.keys()) if (day < oldest) books.settled.delete(day);
  for (const day of books.voids) if (day < oldest) books.voids.delete(day);
}

/** Settled days, newest first. */
export function settledDays(books: SettlementBooks): SettledDay[] {
  return [...books.settled.values()].toSorted((a, b) => b.day - a.day);
}

/** Settled days in which any meter took part, newest first: a street's first day is settled before there is a meter. */
export function sharedDays(books: SettlementBooks): SettledDay[] {
  return settledDays(books).filter(({ paid }) => paid.size > 0);
}

/** What a meter paid on its settled days, newest first; negative: was paid. */
export function paymentsOf(books: SettlementBooks, meter: number): bigint[] {
  return settledDays(books).flatMap(({ paid }) => paid.get(meter) ?? []);
}

function move(books: SettlementBooks, meter: number, amountBaseUnits: bigint): void {
  books.balances.set(meter, (books.balances.get(meter) ?? 0n) + amountBaseUnits);
}

function keep(books: SettlementBooks, entry: MoneyEntry): void {
  books.money.push(entry);
  if (books.money.length > KEPT_MOVEMENTS) books.money.splice(0, books.money.length - KEPT_MOVEMENTS);
}
