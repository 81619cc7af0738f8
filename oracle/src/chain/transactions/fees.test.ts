import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { firstFees, raisedFees } from "./fees.ts";

const GWEI = 1_000_000_000n;
const market = (baseFeePerGas: bigint, tipPerGas = GWEI) => ({ baseFeePerGas, tipPerGas });

describe("the fees of a transaction", () => {
  test("leave room for a base fee that doubles", () => {
    expect(firstFees(market(10n * GWEI), 200n * GWEI)).toEqual({
      maxFeePerGas: 21n * GWEI,
      maxPriorityFeePerGas: GWEI,
    });
  });

  test("stay within the configured maximum, and are none above it", () => {
    expect(firstFees(market(10n * GWEI), 12n * GWEI)?.maxFeePerGas).toBe(12n * GWEI);
    expect(firstFees(market(10n * GWEI), 11n * GWEI)?.maxFeePerGas).toBe(11n * GWEI);
    expect(firstFees(market(10n * GWEI), 11n * GWEI - 1n)).toBeUndefined();
  });

  test("of a replacement are an eighth higher when the market has not moved, rounded up", () => {
    const previous = { maxFeePerGas: 101n, maxPriorityFeePerGas: 1n };
    expect(raisedFees(previous, market(0n, 0n), GWEI)).toEqual({ maxFeePerGas: 114n, maxPriorityFeePerGas: 2n });
  });

  test("of a replacement follow the market when it has risen more", () => {
    const previous = { maxFeePerGas: 3n * GWEI, maxPriorityFeePerGas: GWEI };
    expect(raisedFees(previous, market(30n * GWEI, 2n * GWEI), 200n * GWEI)).toEqual({
      maxFeePerGas: 62n * GWEI,
      maxPriorityFeePerGas: 2n * GWEI,
    });
  });

  test("of a replacement are none where the maximum is below what nodes demand, or below the base fee", () => {
    const previous = { maxFeePerGas: 100n * GWEI, maxPriorityFeePerGas: GWEI };
    expect(raisedFees(previous, market(GWEI), 112n * GWEI)).toBeUndefined();
    expect(raisedFees(previous, market(GWEI), 113n * GWEI)?.maxFeePerGas).toBe((225n * GWEI) / 2n);
    expect(raisedFees(previous, market(150n * GWEI), 140n * GWEI)).toBeUndefined();
  });

  test("of a replacement always satisfy the nodes, the maximum and themselves", () => {
    const wei = fc.bigInt({ min: 0n, max: 10n ** 13n });
    fc.assert(
      fc.property(wei, wei, wei, wei, wei, (maxFeePerGas, tip, baseFeePerGas, tipPerGas, cap) => {
        const previous = { maxFeePerGas: maxFeePerGas + tip, maxPriorityFeePerGas: tip };
        const fees = raisedFees(previous, { baseFeePerGas, tipPerGas }, cap);
        if (fees === undefined) return;
        expect(fees.maxFeePerGas * 1000n).toBeGreaterThanOrEqual(previous.maxFeePerGas * 1125n);
        expect(fees.maxPriorityFeePerGas * 1000n).toBeGreaterThanOrEqual(tip * 1125n);
        expect(fees.maxFeePerGas).toBeGreaterThanOrEqual(baseFeePerGas + fees.maxPriorityFeePerGas);
        expect(fees.maxFeePerGas).toBeLessThanOrEqual(cap);
      }),
    );
  });
});
