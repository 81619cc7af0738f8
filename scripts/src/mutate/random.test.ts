import { expect, test } from "vitest";

import { randomFrom, sample } from "./random.ts";

test("a seed gives the same sample each time, without repetition, in order", () => {
  const values = Array.from({ length: 50 }, (_, index) => index);
  const taken = sample(randomFrom(7), values, 12);
  expect(taken).toEqual(sample(randomFrom(7), values, 12));
  expect(new Set(taken).size).toBe(12);
  expect(taken).toEqual(taken.toSorted((a, b) => a - b));
  expect(taken).not.toEqual(sample(randomFrom(8), values, 12));
});

test("a sample of more than there is takes all", () => {
  expect(sample(randomFrom(1), ["a", "b"], 9)).toEqual(["a", "b"]);
});
