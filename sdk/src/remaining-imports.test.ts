import { concatHex, keccak256, numberToHex, size } from "viem";
import { describe, expect, it } from "vitest";

import { forSeeds } from "../test/random.ts";
import { DAY } from "../test/samples.ts";
import {
  decodeRemainingImports,
  encodeRemainingImports,
  hashRemainingImports,
  subtractImports,
} from "./remaining-imports.ts";
import { day, firstInterval } from "./time.ts";

const zeros = new Array<number>(96).fill(0);
const start = firstInterval(DAY);

describe("the vector of remaining imports", () => {
  it("is 96 big-endian uint16 and comes back from its bytes", () => {
    forSeeds(200, (random) => {
      const units = random.list(96, () => random.integer(0, 0xffff));
      const hex = encodeRemainingImports(units);
      expect(hex).toBe(concatHex(units.map((value) => numberToHex(value, { size: 2 }))));
      expect(size(hex)).toBe(192);
      expect(decodeRemainingImports(hex)).toEqual(units);
    });
  });

  it("is hashed behind its day, packed", () => {
    const hex = encodeRemainingImports(zeros.with(1, 5));
    expect(hashRemainingImports(DAY, hex)).toBe(keccak256(concatHex([numberToHex(DAY, { size: 4 }), hex])));
    expect(hashRemainingImports(day(DAY + 1), hex)).not.toBe(hashRemainingImports(DAY, hex));
  });

  it("refuses another length", () => {
    expect(() => decodeRemainingImports(`0x${"00".repeat(191)}`)).toThrow("expected 192 bytes");
    expect(() => encodeRemainingImports(zeros.slice(1))).toThrow("number of remainingImports is 95, expected 96");
  });
});

describe("subtractImports", () => {
  it("takes ranges off, in the meter's unit, and leaves its input alone", () => {
    const before = zeros.with(0, 5).with(1, 7);
    const ranges = [
      { meter: 3, firstInterval: start, energyWh: [20, 0] },
      { meter: 4, firstInterval: start, energyWh: [10, 70] },
    ];
    expect(subtractImports(before, ranges, DAY, 10)).toEqual(zeros.with(0, 2));
    expect(before).toEqual(zeros.with(0, 5).with(1, 7));
  });

  it("never goes below zero, whatever is taken in whatever parts", () => {
    forSeeds(200, (random) => {
      const units = random.list(96, () => random.integer(0, 32_767));
      const parts = units.map((value) => random.integer(0, value));
      const range = (values: number[]) => ({ meter: 1, firstInterval: start, energyWh: values });
      const left = subtractImports(units, [range(parts)], DAY, 1);
      expect(left).toEqual(units.map((value, index) => value - (parts[index] ?? 0)));
      expect(subtractImports(left, [range(left)], DAY, 1)).toEqual(zeros);
    });
  });

  it.each([
    [start + 95, [1, 1], `interval is ${start + 96}, expected one of the 96 intervals of day ${DAY}`],
    [start - 1, [1], `interval is ${start - 1}, expected one of the 96`],
    [start, [15], "energyWh is 15, expected a multiple of 10 Wh"],
    [start, [1000], "1.000 kWh is more than the 0.050 kWh of import left at 2017-06-01 00:00 UTC"],
  ])("refuses %s, %s", (first, energyWh, message) => {
    const units = zeros.with(0, 5).with(95, 5);
    expect(() =>
      subtractImports(units, [{ meter: 1, firstInterval: first, energyWh }], DAY, energyWh[0] === 1 ? 1 : 10),
    ).toThrow(message);
  });
});
