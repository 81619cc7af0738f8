import type { Address } from "viem";

import type {
  DeviceEntry,
  LedgerEntries,
  MeterEntry,
  ProfileEntry,
  Registers,
  RetirementEntry,
  TariffEntry,
  TradeEntry,
  TransferEntry,
} from "@commonwatt/sdk/ledger/types";
import type { Custody } from "@commonwatt/sdk/meters";
import { decodeIntervals } from "@commonwatt/sdk/profile";
import { decodeRemainingImports } from "@commonwatt/sdk/remaining-imports";
import { dayEnd, type Day, dayOfInterval, type Interval, SECONDS_PER_DAY } from "@commonwatt/sdk/time";
import type { Wh } from "@commonwatt/sdk/units";

import { addressKey } from "../lib/format.ts";
import {
  dropSettlementsBefore,
  emptySettlementBooks,
  enterSettlement,
  enterSettlementEvent,
  type SettlementBooks,
} from "./settlement-books.ts";

/** All that happened to the energy of one day. A trade stands on the day of its first quarter-hour. */
export type DayBook = {
  profiles: ProfileEntry[];
  mints: TransferEntry[];
  trades: TradeEntry[];
  retirements: RetirementEntry[];
};

/** Events of the blocks right after those already entered. */
export type Chunk = LedgerEntries & { toBlock: bigint; windowDays: number };

/** Energy by interval, Wh. */
export type ByInterval = Map<Interval, Wh>;

/**
 * What the dApp knows of the chain: the events read so far, summed up. Grows with each chunk of blocks; memory is bound
 * by dropping the books of old days, never by dropping sums.
 */
export type Books = {
  /** Changes with every chunk that brought something. */
  version: number;
  /** Last block read. */
  toBlock: bigint;
  windowDays: number;
  meters: Map<number, MeterEntry>;
  /** Who keeps the key of a meter's device, as of its last profile. */
  custody: Map<number, Custody | undefined>;
  /** Every device that ever signed for a meter. */
  devices: DeviceEntry[];
  /** Every tariff that was ever queued: a settled day is checked by the one of its time. */
  tariffs: TariffEntry[];
  /** Registers of a meter after its last profile: what the next one must go on from. */
  registers: Map<number, Registers>;
  days: Map<Day, DayBook>;
  /** Holder, then exporting meter, then interval. */
  balances: Map<Address, Map<number, ByInterval>>;
  /** Import not yet covered, 96 amounts in the meter's unit, by `meterDay`. */
  remaining: Map<string, readonly number[]>;
  /** What offers with a limit have sold, by `offerKey`, and what else is known of nonces. */
  offers: OfferBooks;
  /** Operators that a holder lets move its tokens, as `holder/operator`. */
  approvals: Set<string>;
  settlement: SettlementBooks;
  totals: Totals;
};

/** Sums over everything that ever happened. */
export type Totals = {
  profiles: number;
  /** Export that devices signed in time. */
  mintedWh: bigint;
  /** As the neighbourhood reported it. */
  usedWh: bigint;
  /** Balances of days so long past that they are no longer kept. */
  forgottenWh: bigint;
  soldWh: bigint;
  paidBaseUnits: bigint;
  chargeBaseUnits: bigint;
  unattributedWh: bigint;
  /** Meter-days settled by the automatic auction, and what was shared in them. */
  settledMeterDays: number;
  sharedWh: bigint;
};

export type OfferBooks = {
  filled: Map<string, { energyWh: bigint; paidBaseUnits: bigint }>;
  cancelled: Set<string>;
  minNonce: Map<Address, bigint>;
  /** Highest nonce of a seller that the chain has seen. */
  highestNonce: Map<Address, bigint>;
};

/** Days whose single entries are kept: enough for the retirement window and a quarter's look back. */
export const KEPT_DAYS = 120;

/** A day of which nothing is known. */
export function emptyDayBook(): DayBook {
  return { profiles: [], mints: [], trades: [], retirements: [] };
}

/** Books of a chain of which nothing has been read. */
export function emptyBooks(): Books {
  return {
    version: 0,
    toBlock: -1n,
    windowDays: 0,
    meters: new Map(),
    custody: new Map(),
    devices: [],
    tariffs: [],
    registers: new Map(),
    days: new Map(),
    balances: new Map(),
    remaining: new Map(),
    offers: { filled: new Map(), cancelled: new Set(), minNonce: new Map(), highestNonce: new Map() },
    approvals: new Set(),
    settlement: emptySettlementBooks(),
    totals: {
      profiles: 0,
      mintedWh: 0n,
      usedWh: 0n,
      forgottenWh: 0n,
      soldWh: 0n,
      paidBaseUnits: 0n,
      chargeBaseUnits: 0n,
      unattributedWh: 0n,
      settledMeterDays: 0,
      sharedWh: 0n,
    },
  };
}

/** Key of a meter's day. */
export function meterDay(meter: number, day: Day): string {
  return `${meter}/${day}`;
}

/** Key of a seller's offer. */
export function offerKey(seller: Address, nonce: bigint): string {
  return `${addressKey(seller)}/${nonce}`;
}

/** Key of a holder's permission to an operator. */
export function approvalKey(holder: Address, operator: Address): string {
  return `${addressKey(holder)}/${addressKey(operator)}`;
}

/** Unix second from which tokens of a day can neither move nor be used. */
export function expiryOf(day: Day, windowDays: number): number {
  return dayEnd(day) + windowDays * SECONDS_PER_DAY;
}

/**
 * Enters a chunk of blocks. The books are changed in place and come back as a new object, so that React notices.
 *
 * @param chunk - The blocks right after `books.toBlock`.
 */
export function enter(books: Books, chunk: Chunk): Books {
  for (const meter of chunk.meters) books.meters.set(meter.meter, meter);
  books.devices.push(...chunk.devices);
  books.tariffs.push(...chunk.tariffs);
  for (const profile of chunk.profiles) enterProfile(books, profile);
  for (const { meter, after } of chunk.rebases) books.registers.set(meter, after);
  for (const transfer of chunk.transfers) enterTransfer(books, transfer);
  for (const trade of chunk.trades) enterTrade(books, trade);
  for (const retirement of chunk.retirements) {
    bookOf(books, retirement.day).retirements.push(retirement);
    books.totals.usedWh += retirement.energyWh;
    books.remaining.set(
      meterDay(retirement.meter, retirement.day),
      decodeRemainingImports(retirement.remainingImports),
    );
  }
  for (const { seller, cancelled } of chunk.cancellations) {
    if ("nonce" in cancelled) {
      books.offers.cancelled.add(offerKey(seller, cancelled.nonce));
      noteNonce(books.offers, seller, cancelled.nonce);
    } else {
      raise(books.offers.minNonce, addressKey(seller), cancelled.minNonce);
      if (cancelled.minNonce > 0n) noteNonce(books.offers, seller, cancelled.minNonce - 1n);
    }
  }
  const settlements = new Map(chunk.settlements.map((entry) => [entry.transactionHash, entry]));
  for (const event of chunk.events) {
    const settlement = event.eventName === "DaySettled" ? settlements.get(event.transactionHash) : undefined;
    if (settlement === undefined) enterSettlementEvent(books.settlement, event);
    else {
      enterSettlement(books.settlement, settlement);
      books.totals.settledMeterDays += settlement.payments.length;
      books.totals.sharedWh += settlement.clearedWh;
    }
    // A settled day moves the registers too, but only its transaction's input says how far.
    if (event.eventName === "SettingsApplied" && event.args.sharing) books.registers.delete(event.args.meter);
    if (event.eventName !== "ApprovalForAll") continue;
    const key = approvalKey(event.args.account, event.args.operator);
    if (event.args.approved) books.approvals.add(key);
    else books.approvals.delete(key);
  }
  dropOldDays(books);
  return {
    ...books,
    version: chunk.events.length > 0 ? books.version + 1 : books.version,
    toBlock: chunk.toBlock,
    windowDays: chunk.windowDays,
  };
}

function enterProfile(books: Books, recorded: ProfileEntry): void {
  // A chunk does not know the registers at its beginning; the books do.
  const profile = { ...recorded, previous: recorded.previous ?? books.registers.get(recorded.meter) };
  bookOf(books, profile.day).profiles.push(profile);
  const { importRegister, exportRegister } = profile;
  books.registers.set(profile.meter, { importRegister, exportRegister });
  if (!profile.late) books.totals.mintedWh += profile.exportWh;
  books.custody.set(profile.meter, profile.deviceAtTime?.custody);
  books.totals.profiles += 1;
  books.totals.unattributedWh += profile.unattributedImportWh + profile.unattributedExportWh;
  // The import of a late profile can never be covered.
  if (!profile.late)
    books.remaining.set(meterDay(profile.meter, profile.day), decodeIntervals(profile.intervals).imports);
}

function enterTransfer(books: Books, transfer: TransferEntry): void {
  const from = addressKey(transfer.from);
  const to = addressKey(transfer.to);
  for (const { meter, interval, wh } of transfer.lines) {
    if (transfer.kind !== "mint") move(books, from, meter, interval, -BigInt(wh));
    if (transfer.kind !== "use") move(books, to, meter, interval, wh);
  }
  const first = transfer.lines[0];
  if (transfer.kind === "mint" && first !== undefined)
    bookOf(books, dayOfInterval(first.interval)).mints.push(transfer);
}

function enterTrade(books: Books, trade: TradeEntry): void {
  bookOf(books, dayOfInterval(trade.firstInterval)).trades.push(trade);
  const key = offerKey(trade.seller, trade.nonce);
  const filled = books.offers.filled.get(key) ?? { energyWh: 0n, paidBaseUnits: 0n };
  books.offers.filled.set(key, {
    energyWh: filled.energyWh + trade.energyWh,
    paidBaseUnits: filled.paidBaseUnits + trade.paidBaseUnits,
  });
  noteNonce(books.offers, trade.seller, trade.nonce);
  books.totals.soldWh += trade.energyWh;
  books.totals.paidBaseUnits += trade.paidBaseUnits;
  books.totals.chargeBaseUnits += trade.chargeBaseUnits;
}

function bookOf(books: Books, day: Day): DayBook {
  const known = books.days.get(day);
  if (known !== undefined) return known;
  const book = emptyDayBook();
  books.days.set(day, book);
  return book;
}

function move(books: Books, holder: Address, meter: number, interval: Interval, wh: bigint): void {
  const ofHolder = books.balances.get(holder) ?? new Map<number, ByInterval>();
  books.balances.set(holder, ofHolder);
  const ofMeter = ofHolder.get(meter) ?? new Map<Interval, Wh>();
  ofHolder.set(meter, ofMeter);
  const balance = ((ofMeter.get(interval) ?? 0n) + wh) as Wh;
  if (balance === 0n) ofMeter.delete(interval);
  else ofMeter.set(interval, balance);
}

function noteNonce(offers: OfferBooks, seller: Address, nonce: bigint): void {
  raise(offers.highestNonce, addressKey(seller), nonce);
}

function raise(map: Map<Address, bigint>, key: Address, value: bigint): void {
  if (value > (map.get(key) ?? -1n)) map.set(key, value);
}

/** Drops the entries, balances and remaining imports of days long past. Their sums stay. */
function dropOldDays(books: Books): void {
  if (books.days.size <= KEPT_DAYS && books.settlement.settled.size <= KEPT_DAYS) return;
  const newest = Math.max(...books.days.keys(), ...books.settlement.settled.keys());
  const oldest = newest - KEPT_DAYS + 1;
  for (const day of books.days.keys()) if (day < oldest) books.days.delete(day);
  dropSettlementsBefore(books.settlement, oldest as Day);
  for (const key of books.remaining.keys()) if (Number(key.split("/")[1]) < oldest) books.remaining.delete(key);
  for (const ofHolder of books.balances.values()) {
    for (const ofMeter of ofHolder.values()) {
      for (const [interval, wh] of ofMeter) {
        if (dayOfInterval(interval) >= oldest) continue;
        books.totals.forgottenWh += wh;
        ofMeter.delete(interval);
      }
    }
  }
}
