import { describe, expect, it } from "vitest";

import { dayMarket } from "../../test/markets.ts";
import { forSeeds, Random } from "../../test/random.ts";
import { InvalidValueError } from "../commonwatt-error.ts";
import { clearDay } from "./reference/day.ts";
import { solveDay } from "./solve.ts";

describe("solveDay", () => {
  it("gives what the reference gives, to the base unit", () => {
    let cleared = 0n;
    forSeeds(600, (random) => {
      const { meters, tariff } = dayMarket(random, random.integer(0, 60));
      const solved = solveDay(meters, tariff);
      cleared += solved.clearedWh;
      expect(solved).toEqual(clearDay(meters, tariff));
    });
    expect(cleared).toBeGreaterThan(0n);
  });

  it("holds with every lane at its end", () => {
    const lanes = Array.from({ length: 96 }, () => 32_767);
    for (const exponent of [0, 2]) {
      for (const priceTicks of [0, 65_535]) {
        const meters = Array.from({ length: 256 }, (_, index) => ({
          meter: index + 1,
          exponent,
          community: true,
          askTicks: 0,
          bidTicks: 0,
          balanceBaseUnits: 2n ** 56n - 1n,
          imports: index % 3 === 0 ? lanes : [...lanes].fill(0),
          exports: index % 3 === 0 ? [...lanes].fill(0) : lanes,
        }));
        const tariff = { communityPriceTicks: priceTicks, networkChargeTicks: 0 };
        expect(solveDay(meters, tariff)).toEqual(clearDay(meters, tariff));
      }
    }
  });

  it("clears a full neighbourhood in well under 100 ms of a processor", () => {
    const { meters, tariff } = dayMarket(new Random(7), 256);
    const times = Array.from({ length: 7 }, () => {
      const start = process.threadCpuUsage();
      solveDay(meters, tariff);
      return process.threadCpuUsage(start).user / 1000;
    });
    expect(Math.min(...times)).toBeLessThan(100);
  });

  it("refuses what no word or profile can hold", () => {
    const { meters, tariff } = dayMarket(new Random(1), 3);
    expect(() => solveDay([...meters, ...meters], tariff)).toThrow(InvalidValueError);
    expect(() => solveDay(meters, { communityPriceTicks: -1, networkChargeTicks: 0 })).toThrow(InvalidValueError);
  });
});
