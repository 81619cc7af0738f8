import { type Hex, bytesToHex, hexToBytes, isHex } from "viem";

import { InvalidValueError } from "./commonwatt-error.ts";
import { type Day, day, INTERVALS_PER_DAY } from "./time.ts";
import { wholeBigint, wholeNumber } from "./integers.ts";

/** The interval was measured. */
export const MEASURED = 0;
/** The interval was estimated by the device. */
export const ESTIMATED = 1;
/** Nothing is known of the interval: its import and export are 0. */
export const MISSING = 2;
/** How much is known of one interval. */
export type Quality = typeof MEASURED | typeof ESTIMATED | typeof MISSING;

/** What a device signs: one UTC day of one meter. Quantities in the meter's unit (1, 10 or 100 Wh). */
export type DayProfile = {
  day: Day;
  /** Cumulative import at the day's end. */
  importRegister: bigint;
  /** Cumulative export at the day's end. */
  exportRegister: bigint;
  /** 96 entries. */
  quality: readonly Quality[];
  /** 96 entries, 0 to 32,767. */
  imports: readonly number[];
  /** 96 entries, 0 to 32,767. */
  exports: readonly number[];
};

/** Most energy of one interval and direction, in the meter's unit: a token balance lane has 15 bits. */
export const MAX_INTERVAL_UNITS = 32_767;
/** Registers stay below this: 44 bits in the device's storage word. */
export const REGISTER_LIMIT = 1n << 44n;
/** Bytes of the encoded intervals of a day: 96 x (uint16 import, uint16 export). */
export const INTERVALS_LENGTH = INTERVALS_PER_DAY * 4;

const MAX_UINT16 = 0xffff;

/**
 * Encodes a day's intervals as they are hashed and put on chain: 96 x (uint16 import, uint16 export), big-endian.
 *
 * @returns 384 bytes.
 * @throws InvalidValueError when a vector has not 96 entries or an entry does not fit 16 bits.
 */
export function encodeIntervals(imports: readonly number[], exports: readonly number[]): Hex {
  const bytes = new Uint8Array(INTERVALS_LENGTH);
  const view = new DataView(bytes.buffer);
  vector("imports", imports, MAX_UINT16).forEach((units, index) => {
    view.setUint16(index * 4, units);
  });
  vector("exports", exports, MAX_UINT16).forEach((units, index) => {
    view.setUint16(index * 4 + 2, units);
  });
  return bytesToHex(bytes);
}

/**
 * Decodes the 384 bytes that {@link encodeIntervals} makes.
 *
 * @throws InvalidValueError when the input is not 384 bytes of hex.
 */
export function decodeIntervals(intervals: Hex): { imports: number[]; exports: number[] } {
  const lanes = decodeUint16s("intervals", intervals, INTERVALS_PER_DAY * 2);
  return {
    imports: lanes.filter((_, index) => index % 2 === 0),
    exports: lanes.filter((_, index) => index % 2 === 1),
  };
}

/**
 * Packs a day's quality: two bits per interval, interval 0 lowest.
 *
 * @throws InvalidValueError when there are not 96 entries or one is none of 0, 1, 2.
 */
export function encodeQuality(quality: readonly Quality[]): bigint {
  return vector("quality", quality, MISSING).reduce(
    (bits, entry, index) => bits | (BigInt(entry) << BigInt(2 * index)),
    0n,
  );
}

/**
 * Unpacks what {@link encodeQuality} packs.
 *
 * @throws InvalidValueError when bits above the 96 intervals are set or an interval has the unused value 3.
 */
export function decodeQuality(bits: bigint): Quality[] {
  wholeBigint("quality", bits, 1n << BigInt(2 * INTERVALS_PER_DAY));
  return Array.from({ length: INTERVALS_PER_DAY }, (_, index) =>
    asQuality(Number((bits >> BigInt(2 * index)) & 3n), `quality of interval ${index}`),
  );
}

/**
 * Checks all that can be told from a profile alone, as the contract does.
 *
 * @throws InvalidValueError naming the field, its value and what was expected.
 */
export function assertValidProfile(profile: DayProfile): void {
  day(profile.day);
  wholeBigint("importRegister", profile.importRegister, REGISTER_LIMIT);
  wholeBigint("exportRegister", profile.exportRegister, REGISTER_LIMIT);
  const quality = vector("quality", profile.quality, MISSING);
  const imports = vector("imports", profile.imports, MAX_INTERVAL_UNITS);
  const exports = vector("exports", profile.exports, MAX_INTERVAL_UNITS);
  quality.forEach((entry, index) => {
    const units = (imports[index] ?? 0) + (exports[index] ?? 0);
    if (entry === MISSING && units !== 0) {
      throw new InvalidValueError(`energy of missing interval ${index}`, units, "0: nothing is known of it");
    }
  });
  assertWithinRegister("import", imports, profile.importRegister);
  assertWithinRegister("export", exports, profile.exportRegister);
}

/** The sum of a vector of units. */
export function sumUnits(units: readonly number[]): bigint {
  return BigInt(units.reduce((sum, value) => sum + value, 0));
}

/**
 * Decodes `count` big-endian 16-bit numbers.
 *
 * @throws InvalidValueError when `hex` is not exactly that long.
 */
export function decodeUint16s(what: string, hex: Hex, count: number): number[] {
  if (!isHex(hex) || hex.length !== 2 + count * 4) {
    throw new InvalidValueError(what, hex, `${count * 2} bytes as 0x and ${count * 4} hex digits`);
  }
  const bytes = hexToBytes(hex);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: count }, (_, index) => view.getUint16(index * 2));
}

/** Returns the vector if it has 96 whole numbers from 0 to `max`. */
export function vector(what: string, values: readonly number[], max: number): readonly number[] {
  if (values.length !== INTERVALS_PER_DAY) {
    throw new InvalidValueError(`number of ${what}`, values.length, `${INTERVALS_PER_DAY}, one for each interval`);
  }
  // Index loop: forEach would skip the holes of a sparse array.
  for (let index = 0; index < INTERVALS_PER_DAY; index++) {
    const value = values[index] ?? Number.NaN;
    // A street's day has fifty thousand of them: the name is only put together for one that is wrong.
    if (!Number.isInteger(value) || value < 0 || value > max) wholeNumber(`${what}[${index}]`, value, 0, max);
  }
  return values;
}

function assertWithinRegister(direction: string, units: readonly number[], register: bigint): void {
  const sum = sumUnits(units);
  if (sum > register) {
    throw new InvalidValueError(
      `sum of the day's ${direction}s`,
      sum,
      `at most the ${direction} register, ${register}`,
    );
  }
}

function asQuality(value: number, what: string): Quality {
  if (value === MEASURED || value === ESTIMATED || value === MISSING) return value;
  throw new InvalidValueError(what, value, "0 (measured), 1 (estimated) or 2 (missing)");
}
