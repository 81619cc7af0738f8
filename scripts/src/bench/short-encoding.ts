/**
 * A shorter reversible form of a profile's 384 bytes, to measure what one would be worth where every byte of calldata
 * costs the same. Nothing on the chain reads it.
 *
 * First all imports, then all exports, 96 numbers each. A byte below 128 stands for that many zeros and one more; one of
 * 128 and above says how many numbers follow, less one, each in groups of seven bits, lowest first, the highest bit
 * meaning "more".
 */
const MAX_RUN = 128;
const LITERALS = 0x80;
const MORE = 0x80;

/** @param numbers - Each 0 to 65,535. */
export function encodeShort(numbers: readonly number[]): Uint8Array {
  const bytes: number[] = [];
  let at = 0;
  while (at < numbers.length) {
    const zeros = runLength(numbers, at, (value) => value === 0);
    if (zeros > 0) {
      bytes.push(zeros - 1);
      at += zeros;
      continue;
    }
    const literals = runLength(numbers, at, (value) => value !== 0);
    bytes.push(LITERALS + literals - 1);
    for (const value of numbers.slice(at, at + literals)) pushVarint(bytes, value);
    at += literals;
  }
  return Uint8Array.from(bytes);
}

/** What {@link encodeShort} encoded. */
export function decodeShort(bytes: Uint8Array): number[] {
  const numbers: number[] = [];
  let at = 0;
  while (at < bytes.length) {
    const control = bytes[at++] ?? 0;
    if (control < LITERALS) {
      for (let zeros = 0; zeros <= control; zeros++) numbers.push(0);
      continue;
    }
    for (let literals = control - LITERALS; literals >= 0; literals--) {
      let value = 0;
      let shift = 0;
      let byte: number;
      do {
        byte = bytes[at++] ?? 0;
        value |= (byte & ~MORE) << shift;
        shift += 7;
      } while ((byte & MORE) !== 0 && at < bytes.length);
      numbers.push(value);
    }
  }
  return numbers;
}

function runLength(numbers: readonly number[], from: number, belongs: (value: number) => boolean): number {
  let length = 0;
  while (length < MAX_RUN && from + length < numbers.length && belongs(numbers[from + length] ?? 0)) length += 1;
  return length;
}

function pushVarint(bytes: number[], value: number): void {
  let rest = value;
  while (rest >= MORE) {
    bytes.push((rest & ~MORE & 0xff) | MORE);
    rest >>= 7;
  }
  bytes.push(rest);
}
