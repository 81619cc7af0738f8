import { describe, expect, it } from "vitest";

import { forSeeds } from "../test/random.ts";
import { baseUnits, formatKwh, formatMoney, formatPrice, paymentBaseUnits, ticks, wh } from "./units.ts";

describe("wh", () => {
  it("takes whole numbers of either kind", () => {
    expect(wh(1500)).toBe(1500n);
    expect(wh(1n << 200n)).toBe(1n << 200n);
  });

  it.each([-1, -1n, 0.5, Number.NaN, Infinity, 2 ** 60, 1n << 256n])("refuses %s", (value) => {
    expect(() => wh(value)).toThrow(/^energyWh is .*, expected a whole number from 0 to/u);
  });
});

describe("ticks", () => {
  it("takes what fits the contract's uint16", () => {
    expect([ticks(0), ticks(65_535)]).toEqual([0, 65_535]);
  });

  it.each([-1, 65_536, 0.5, Number.NaN])("refuses %s", (value) => {
    expect(() => ticks(value)).toThrow(`priceTicks is ${value}, expected a whole number from 0 to 65535`);
  });
});

describe("baseUnits", () => {
  it("refuses negative money", () => {
    expect(() => baseUnits(-5n)).toThrow("amountBaseUnits is -5, expected");
  });
});

describe("paymentBaseUnits", () => {
  it.each([
    [0n, 1500, 0n],
    [1n, 1, 1n],
    [10n, 1, 1n],
    [11n, 1, 2n],
    [1000n, 1500, 150_000n],
    [1n, 65_535, 6_554n],
  ])("%s Wh at %s ticks cost %s base units, rounded up", (energy, price, expected) => {
    expect(paymentBaseUnits(wh(energy), ticks(price))).toBe(expected);
  });

  it("never makes a purchase cheaper by splitting it, and never by a base unit or more dearer than exact", () => {
    forSeeds(2_000, (random) => {
      const whole = random.bits(random.integer(1, 60));
      const part = whole === 0n ? 0n : random.bits(60) % (whole + 1n);
      const price = ticks(random.integer(0, 65_535));
      const once = paymentBaseUnits(wh(whole), price);
      expect(paymentBaseUnits(wh(part), price) + paymentBaseUnits(wh(whole - part), price)).toBeGreaterThanOrEqual(
        once,
      );
      const excess = once * 10n - whole * BigInt(price);
      expect(excess >= 0n && excess < 10n).toBe(true);
    });
  });
});

describe("formatKwh", () => {
  it.each([
    [0n, "0.000 kWh"],
    [1n, "0.001 kWh"],
    [1_500n, "1.500 kWh"],
    [1_234_567_890n, "1,234,567.890 kWh"],
  ])("%s Wh are %s", (value, text) => {
    expect(formatKwh(wh(value))).toBe(text);
  });
});

describe("formatMoney", () => {
  it.each([
    [0n, "0.00 EUR"],
    [1_500_000n, "1.50 EUR"],
    [61_835n, "0.061835 EUR"],
    [1_234_567_100_000n, "1,234,567.10 EUR"],
  ])("%s base units are %s", (value, text) => {
    expect(formatMoney(baseUnits(value))).toBe(text);
  });

  it("names another currency", () => {
    expect(formatMoney(baseUnits(1_000_000n), "CHF")).toBe("1.00 CHF");
  });
});

describe("formatPrice", () => {
  it.each([
    [0, "0.00 EUR/kWh"],
    [1, "0.0001 EUR/kWh"],
    [1_500, "0.15 EUR/kWh"],
    [65_535, "6.5535 EUR/kWh"],
  ])("%s ticks are %s", (value, text) => {
    expect(formatPrice(ticks(value))).toBe(text);
  });
});
