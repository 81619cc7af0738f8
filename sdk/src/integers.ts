import { InvalidValueError } from "./commonwatt-error.ts";

/**
 * Returns `value` if it is a whole number from `min` to `max`.
 *
 * @throws InvalidValueError naming `what`, the value and the range.
 */
export function wholeNumber(what: string, value: number, min: number, max: number): number {
  if (!Number.isSafeInteger(value) || value < min || value > max) {
    throw new InvalidValueError(what, value, `a whole number from ${min} to ${max}`);
  }
  return value;
}

/**
 * Returns `value` as a bigint if it is a whole number from 0 to below `limit`.
 *
 * @throws InvalidValueError naming `what`, the value and the range.
 */
export function wholeBigint(what: string, value: bigint | number, limit: bigint): bigint {
  const expected = `a whole number from 0 to ${limit - 1n}`;
  if (typeof value === "number" && !Number.isSafeInteger(value)) throw new InvalidValueError(what, value, expected);
  const integer = BigInt(value);
  if (integer < 0n || integer >= limit) throw new InvalidValueError(what, integer, expected);
  return integer;
}

/** `dividend / divisor`, rounded up, towards plus infinity also below zero. `divisor` is above zero. */
export function divideUp(dividend: bigint, divisor: bigint): bigint {
  // Division of bigints rounds towards zero, which is up for what is negative.
  return dividend > 0n ? (dividend + divisor - 1n) / divisor : dividend / divisor;
}
