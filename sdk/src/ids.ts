import { InvalidValueError } from "./commonwatt-error.ts";
import { wholeNumber } from "./integers.ts";
import { type Interval, interval } from "./time.ts";

declare const brand: unique symbol;

/** Stable number of a metering point, 1 to 2^32 - 1. */
export type MeterNumber = number & { readonly [brand]: "MeterNumber" };

const MAX_METER = 0xffff_ffff;
const INTERVAL_BITS = 32n;

/**
 * A meter number.
 *
 * @throws InvalidValueError when it is not a whole number from 1 to 2^32 - 1.
 */
export function meterNumber(value: number): MeterNumber {
  return wholeNumber("meter", value, 1, MAX_METER) as MeterNumber;
}

/**
 * ERC-1155 id of the energy a meter exported in an interval: meter x 2^32 + interval.
 *
 * @example tokenId(meterNumber(7), interval(1662528))
 */
export function tokenId(meter: MeterNumber, at: Interval): bigint {
  return (BigInt(meter) << INTERVAL_BITS) | BigInt(at);
}

/**
 * Meter and interval of a token id.
 *
 * @throws InvalidValueError when the id has more than 64 bits or names meter 0.
 */
export function parseTokenId(id: bigint): { meter: MeterNumber; interval: Interval } {
  const meter = id >> INTERVAL_BITS;
  if (id < 0n || meter < 1n || meter > BigInt(MAX_METER)) {
    throw new InvalidValueError("token id", id, "meter x 2^32 + interval, with a meter from 1 to 2^32 - 1");
  }
  return {
    meter: meterNumber(Number(meter)),
    interval: interval(Number(id & ((1n << INTERVAL_BITS) - 1n))),
  };
}
