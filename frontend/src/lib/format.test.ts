import { describe, expect, it } from "vitest";

import {
  cents,
  centsPerKwh,
  count,
  dayLabel,
  decimal,
  duration,
  eur,
  eurExact,
  instantLabel,
  kwh,
  kwhShort,
  quarterLabel,
  sameAddress,
  shortHex,
  spanLabel,
} from "./format.ts";

/** Makes the special spaces visible. */
const plain = (text: string): string => text.replaceAll("\u00a0", "~").replaceAll("\u202f", "_");

describe("numbers", () => {
  it("rounds half up, groups thousands, and keeps the sign", () => {
    expect(plain(decimal(1_234_567n, 3, 3))).toBe("1_234.567");
    expect(plain(decimal(1_234_550n, 3, 1))).toBe("1_234.6");
    expect(decimal(999_949n, 3, 1)).toBe("999.9");
    expect(plain(decimal(999_950n, 3, 1))).toBe("1_000.0");
    expect(decimal(1_500n, 3, 0)).toBe("2");
    expect(decimal(-1_500n, 3, 2)).toBe("\u22121.50");
    expect(decimal(0n, 6, 2)).toBe("0.00");
  });

  it("shows energy to the watt-hour, and shorter in headlines", () => {
    expect(plain(kwh(1n))).toBe("0.001~kWh");
    expect(plain(kwhShort(1_234n))).toBe("1.23~kWh");
    expect(plain(kwhShort(123_456n))).toBe("123.5~kWh");
    expect(plain(kwhShort(12_345_678n))).toBe("12_346~kWh");
  });

  it("loses nothing beyond 2^53", () => {
    expect(plain(kwh(9_007_199_254_740_993n))).toBe("9_007_199_254_740.993~kWh");
  });

  it("shows money to the cent, and to the last base unit where somebody agrees to pay it", () => {
    expect(plain(eur(1_005_000n))).toBe("1.01~EUR");
    expect(plain(eur(0n))).toBe("0.00~EUR");
    expect(plain(eur(4_400n))).toBe("0.0044~EUR");
    expect(plain(eur(99_999n))).toBe("0.1000~EUR");
    expect(plain(eurExact(482_150n))).toBe("0.48215~EUR");
    expect(plain(eurExact(1_500_000n))).toBe("1.50~EUR");
    expect(plain(eurExact(1n))).toBe("0.000001~EUR");
  });

  it("shows a tick as a hundredth of a cent", () => {
    expect(cents(1)).toBe("0.01");
    expect(plain(centsPerKwh(1_500))).toBe("15.00~ct/kWh");
    expect(cents(65_535)).toBe("655.35");
  });
});

describe("times", () => {
  it("names days and moments in UTC", () => {
    expect(dayLabel(17_318)).toBe("Thu, 1 Jun 2017");
    expect(instantLabel(1_496_297_700)).toBe("1 Jun 2017, 06:15");
  });

  it("names quarter-hours, and the day's end as 24:00", () => {
    expect(quarterLabel(0)).toBe("00:00\u201300:15");
    expect(quarterLabel(95)).toBe("23:45\u201324:00");
    expect(spanLabel(24, 79)).toBe("06:00\u201320:00");
    expect(spanLabel(0, 95)).toBe("all day");
  });

  it("says lengths of time in their largest sensible unit", () => {
    expect([20, 89, 120, 7_200, 3 * 86_400].map((seconds) => plain(duration(seconds)))).toEqual([
      "20~s",
      "89~s",
      "2~min",
      "2~h",
      "3~days",
    ]);
  });
});

describe("small words", () => {
  it("counts in singular and plural", () => {
    expect(plain(count(1, "offer"))).toBe("1~offer");
    expect(plain(count(0, "entry", "entries"))).toBe("0~entries");
  });

  it("shortens hashes but not short text, and compares addresses whatever their case", () => {
    expect(shortHex("0x1234567890abcdef")).toBe("0x1234\u2026cdef");
    expect(shortHex("0x1234")).toBe("0x1234");
    expect(sameAddress("0xAB", "0xab")).toBe(true);
    expect(sameAddress(undefined, undefined)).toBe(false);
  });
});
