import { describe, expect, test } from "vitest";

import { chooseNonce, createPatience, hasReached, isBelow } from "./nonces.ts";

describe("the next nonce", () => {
  test.each([
    ["what all say", [5, 5, 5], 5, 0, 5],
    ["what the chain says where there are no records", [5], undefined, 0, 5],
    ["not the lie of one of three, too high", [5, 5, 99], 5, 0, 5],
    ["not the lie of one of three, too low", [0, 5, 5], 5, 0, 5],
    ["not the lie of one of two, too high", [5, 99], 5, 0, 5],
    ["not the lie of one of two, too low", [0, 5], 5, 0, 5],
    ["what several say of an account that somebody else has used", [7, 7], 5, 0, 7],
    ["what the only one says, for somebody else may have used the account", [7], 5, 0, 7],
    ["the lower of two that contradict each other, at first", [0, 5], undefined, 0, 0],
    ["the higher of two, once the lower is known to be used", [0, 5], undefined, 1, 5],
    ["the one after what is known to be used", [3, 3], 3, 6, 6],
  ])("is %s", (_what, counts, own, floor, expected) => {
    expect(chooseNonce(counts, own, floor)).toBe(expected);
  });
});

test("a nonce counts as used, or as not reached, when more than half say so", () => {
  expect([hasReached([4, 5], 5), hasReached([4, 5, 5], 5), hasReached([5], 5)]).toEqual([false, true, true]);
  expect([isBelow([4, 5], 5), isBelow([4, 4, 5], 5), isBelow([4], 5)]).toEqual([false, true, true]);
});

test("patience starts anew when things change", () => {
  let nowMs = 0;
  const patience = createPatience(() => nowMs);
  expect(patience.of("nonce 1", "used")).toBe(0);
  nowMs = 5_000;
  expect(patience.of("nonce 1", "used")).toBe(5_000);
  expect(patience.of("nonce 1", "gap")).toBe(0);
  expect(patience.of("nonce 2", "gap")).toBe(0);
  nowMs = 9_000;
  expect(patience.of("nonce 1", "gap")).toBe(4_000);
  patience.forget("nonce 1");
  expect(patience.of("nonce 1", "gap")).toBe(0);
});
