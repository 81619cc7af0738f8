import { type Address, type Hex, hexToBytes } from "viem";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import type { Position } from "@commonwatt/sdk/ledger/types";
import { type Day, INTERVALS_PER_DAY } from "@commonwatt/sdk/time";

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
  /** What each settled meter paid; negative: was paid. */
  payments: ReadonlyMap<number, bigint>;
};

const PRICE_BYTES = 4;
const VOLUME_BYTES = 4;
const PAYMENT_BYTES = 12;

/**
 * Reads the packed parts of a `DaySettled` event.
 *
 * @param prices - 96 x (uint16 low, uint16 high).
 * @param volumesWh - 96 x uint32.
 * @param payments - Any number of (uint32 meter, int64 base units).
 * @throws CommonwattError when a part has another length.
 */
export function decodeSettledDay({
  prices,
  volumesWh,
  payments,
}: {
  prices: Hex;
  volumesWh: Hex;
  payments: Hex;
}): Pick<SettledDay, "intervals" | "payments"> {
  const priceView = viewOf("prices", prices, PRICE_BYTES * INTERVALS_PER_DAY);
  const volumeView = viewOf("volumes", volumesWh, VOLUME_BYTES * INTERVALS_PER_DAY);
  const intervals = Array.from({ length: INTERVALS_PER_DAY }, (_, index): SettledInterval => {
    const lowTicks = priceView.getUint16(index * PRICE_BYTES);
    const highTicks = priceView.getUint16(index * PRICE_BYTES + 2);
    const volumeWh = volumeView.getUint32(index * VOLUME_BYTES);
    return { lowTicks, highTicks, priceTicks: volumeWh === 0 ? 0 : Math.floor((lowTicks + highTicks) / 2), volumeWh };
  });
  const paymentView = viewOf("payments", payments);
  if (paymentView.byteLength % PAYMENT_BYTES !== 0) {
    throw new CommonwattError(
      `The payments of a settled day have ${paymentView.byteLength} bytes, expected a multiple of ${PAYMENT_BYTES}.`,
    );
  }
  const paid = new Map<number, bigint>();
  for (let at = 0; at < paymentView.byteLength; at += PAYMENT_BYTES) {
    paid.set(paymentView.getUint32(at), paymentView.getBigInt64(at + 4));
  }
  return { intervals, payments: paid };
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

function viewOf(what: string, hex: Hex, length?: number): DataView {
  const bytes = hexToBytes(hex);
  if (length !== undefined && bytes.length !== length) {
    throw new CommonwattError(`The ${what} of a settled day have ${bytes.length} bytes, expected ${length}.`);
  }
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
