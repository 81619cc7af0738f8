import { describe, expect, it } from "vitest";

import { fitGas } from "./fit.ts";

const GRID = [20, 100, 256].flatMap((meters) => [1, 4, 12].map((classes) => ({ meters, classes })));

describe("fitGas", () => {
  it("finds the parts that days are made of", () => {
    const days = GRID.map((of) => ({ ...of, gas: 400_000 + 60_000 * of.classes + 16_500 * of.meters }));
    const { fixed, perClass, perMeter } = fitGas(days);
    expect(fixed).toBeCloseTo(400_000, 3);
    expect(perClass).toBeCloseTo(60_000, 3);
    expect(perMeter).toBeCloseTo(16_500, 3);
  });

  it("refuses days that leave them open", () => {
    expect(() => fitGas([{ meters: 20, classes: 4, gas: 1 }])).toThrow("do not vary enough");
  });
});
