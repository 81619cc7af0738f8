import { type Hex, hexToBytes } from "viem";

import { InvalidValueError } from "../commonwatt-error.ts";
import { INTERVALS_PER_DAY } from "../time.ts";
import type { IntervalClearing, MeterPayment } from "./types.ts";

/** The outcome of an interval, as far as the contract logs it. Without trade low and high are only a witness. */
export type LoggedInterval = Pick<IntervalClearing, "lowTicks" | "highTicks" | "priceTicks" | "volumeWh">;

/** The packed parts of a `DaySettled` event. */
export type PackedOutcome = {
  /** 96 x (uint16 low, uint16 high). */
  prices: Hex;
  /** 96 x uint32. */
  volumesWh: Hex;
  /** uint32 meter, int64 base units, as often as there are settled meters. */
  payments: Hex;
};

const PRICE_BYTES = 4;
const VOLUME_BYTES = 4;
const PAYMENT_BYTES = 12;

/**
 * Unpacks prices and volumes of a settled day.
 *
 * @returns 96 entries.
 * @throws InvalidValueError when a part has another length.
 */
export function decodeOutcome({ prices, volumesWh }: Omit<PackedOutcome, "payments">): LoggedInterval[] {
  const ticks = viewOf("prices", prices, PRICE_BYTES, INTERVALS_PER_DAY);
  const volumes = viewOf("volumesWh", volumesWh, VOLUME_BYTES, INTERVALS_PER_DAY);
  return Array.from({ length: INTERVALS_PER_DAY }, (_, index) => {
    const lowTicks = ticks.getUint16(index * PRICE_BYTES);
    const highTicks = ticks.getUint16(index * PRICE_BYTES + 2);
    const volumeWh = BigInt(volumes.getUint32(index * VOLUME_BYTES));
    return { lowTicks, highTicks, priceTicks: volumeWh === 0n ? 0 : Math.floor((lowTicks + highTicks) / 2), volumeWh };
  });
}

/**
 * Unpacks the payments of a settled day, in the order of the batch.
 *
 * @throws InvalidValueError when the bytes end inside an entry.
 */
export function decodePayments(payments: Hex): MeterPayment[] {
  const view = viewOf("payments", payments, PAYMENT_BYTES);
  return Array.from({ length: view.byteLength / PAYMENT_BYTES }, (_, index) => ({
    meter: view.getUint32(index * PAYMENT_BYTES),
    baseUnits: view.getBigInt64(index * PAYMENT_BYTES + 4),
  }));
}

function viewOf(what: string, hex: Hex, entryBytes: number, entries?: number): DataView {
  const bytes = hexToBytes(hex);
  const whole = bytes.length % entryBytes === 0;
  if (!whole || (entries !== undefined && bytes.length !== entryBytes * entries)) {
    const expected = entries === undefined ? `a multiple of ${entryBytes}` : `${entryBytes * entries}`;
    throw new InvalidValueError(`bytes of ${what}`, bytes.length, expected);
  }
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
