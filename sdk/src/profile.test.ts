import { concatHex, numberToHex, size } from "viem";
import { describe, expect, it } from "vitest";

import { forSeeds, Random } from "../test/random.ts";
import { randomProfile } from "../test/samples.ts";
import {
  assertValidProfile,
  type DayProfile,
  decodeIntervals,
  decodeQuality,
  encodeIntervals,
  encodeQuality,
  ESTIMATED,
  MEASURED,
  MISSING,
  type Quality,
  REGISTER_LIMIT,
} from "./profile.ts";

const zeros = new Array<number>(96).fill(0);
const qualities = [MEASURED, ESTIMATED, MISSING] as const;

function profile(change: Partial<DayProfile> = {}): DayProfile {
  return { ...randomProfile(new Random(1)), ...change };
}

describe("intervals", () => {
  it("are 96 pairs of big-endian uint16, import first", () => {
    const random = new Random(7);
    const imports = random.list(96, () => random.integer(0, 0xffff));
    const exports = random.list(96, () => random.integer(0, 0xffff));
    const expected = concatHex(
      imports.flatMap((units, index) => [
        numberToHex(units, { size: 2 }),
        numberToHex(exports[index] ?? 0, { size: 2 }),
      ]),
    );
    expect(encodeIntervals(imports, exports)).toBe(expected);
    expect(size(expected)).toBe(384);
  });

  it("come back from their bytes", () => {
    forSeeds(200, (random) => {
      const imports = random.list(96, () => random.integer(0, 0xffff));
      const exports = random.list(96, () => random.integer(0, 0xffff));
      expect(decodeIntervals(encodeIntervals(imports, exports))).toEqual({ imports, exports });
    });
  });

  it("refuse a wrong number of entries, and entries that are no uint16", () => {
    expect(() => encodeIntervals(zeros.slice(1), zeros)).toThrow("number of imports is 95, expected 96");
    expect(() => encodeIntervals(zeros, zeros.with(3, -1))).toThrow("exports[3] is -1, expected a whole number from 0");
    expect(() => encodeIntervals(zeros.with(95, 65_536), zeros)).toThrow("imports[95] is 65536");
    expect(() => encodeIntervals(new Array<number>(96), zeros)).toThrow("imports[0] is NaN");
  });

  it("refuse bytes of another length", () => {
    expect(() => decodeIntervals("0x00")).toThrow('intervals is "0x00", expected 384 bytes');
    expect(() => decodeIntervals(`0x${"zz".repeat(384)}`)).toThrow("expected 384 bytes");
  });
});

describe("quality", () => {
  it("has two bits per interval, the first lowest", () => {
    const quality = new Array<Quality>(96).fill(MEASURED).with(0, ESTIMATED).with(95, MISSING);
    expect(encodeQuality(quality)).toBe(1n | (2n << 190n));
  });

  it("comes back from its bits", () => {
    forSeeds(200, (random) => {
      const quality = random.list(96, () => random.pick(qualities));
      expect(decodeQuality(encodeQuality(quality))).toEqual(quality);
    });
  });

  it("refuses the unused value 3 and bits above the day", () => {
    expect(() => decodeQuality(3n << 4n)).toThrow("quality of interval 2 is 3, expected 0 (measured)");
    expect(() => decodeQuality(1n << 192n)).toThrow(
      "quality is 6277101735386680763835789423207666416102355444464034512896",
    );
    expect(() => encodeQuality(new Array<Quality>(95).fill(MEASURED))).toThrow("number of quality is 95");
  });
});

describe("assertValidProfile", () => {
  it("accepts what a device may sign", () => {
    forSeeds(100, (random) => {
      assertValidProfile(randomProfile(random));
    });
  });

  it.each([
    [
      { importRegister: REGISTER_LIMIT },
      "importRegister is 17592186044416, expected a whole number from 0 to 17592186044415",
    ],
    [{ exportRegister: -1n }, "exportRegister is -1"],
    [{ imports: zeros.with(5, 32_768) }, "imports[5] is 32768, expected a whole number from 0 to 32767"],
    [{ exports: zeros.slice(2) }, "number of exports is 94, expected 96"],
    [
      { imports: zeros.with(5, 7), importRegister: 6n },
      "sum of the day's imports is 7, expected at most the import register, 6",
    ],
    [{ exports: zeros.with(5, 7), exportRegister: 6n }, "sum of the day's exports is 7"],
    [{ day: -1 as DayProfile["day"] }, "day is -1"],
  ] satisfies [Partial<DayProfile>, string][])("refuses %o", (change, message) => {
    expect(() => {
      assertValidProfile(profile({ quality: new Array<Quality>(96).fill(MEASURED), ...change }));
    }).toThrow(message);
  });

  it("refuses energy in a missing interval", () => {
    const quality = new Array<Quality>(96).fill(MEASURED).with(9, MISSING);
    const imports = zeros.with(9, 12);
    expect(() => {
      assertValidProfile(profile({ quality, imports, exports: zeros }));
    }).toThrow("energy of missing interval 9 is 12, expected 0");
  });
});
