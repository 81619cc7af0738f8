import { concatHex, type Hex, isHex, numberToHex, size, sliceHex } from "viem";

import { CommonwattError, InvalidValueError } from "../commonwatt-error.ts";
import { wholeBigint, wholeNumber } from "../integers.ts";
import { INTERVALS_LENGTH } from "../profile.ts";
import type { SignedProfile } from "../profile-signing.ts";
import { assertCanonicalSignature, isP256Signature } from "../signatures.ts";
import { INTERVALS_PER_DAY } from "../time.ts";
import { MAX_TICKS } from "../units.ts";
import type { Limits } from "./types.ts";

/** Meters of the same limits and unit, and so of the same prices. A class can stand in a batch more than once. */
export type BatchClass = Limits & {
  /** Shares at the community price of the day: both limits are then 0. */
  community: boolean;
  /** 0, 1 or 2. */
  exponent: number;
  profiles: readonly SignedProfile[];
};

const COMMUNITY = 1;
const P256 = 1;
const QUALITY = 2;
const MAX_COUNT = 0xffff;
const REGISTER_LIMIT = 1n << 48n;
const QUALITY_LIMIT = 1n << BigInt(2 * INTERVALS_PER_DAY);
/** Of s: its highest bit is never set, and says which of two keys signed. */
const RECOVERY_BIT = 1n << 255n;

/**
 * The batch of `settleDay`: each class, followed by its profiles.
 *
 * @throws InvalidValueError when a value does not fit its field: such a profile cannot be settled.
 */
export function encodeBatch(classes: readonly BatchClass[]): Hex {
  return concatHex(classes.flatMap((of) => [encodeClass(of), ...of.profiles.map(encodeProfile)]));
}

/**
 * What {@link encodeBatch} encoded.
 *
 * @param day - Of the settlement: a batch names it once for all profiles.
 * @throws CommonwattError when the bytes end inside a class or profile.
 */
export function decodeBatch(batch: Hex, day: number): BatchClass[] {
  const reader = new Reader(batch);
  const classes: BatchClass[] = [];
  while (!reader.atEnd) {
    const flags = reader.number(1);
    const askTicks = reader.number(2);
    const bidTicks = reader.number(2);
    const count = reader.number(2);
    const profiles = Array.from({ length: count }, () => decodeProfile(reader, day));
    classes.push({ community: (flags & COMMUNITY) !== 0, exponent: (flags >> 1) & 3, askTicks, bidTicks, profiles });
  }
  return classes;
}

function encodeClass({ community, exponent, askTicks, bidTicks, profiles }: BatchClass): Hex {
  const flags = (community ? COMMUNITY : 0) | (wholeNumber("exponent", exponent, 0, 2) << 1);
  return concatHex([
    numberToHex(flags, { size: 1 }),
    numberToHex(wholeNumber("askTicks", askTicks, 0, MAX_TICKS), { size: 2 }),
    numberToHex(wholeNumber("bidTicks", bidTicks, 0, MAX_TICKS), { size: 2 }),
    numberToHex(wholeNumber("profiles of a class", profiles.length, 0, MAX_COUNT), { size: 2 }),
  ]);
}

function encodeProfile({ importRegister, exportRegister, quality, intervals, signature }: SignedProfile): Hex {
  assertCanonicalSignature(signature);
  const p256 = isP256Signature(signature);
  if (!isHex(intervals) || size(intervals) !== INTERVALS_LENGTH) {
    throw new InvalidValueError("intervals", intervals, `${INTERVALS_LENGTH} bytes`);
  }
  const s = BigInt(sliceHex(signature, 32, 64));
  const recovery = !p256 && sliceHex(signature, 64) === "0x1c" ? RECOVERY_BIT : 0n;
  return concatHex([
    numberToHex((p256 ? P256 : 0) | (quality === 0n ? 0 : QUALITY), { size: 1 }),
    numberToHex(wholeBigint("importRegister", importRegister, REGISTER_LIMIT), { size: 6 }),
    numberToHex(wholeBigint("exportRegister", exportRegister, REGISTER_LIMIT), { size: 6 }),
    sliceHex(signature, 0, 32),
    numberToHex(s | recovery, { size: 32 }),
    intervals,
    quality === 0n ? "0x" : numberToHex(wholeBigint("quality", quality, QUALITY_LIMIT), { size: 24 }),
    p256 ? sliceHex(signature, 64) : "0x",
  ]);
}

function decodeProfile(reader: Reader, day: number): SignedProfile {
  const flags = reader.number(1);
  const importRegister = reader.integer(6);
  const exportRegister = reader.integer(6);
  const r = reader.hex(32);
  const packedS = reader.integer(32);
  const intervals = reader.hex(INTERVALS_LENGTH);
  const quality = (flags & QUALITY) === 0 ? 0n : reader.integer(24);
  const p256 = (flags & P256) !== 0;
  const s = numberToHex(p256 ? packedS : packedS & (RECOVERY_BIT - 1n), { size: 32 });
  const rest = p256 ? reader.hex(64) : packedS >= RECOVERY_BIT ? "0x1c" : "0x1b";
  return { day, importRegister, exportRegister, quality, intervals, signature: concatHex([r, s, rest]) };
}

/** Takes bytes off the front of a batch. */
class Reader {
  readonly #bytes: Hex;
  readonly #length: number;
  #at = 0;

  constructor(bytes: Hex) {
    this.#bytes = bytes;
    this.#length = size(bytes);
  }

  get atEnd(): boolean {
    return this.#at >= this.#length;
  }

  hex(length: number): Hex {
    const end = this.#at + length;
    if (end > this.#length) {
      throw new CommonwattError("The batch of a settlement ends inside a class or profile", {
        details: `${this.#length} bytes, expected ${end} or more`,
      });
    }
    const from = 2 + 2 * this.#at;
    this.#at = end;
    return `0x${this.#bytes.slice(from, from + 2 * length)}`;
  }

  integer(length: number): bigint {
    return BigInt(this.hex(length));
  }

  number(length: number): number {
    return Number(this.hex(length));
  }
}
