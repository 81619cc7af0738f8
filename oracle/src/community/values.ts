import { InvalidValueError } from "@commonwatt/sdk/commonwatt-error";
import { enumIndex } from "@commonwatt/sdk/meters";
import { MAX_TICKS } from "@commonwatt/sdk/units";
import { type Address, getAddress, isAddress, zeroAddress } from "viem";

/** Values as a person types them. Each throws InvalidValueError with the value and what was expected. */

/** An account's address, never the zero address. */
export function parseAddress(what: string, text: string | undefined): Address {
  if (text === undefined || !isAddress(text) || text.toLowerCase() === zeroAddress) {
    throw new InvalidValueError(what, text, "an address: 0x and 40 hex digits, with its checksum or in small letters");
  }
  return getAddress(text);
}

/** A whole number within bounds. */
export function parseWhole(what: string, text: string | undefined, min: number, max: number): number {
  const value = text !== undefined && /^\d{1,15}$/u.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max)) throw new InvalidValueError(what, text, `a whole number from ${min} to ${max}`);
  return value;
}

/** A meter's number. */
export function parseMeterNumber(what: string, text: string | undefined): number {
  return parseWhole(what, text, 1, 0xffff_ffff);
}

/** A register in the meter's unit. */
export function parseRegister(what: string, text: string | undefined): bigint {
  return BigInt(parseWhole(what, text, 0, 2 ** 44 - 1));
}

/** A price in ticks of 0.0001 currency units per kWh. */
export function parseTicks(what: string, text: string | undefined): number {
  return parseWhole(what, text, 0, MAX_TICKS);
}

/** One of the words of a list. */
export function parseWord<Word extends string>(what: string, words: readonly Word[], text: string | undefined): Word {
  const word = words.find((entry) => entry === text);
  if (word === undefined) throw new InvalidValueError(what, text, `one of ${words.join(", ")}`);
  return word;
}

/** The contract's number of a word of a list. */
export function wordIndex<Word extends string>(what: string, words: readonly Word[], word: Word): number {
  return enumIndex(words, parseWord(what, words, word));
}
