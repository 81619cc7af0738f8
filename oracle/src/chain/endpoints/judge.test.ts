import { describe, expect, test } from "vitest";

import { faultOf } from "./judge.ts";

const LIMITS = { chainId: 1, behindBlocks: 5, stalledMs: 120_000 };
const NOW = 1_000_000;

type Known = Parameters<typeof faultOf>[0];
const at = (head: number | undefined, more: Partial<Known> = {}): Known => ({
  chainId: 1,
  head,
  headSinceMs: NOW,
  left: false,
  ...more,
});
const faultsOf = (...all: Known[]) => all.map((one) => faultOf(one, all, LIMITS, NOW));

describe("an endpoint", () => {
  test("is good when it is alone, however old its latest block is", () => {
    expect(faultsOf(at(100, { headSinceMs: 0 }))).toEqual([undefined]);
  });

  test("on another chain is not used, whatever else it says", () => {
    expect(faultsOf(at(100, { chainId: 2 }), at(5))).toEqual(["wrong-chain", undefined]);
  });

  test("that was not asked yet is good until it is known better", () => {
    expect(faultsOf(at(undefined, { chainId: undefined }), at(100))).toEqual([undefined, undefined]);
  });

  test("may be behind by as many blocks as configured, and no more", () => {
    expect(faultsOf(at(95), at(100))).toEqual([undefined, undefined]);
    expect(faultsOf(at(94), at(100))).toEqual(["behind", undefined]);
  });

  test("that invents a block far ahead does not make two others bad", () => {
    expect(faultsOf(at(1_000_000), at(100), at(99))).toEqual([undefined, undefined, undefined]);
  });

  test("that is left does not say what the latest block is", () => {
    expect(faultsOf(at(100), at(1_000_000, { left: true }))).toEqual([undefined, "failing"]);
  });

  test("whose block does not move while another's does is left, one block behind as it may be", () => {
    const stalled = at(99, { headSinceMs: NOW - LIMITS.stalledMs - 1 });
    expect(faultsOf(stalled, at(100))).toEqual(["stalled", undefined]);
    expect(faultsOf(at(99, { headSinceMs: NOW - LIMITS.stalledMs }), at(100))).toEqual([undefined, undefined]);
    // Nobody is ahead of it: the chain itself stands still.
    expect(faultsOf(stalled, at(99))).toEqual([undefined, undefined]);
  });
});
