import { describe, expect, it } from "vitest";

import { costOf } from "./cost-model.ts";

const INPUTS = { ethEur: 2_000, l1GasGwei: 5, l2GasGwei: 0.02, blobGasGwei: 1, blobFill: 0.5 };

describe("costOf", () => {
  it("multiplies gas by its price, and on the second layer adds the compressed bytes", () => {
    const input = `0x${"00".repeat(10_000)}` as const;
    const { l1Eur, l2Eur, compressedBytes } = costOf(1_000_000, input, INPUTS);
    expect(l1Eur).toBeCloseTo(0.01 * 1_000, 9);
    expect(compressedBytes).toBeLessThan(100);
    expect(l2Eur).toBeCloseTo((20_000 * 2_000) / 1e9 + (compressedBytes * 2 * 2_000) / 1e9, 9);
  });
});
