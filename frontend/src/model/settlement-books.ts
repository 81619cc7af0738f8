import type { Address } from "viem";

import type { LedgerEvent, Position } from "@commonwatt/sdk/ledger/types";
import { type Day, day as toDay } from "@commonwatt/sdk/time";

import { decodeSettledDay, type SettledDay } from "./settled-day.ts";

/** Money of an account that moved, as the neighbourhood logged it. */
export type MoneyEntry = Position & {
  kind: "paid in" | "taken out" | "to meter" | "from meter";
  account: Address;
  meter?: number;
  amountBaseUnits: bigint;
};

type EventArgs<Name extends LedgerEvent["eventName"]> = Extract<LedgerEvent, { eventName: Name }>["args"];

/** What a meter lacked on a day it bought nothing. */
export type Shortfall = { balanceBaseUnits: bigint; neededBaseUnits: bigint };

/** What the chain says of day settlements. */
export type SettlementBooks = {
  settled: Map<Day, SettledDay>;
  /** Days announced and never settled. */
  voids: Set<Day>;
  /** By day, then meter. */
  unfunded: Map<Day, Map<number, Shortfall>>;
  /** Prepaid balances, by meter: what was moved there, less what was moved away and paid. */
  balances: Map<number, bigint>;
  /** Oldest first. */
  money: MoneyEntry[];
};

/** Movements of money kept: the last ones. */
export const KEPT_MOVEMENTS = 2_000;

export function emptySettlementBooks(): SettlementBooks {
  return { settled: new Map(), voids: new Set(), unfunded: new Map(), balances: new Map(), money: [] };
}

/** Enters an event, if it is about settlements or their money. The books are changed in place. */
export function enterSettlementEvent(books: SettlementBooks, event: LedgerEvent): void {
  const { blockNumber, logIndex, transactionHash, timestamp } = event;
  const position: Position = {
    blockNumber,
    logIndex,
    transactionHash,
    ...(timestamp === undefined ? {} : { timestamp }),
  };
  switch (event.eventName) {
    case "DaySettled":
      enterSettledDay(books, position, event.args);
      break;
    case "DayVoid":
      books.voids.add(toDay(event.args.day));
      break;
    case "MeterUnfunded": {
      const { meter, day, balanceBaseUnits, neededBaseUnits } = event.args;
      const ofDay = books.unfunded.get(toDay(day)) ?? new Map<number, Shortfall>();
      books.unfunded.set(toDay(day), ofDay.set(meter, { balanceBaseUnits, neededBaseUnits }));
      break;
    }
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
  for (const day of books.unfunded.keys()) if (day < oldest) books.unfunded.delete(day);
  for (const day of books.voids) if (day < oldest) books.voids.delete(day);
}

/** Settled days, newest first. */
export function settledDays(books: SettlementBooks): SettledDay[] {
  return [...books.settled.values()].toSorted((a, b) => b.day - a.day);
}

/** What a meter paid on its settled days, newest first; negative: was paid. */
export function paymentsOf(books: SettlementBooks, meter: number): bigint[] {
  return settledDays(books).flatMap(({ payments }) => payments.get(meter) ?? []);
}

function enterSettledDay(
  books: SettlementBooks,
  position: Position,
  { day, prices, volumesWh, payments: packed, ...args }: EventArgs<"DaySettled">,
): void {
  const { intervals, payments } = decodeSettledDay({ prices, volumesWh, payments: packed });
  const openings = new Map([...payments.keys()].map((meter) => [meter, books.balances.get(meter) ?? 0n]));
  books.settled.set(toDay(day), { ...position, ...args, day: toDay(day), intervals, payments, openings });
  for (const [meter, paid] of payments) move(books, meter, -paid);
}

function move(books: SettlementBooks, meter: number, amountBaseUnits: bigint): void {
  books.balances.set(meter, (books.balances.get(meter) ?? 0n) + amountBaseUnits);
}

function keep(books: SettlementBooks, entry: MoneyEntry): void {
  books.money.push(entry);
  if (books.money.length > KEPT_MOVEMENTS) books.money.splice(0, books.money.length - KEPT_MOVEMENTS);
}
