import { describe, expect, it } from "vitest";

import { forSeeds } from "../test/random.ts";
import { DAY } from "../test/samples.ts";
import { meterNumber } from "./ids.ts";
import { encodeRemainingImports, subtractImports } from "./remaining-imports.ts";
import { planRetirement, type TokenBalance } from "./retire-plan.ts";
import { firstInterval, interval } from "./time.ts";
import { wh } from "./units.ts";

const zeros = new Array<number>(96).fill(0);
const start = firstInterval(DAY);
const meter = meterNumber(9);

function balance(exporter: number, index: number, energy: number, unit?: number): TokenBalance {
  return {
    meter: meterNumber(exporter),
    interval: interval(start + index),
    wh: wh(energy),
    ...(unit === undefined ? {} : { unitWh: wh(unit) }),
  };
}

function plan(remainingImports: readonly number[], balances: readonly TokenBalance[], unit = 1) {
  return planRetirement({ meter, day: DAY, remainingImports, balances, unitWh: wh(unit) });
}

describe("planRetirement", () => {
  it("uses as much as is held and not yet covered, lower meter numbers first, one range per exporter", () => {
    const remaining = zeros.with(10, 100).with(12, 50);
    const balances = [balance(5, 12, 80), balance(3, 12, 20), balance(3, 10, 40), balance(3, 11, 7)];
    expect(plan(remaining, balances)).toEqual({
      meter,
      day: DAY,
      remainingImports: encodeRemainingImports(remaining),
      ranges: [
        { meter: 3, firstInterval: start + 10, energyWh: [40, 0, 20] },
        { meter: 5, firstInterval: start + 12, energyWh: [30] },
      ],
    });
  });

  it("is undefined when nothing is held, nothing is left to cover, or the tokens are of another day", () => {
    expect(plan(zeros.with(0, 5), [])).toBeUndefined();
    expect(plan(zeros, [balance(3, 0, 5)])).toBeUndefined();
    expect(plan(zeros.with(0, 5), [balance(3, 96, 5), balance(3, -1, 5)])).toBeUndefined();
  });

  it("uses multiples of both meters' units", () => {
    expect(plan(zeros.with(0, 3), [balance(3, 0, 29)], 10)?.ranges[0]?.energyWh).toEqual([20]);
    expect(plan(zeros.with(0, 250), [balance(3, 0, 300, 100)], 1)?.ranges[0]?.energyWh).toEqual([200]);
    expect(plan(zeros.with(0, 25), [balance(3, 0, 300, 100)], 10)?.ranges[0]?.energyWh).toEqual([200]);
  });

  it("refuses a vector that is none", () => {
    expect(() => plan([1, 2], [])).toThrow("number of remainingImports is 2, expected 96");
  });

  it("covers the lesser of import and tokens in every interval, in any order of balances, and the contract accepts it", () => {
    forSeeds(500, (random) => {
      const remaining = random.list(96, () => (random.chance(50) ? 0 : random.integer(0, 500)));
      const balances = random.list(random.integer(0, 300), () =>
        balance(random.integer(1, 6), random.integer(0, 95), random.integer(0, 200)),
      );
      const planned = plan(remaining, balances);
      const ranges = planned?.ranges ?? [];
      const held = (index: number) =>
        balances.filter((one) => one.interval === start + index).reduce((sum, one) => sum + Number(one.wh), 0);
      // Throws if an interval is exceeded.
      const left = subtractImports(remaining, ranges, DAY, 1);
      expect(left).toEqual(remaining.map((units, index) => units - Math.min(units, held(index))));
      for (const { meter: exporter, firstInterval: first, energyWh } of ranges) {
        expect(energyWh[0]).not.toBe(0);
        expect(energyWh.at(-1)).not.toBe(0);
        energyWh.forEach((energy, offset) => {
          const own = balances.filter((one) => one.meter === exporter && one.interval === first + offset);
          expect(energy).toBeLessThanOrEqual(own.reduce((sum, one) => sum + Number(one.wh), 0));
        });
      }
      expect(plan(remaining, random.shuffle(balances))).toEqual(planned);
    });
  });
});
