import { size } from "viem";
import { describe, expect, it } from "vitest";

import { dayMarket } from "../../test/markets.ts";
import { anySignature, plannedMeter } from "../../test/planned.ts";
import { forSeeds, Random } from "../../test/random.ts";
import { DAY } from "../../test/samples.ts";
import { InvalidValueError } from "../commonwatt-error.ts";
import { type BatchClass, decodeBatch, encodeBatch } from "./batch.ts";
import { decodeClaims, encodeClaims } from "./claims.ts";
import { solveDay } from "./solve.ts";

const random = new Random(11);

function anyClass(seed: Random): BatchClass {
  const { meters } = dayMarket(seed, seed.integer(1, 5));
  return {
    community: seed.chance(50),
    exponent: seed.integer(0, 2),
    askTicks: seed.integer(0, 65_535),
    bidTicks: seed.integer(0, 65_535),
    profiles: meters.map((meter, seat) => {
      return plannedMeter(seed, meter, { seat, p256: seed.chance(30), quality: seed.chance(50) }).profile;
    }),
  };
}

const profile = plannedMeter(random, dayMarket(random, 1).meters[0] ?? fail(), { seat: 0 }).profile;

function fail(): never {
  throw new Error("no meter");
}

describe("a batch", () => {
  it("comes back as it was put in", () => {
    forSeeds(100, (seed) => {
      const classes = seed.list(seed.integer(0, 4), () => anyClass(seed));
      expect(decodeBatch(encodeBatch(classes), DAY)).toEqual(classes);
    });
  });

  it("has 7 bytes for a class, 461 for a profile, 24 for quality and 64 for a P-256 key", () => {
    const of = { community: true, exponent: 0, askTicks: 0, bidTicks: 0 };
    const bytes = (change: object) =>
      size(encodeBatch([{ ...of, profiles: [{ ...profile, quality: 0n, ...change }] }]));
    expect(size(encodeBatch([{ ...of, profiles: [] }]))).toBe(7);
    expect(bytes({})).toBe(7 + 461);
    expect(bytes({ quality: 1n })).toBe(7 + 485);
    expect(bytes({ quality: 1n, signature: anySignature(random, true) })).toBe(7 + 549);
  });

  it("refuses what does not fit its field", () => {
    for (const change of [
      { importRegister: 1n << 48n },
      { quality: 1n << 192n },
      { intervals: "0x00" as const },
      { signature: "0x00" as const },
    ]) {
      const classes = [
        { community: false, exponent: 0, askTicks: 1, bidTicks: 2, profiles: [{ ...profile, ...change }] },
      ];
      expect(() => encodeBatch(classes)).toThrow(InvalidValueError);
    }
  });

  it("is refused when it ends inside a class or profile", () => {
    const whole = encodeBatch([{ community: false, exponent: 2, askTicks: 1, bidTicks: 2, profiles: [profile] }]);
    for (const length of [4, 14, 300, whole.length - 2]) {
      expect(() => decodeBatch(`0x${whole.slice(2, length)}`, DAY)).toThrow("ends inside a class or profile");
    }
  });
});

describe("claims", () => {
  it("come back as they were put in", () => {
    forSeeds(60, (seed) => {
      const { meters, tariff } = dayMarket(seed, seed.integer(0, 12));
      const { intervals } = solveDay(meters, tariff);
      const claims = encodeClaims(intervals);
      expect([size(claims.prices), size(claims.effective)]).toEqual([384, 768]);
      expect(decodeClaims(claims)).toEqual(
        intervals.map(({ lowTicks, highTicks, side, effective }) => ({ lowTicks, highTicks, side, effective })),
      );
    });
  });

  it("are of 96 intervals", () => {
    expect(() => encodeClaims([])).toThrow(InvalidValueError);
    expect(() => decodeClaims({ prices: "0x", sides: 0n, effective: "0x" })).toThrow(InvalidValueError);
    const { intervals } = solveDay([], { communityPriceTicks: 0, networkChargeTicks: 0 });
    expect(() => decodeClaims({ ...encodeClaims(intervals), effective: "0x00" })).toThrow("expected 768 bytes");
  });
});
