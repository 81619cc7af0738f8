import { type Hex, hexToBytes, stringToHex } from "viem";

import { InvalidValueError } from "./commonwatt-error.ts";
import { wholeNumber } from "./integers.ts";
import { type Wh, wh } from "./units.ts";

/** What stands behind a metering point, in the order of the contract's `MeterKind`. */
export const METER_KINDS = ["home", "solar plant", "battery", "generator", "charger", "load", "grid tie"] as const;
export type MeterKind = (typeof METER_KINDS)[number];

/** Energy source of a meter's export, in the order of the contract's `EnergySource`. */
export const ENERGY_SOURCES = ["unknown", "solar", "wind", "hydro", "biomass", "storage", "mixed"] as const;
export type EnergySource = (typeof ENERGY_SOURCES)[number];

/** Who keeps a device's key, in the order of the contract's `Custody`. */
export const CUSTODIES = ["operator", "gateway", "secure element"] as const;
export type Custody = (typeof CUSTODIES)[number];

/** Signature scheme of a device, in the order of the contract's `KeyType`. */
export const KEY_TYPES = ["secp256k1", "P-256"] as const;
export type KeyType = (typeof KEY_TYPES)[number];

const PLACE_BYTES = 32;

/**
 * The number the contract uses for a word of one of the lists above.
 *
 * @example enumIndex(METER_KINDS, "battery") // 2
 */
export function enumIndex<Word extends string>(words: readonly Word[], word: Word): number {
  return words.indexOf(word);
}

/**
 * The word for a number of the contract.
 *
 * @throws InvalidValueError when the list has no such entry.
 * @example enumWord("custody", CUSTODIES, 1) // "gateway"
 */
export function enumWord<Word extends string>(what: string, words: readonly Word[], index: number): Word {
  const word = words[index];
  if (word === undefined) throw new InvalidValueError(what, index, `a number from 0 to ${words.length - 1}`);
  return word;
}

/** Wh of one unit of a meter: 1, 10 or 100 for the unit exponents 0, 1 and 2. */
export function unitWhOf(unitExponent: number): Wh {
  return wh(10 ** wholeNumber("unitExponent", unitExponent, 0, 2));
}

/**
 * A place of delivery as the contract stores it: ASCII, padded with zeros on the right.
 *
 * @throws InvalidValueError when it is not 1 to 32 printable ASCII characters.
 */
export function encodePlace(place: string): Hex {
  if (!/^[\u0020-\u007e]{1,32}$/u.test(place)) {
    throw new InvalidValueError("place", place, "1 to 32 printable ASCII characters");
  }
  return stringToHex(place, { size: PLACE_BYTES });
}

/** A place of delivery as text. Bytes that are no printable ASCII show as `?`: the label comes from outside. */
export function decodePlace(place: Hex): string {
  const bytes = hexToBytes(place);
  const end = bytes.findLastIndex((byte) => byte !== 0) + 1;
  return Array.from(bytes.subarray(0, end), (byte) =>
    byte >= 0x20 && byte <= 0x7e ? String.fromCharCode(byte) : "?",
  ).join("");
}
