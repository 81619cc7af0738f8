import { describe, expect, it } from "vitest";

import { parseCents, parseKwh } from "./parse.ts";

describe("a price as typed", () => {
  it.each([
    ["15", 1_500],
    ["15.5", 1_550],
    ["15,25", 1_525],
    [" 0.01 ", 1],
    ["0", 0],
    ["655.35", 65_535],
    ["3.", 300],
  ])("reads %s as %i ticks", (text, expected) => {
    expect(parseCents(text)).toEqual({ ok: true, value: expected });
  });

  it.each(["", "abc", "-1", "1e3", "15.123", "1.2.3", "\u0661\u0665", "0x10"])(
    "refuses %s and says how to write it",
    (text) => {
      expect(parseCents(text)).toEqual({ ok: false, message: expect.stringContaining("15.25") as string });
    },
  );

  it("refuses a price beyond 16 bits and says the highest", () => {
    expect(parseCents("655.36")).toEqual({ ok: false, message: expect.stringContaining("655.35") as string });
  });
});

describe("an amount of energy as typed", () => {
  it("reads kWh exactly to the watt-hour", () => {
    expect(parseKwh("1.25")).toEqual({ ok: true, value: 1_250n });
    expect(parseKwh("0,001")).toEqual({ ok: true, value: 1n });
  });

  it("refuses nothing, too much precision, and absurd lengths", () => {
    expect(parseKwh("0")).toMatchObject({ ok: false });
    expect(parseKwh("1.2345")).toMatchObject({ ok: false });
    expect(parseKwh("1234567890")).toMatchObject({ ok: false });
  });
});
