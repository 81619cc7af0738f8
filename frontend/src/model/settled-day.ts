import type { Address } from "viem";

import type { Position } from "@commonwatt/sdk/ledger/types";
import { decodeOutcome, decodePayments, type PackedOutcome } from "@commonwatt/sdk/settlement/logged";
import type { Day } from "@commonwatt/sdk/time";

/** The outcome of one quarter-hour: without trade the price is 0 and means nothing. */
export type SettledInterval = { lowTicks: number; highTicks: number; priceTicks: number; volumeWh: number };

/** A day as the contract logged its settlement. The profiles are in the transaction's input. */
export type SettledDay = Position & {
  day: Day;
  settler: Address;
  clearedWh: bigint;
  /** Network charges, and what rounding left. */
  treasuryBaseUnits: bigint;
  /** 96 entries. */
  intervals: readonly SettledInterval[];
  /** What each settled meter paid; negative: was paid. In the order of the batch. */
  payments: ReadonlyMap<number, bigint>;
  /** Prepaid balance of each settled meter before, by all that was logged until then. */
  openings: ReadonlyMap<number, bigint>;
};

/** Reads the packed parts of a `DaySettled` event. @throws InvalidValueError when a part has another length. */
export function decodeSettledDay(packed: PackedOutcome): Pick<SettledDay, "intervals" | "payments"> {
  return {
    intervals: decodeOutcome(packed).map((interval) => ({ ...interval, volumeWh: Number(interval.volumeWh) })),
    payments: new Map(decodePayments(packed.payments).map(({ meter, baseUnits }) => [meter, baseUnits])),
  };
}

/** Price of the day weighted by what was sold, ticks, rounded to the nearest; undefined where nothing was. */
export function averagePriceTicks(intervals: readonly SettledInterval[]): number | undefined {
  const soldWh = intervals.reduce((sum, { volumeWh }) => sum + volumeWh, 0);
  if (soldWh === 0) return undefined;
  return Math.round(intervals.reduce((sum, { volumeWh, priceTicks }) => sum + volumeWh * priceTicks, 0) / soldWh);
}

/** Lowest and highest price at which something was sold; undefined where nothing was. */
export function priceRange(intervals: readonly SettledInterval[]): { from: number; to: number } | undefined {
  const prices = intervals.filter(({ volumeWh }) => volumeWh > 0).map(({ priceTicks }) => priceTicks);
  return prices.length === 0 ? undefined : { from: Math.min(...prices), to: Math.max(...prices) };
}
