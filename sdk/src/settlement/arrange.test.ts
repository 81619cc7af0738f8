import { numberToHex } from "viem";
import { describe, expect, it } from "vitest";

import { forSeeds, type Random } from "../../test/random.ts";
import { InvalidValueError } from "../commonwatt-error.ts";
import { type Arrangeable, arrange } from "./arrange.ts";

const meterOf = (number: number, askTicks: number): Arrangeable => ({
  meter: number,
  device: numberToHex(number, { size: 20 }),
  community: false,
  exponent: 0,
  askTicks,
  bidTicks: 9,
});

const street = (random: Random) =>
  random.list(random.integer(1, 12), (index) => meterOf(index + 1, random.integer(0, 3)));

describe("arrange", () => {
  it("keeps every meter once, classes pure, and forced ones in their order", () => {
    forSeeds(300, (random) => {
      const meters = street(random);
      const forced = random.shuffle(meters).slice(0, random.integer(0, meters.length));
      const classes = arrange(
        meters,
        forced.map(({ device }) => device),
      );
      const order = classes.flat();
      expect(order.toSorted((a, b) => a.meter - b.meter)).toEqual(meters);
      expect(order.filter((meter) => forced.includes(meter))).toEqual(forced);
      for (const members of classes) expect(new Set(members.map(({ askTicks }) => askTicks)).size).toBe(1);
    });
  });

  it("makes no more classes than the order of forcing demands", () => {
    forSeeds(300, (random) => {
      const meters = street(random);
      const forced = random.shuffle(meters).slice(0, random.integer(0, meters.length));
      const changes = forced.filter((meter, index) => meter.askTicks !== forced[index - 1]?.askTicks).length;
      const classes = (of: readonly Arrangeable[]) => new Set(of.map(({ askTicks }) => askTicks)).size;
      const devices = forced.map(({ device }) => device);
      expect(arrange(meters, devices)).toHaveLength(changes + classes(meters) - classes(forced));
    });
  });

  it("refuses a forced device that is not there", () => {
    expect(() => arrange([meterOf(1, 0)], [numberToHex(2, { size: 20 })])).toThrow(InvalidValueError);
  });
});
