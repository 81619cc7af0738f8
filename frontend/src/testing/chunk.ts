import type { Address, Hex } from "viem";

import { meterNumber } from "@commonwatt/sdk/ids";
import type {
  EnergyLine,
  MeterEntry,
  Position,
  ProfileEntry,
  RetirementEntry,
  TradeEntry,
  TransferEntry,
} from "@commonwatt/sdk/ledger/types";
import { encodeIntervals } from "@commonwatt/sdk/profile";
import { encodeRemainingImports } from "@commonwatt/sdk/remaining-imports";
import { type Day, day, firstInterval, type Interval } from "@commonwatt/sdk/time";
import { baseUnits, ticks, wh } from "@commonwatt/sdk/units";

import { type Chunk, emptyBooks, enter, type Books } from "../model/books.ts";

/** People and contracts of the tests. */
export const SELLER: Address = "0x1111111111111111111111111111111111111111";
export const BUYER: Address = "0x2222222222222222222222222222222222222222";
export const MARKETPLACE: Address = "0x3333333333333333333333333333333333333333";
export const TOKEN: Address = "0x4444444444444444444444444444444444444444";
export const ZERO: Address = "0x0000000000000000000000000000000000000000";
export const DAY: Day = day(20_000);
/** A moment shortly after {@link DAY}. */
export const NOW = 20_001 * 86_400 + 60;
export const WINDOW_DAYS = 28;

const HASH: Hex = `0x${"ab".repeat(32)}`;
let lastIndex = 0;

export function position(): Position {
  lastIndex += 1;
  return { blockNumber: BigInt(lastIndex), logIndex: lastIndex, transactionHash: HASH };
}

/** 96 zeros but for the entries given by index. */
export function series(entries: Record<number, number>): number[] {
  return Array.from({ length: 96 }, (_, index) => entries[index] ?? 0);
}

/** The interval of a quarter-hour of {@link DAY}. */
export function at(index: number, of: Day = DAY): Interval {
  return (firstInterval(of) + index) as Interval;
}

export function meterEntry(number: number, owner: Address): MeterEntry {
  return {
    ...position(),
    meter: meterNumber(number),
    owner,
    kind: "home",
    source: "solar",
    unitWh: wh(1),
    capWh: wh(5_000),
    place: "STREET",
  };
}

export function profileEntry(
  meter: number,
  of: Day,
  imports: readonly number[],
  exports: readonly number[],
  more: Partial<ProfileEntry> = {},
): ProfileEntry {
  const importWh = wh(imports.reduce((sum, value) => sum + value, 0));
  const exportWh = wh(exports.reduce((sum, value) => sum + value, 0));
  return {
    ...position(),
    meter: meterNumber(meter),
    day: of,
    device: BUYER,
    importRegister: importWh,
    exportRegister: exportWh,
    quality: 0n,
    intervals: encodeIntervals(imports, exports),
    signature: "0x",
    unitWh: wh(1),
    importWh,
    exportWh,
    mintedWh: exportWh,
    unattributedImportWh: wh(0),
    unattributedExportWh: wh(0),
    late: false,
    deviceAtTime: { device: BUYER, custody: "gateway", keyType: "secp256k1" },
    previous: undefined,
    ...more,
  };
}

export function line(meter: number, interval: Interval, energy: number): EnergyLine {
  return { meter: meterNumber(meter), interval, wh: wh(energy) };
}

export function transferEntry(from: Address, to: Address, lines: readonly EnergyLine[]): TransferEntry {
  const kind = from === ZERO ? "mint" : to === ZERO ? "use" : "transfer";
  return { ...position(), kind, operator: from, from, to, lines };
}

export function tradeEntry(nonce: bigint, meter: number, first: Interval, energy: number, paid: bigint): TradeEntry {
  return {
    ...position(),
    seller: SELLER,
    buyer: BUYER,
    nonce,
    meter: meterNumber(meter),
    priceTicks: ticks(1_500),
    firstInterval: first,
    energyWh: wh(energy),
    paidBaseUnits: baseUnits(paid),
    chargeBaseUnits: baseUnits(0n),
    lines: [line(meter, first, energy)],
  };
}

export function retirementEntry(
  meter: number,
  of: Day,
  energy: number,
  left: readonly number[],
  lines: readonly EnergyLine[],
): RetirementEntry {
  return {
    ...position(),
    meter: meterNumber(meter),
    day: of,
    account: BUYER,
    energyWh: wh(energy),
    remainingImports: encodeRemainingImports(left),
    lines,
  };
}

/** A chunk with nothing in it but what is given. */
export function chunk(parts: Partial<Chunk>): Chunk {
  return {
    toBlock: 10n,
    windowDays: WINDOW_DAYS,
    meters: [],
    devices: [],
    profiles: [],
    skippedProfiles: [],
    transfers: [],
    trades: [],
    retirements: [],
    cancellations: [],
    rebases: [],
    settlements: [],
    lateDays: [],
    tariffs: [],
    events: [],
    ...parts,
  };
}

/** Books with these chunks entered. */
export function booksOf(...chunks: readonly Chunk[]): Books {
  return chunks.reduce(enter, emptyBooks());
}

/** The seller's permission to the marketplace, as the token logs it. */
export function approval(approved: boolean): Chunk["events"][number] {
  return {
    ...position(),
    contract: "token",
    eventName: "ApprovalForAll",
    args: { account: SELLER, operator: MARKETPLACE, approved },
  };
}
