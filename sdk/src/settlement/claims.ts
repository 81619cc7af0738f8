import { isHex } from "viem";

import { InvalidValueError } from "../commonwatt-error.ts";
import { wholeBigint } from "../integers.ts";
import { decodeUint16s } from "../profile.ts";
import { INTERVALS_PER_DAY } from "../time.ts";
import type { Claims, IntervalClaim, Side } from "./types.ts";

const EFFECTIVE_CHARACTERS = 16;

/**
 * Claims of a day as `settleDay` takes them.
 *
 * @param intervals - 96 of them.
 * @throws InvalidValueError when there are more or fewer.
 */
export function encodeClaims(intervals: readonly IntervalClaim[]): Claims {
  if (intervals.length !== INTERVALS_PER_DAY) {
    throw new InvalidValueError("number of intervals", intervals.length, `${INTERVALS_PER_DAY}`);
  }
  const prices = intervals.map(({ lowTicks, highTicks }) => digits(lowTicks, 4) + digits(highTicks, 4));
  const effective = intervals.map((claim) => digits(claim.effective, EFFECTIVE_CHARACTERS));
  return {
    prices: `0x${prices.join("")}`,
    sides: intervals.reduce((bits, { side }, index) => bits | (BigInt(side) << BigInt(2 * index)), 0n),
    effective: `0x${effective.join("")}`,
  };
}

/**
 * What {@link encodeClaims} encoded.
 *
 * @throws InvalidValueError when a part has not the length of 96 intervals.
 */
export function decodeClaims({ prices, sides, effective }: Claims): IntervalClaim[] {
  const ticks = decodeUint16s("prices", prices, 2 * INTERVALS_PER_DAY);
  wholeBigint("sides", sides, 1n << BigInt(2 * INTERVALS_PER_DAY));
  if (!isHex(effective) || effective.length !== 2 + EFFECTIVE_CHARACTERS * INTERVALS_PER_DAY) {
    throw new InvalidValueError("effective", effective, `${8 * INTERVALS_PER_DAY} bytes`);
  }
  return Array.from({ length: INTERVALS_PER_DAY }, (_, index) => ({
    lowTicks: ticks[2 * index] ?? 0,
    highTicks: ticks[2 * index + 1] ?? 0,
    side: Number((sides >> BigInt(2 * index)) & 3n) as Side,
    effective: BigInt(`0x${effective.slice(2 + EFFECTIVE_CHARACTERS * index, 2 + EFFECTIVE_CHARACTERS * (index + 1))}`),
  }));
}

function digits(value: number | bigint, count: number): string {
  return value.toString(16).padStart(count, "0");
}
