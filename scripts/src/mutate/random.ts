/** Whole numbers from 0 to below n, the same for the same seed. */
export type Random = (n: number) => number;

/** A generator of numbers that only have to look random (mulberry32). */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return (n) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * n);
  };
}

/** One of these. */
export function pick<Value>(random: Random, values: readonly [Value, ...Value[]]): Value {
  return values[random(values.length)] ?? values[0];
}

/** So many of these, without repetition, in their order. */
export function sample<Value>(random: Random, values: readonly Value[], count: number): Value[] {
  const left = values.map((value, index) => ({ value, index }));
  const taken: typeof left = [];
  while (taken.length < count && left.length > 0) taken.push(...left.splice(random(left.length), 1));
  return taken.toSorted((a, b) => a.index - b.index).map(({ value }) => value);
}
