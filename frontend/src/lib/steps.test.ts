import { describe, expect, it } from "vitest";

import { curveExtent, curvePath, roundUp } from "./steps.ts";

const SUPPLY = [
  { priceTicks: 1_000, fromWh: 0, toWh: 400 },
  { priceTicks: 2_000, fromWh: 400, toWh: 1_000 },
];

describe("curvePath", () => {
  const extent = { energyWh: 1_000, priceTicks: 4_000 };

  it("draws a supply curve as stairs that begin at the bottom and rise without end", () => {
    expect(curvePath(SUPPLY, extent, "rise")).toBe("M0 400V300H400V200H1000V0");
  });

  it("draws a demand curve from the top down to nothing", () => {
    expect(curvePath([{ priceTicks: 3_000, fromWh: 0, toWh: 500 }], extent, "fall")).toBe("M0 0V100H500V400");
  });

  it("draws nothing where nobody offers", () => {
    expect(curvePath([], extent, "rise")).toBe("");
  });
});

describe("curveExtent", () => {
  it("reaches beyond the last step and the highest price", () => {
    const { energyWh, priceTicks } = curveExtent([SUPPLY], 0);
    expect(energyWh).toBeGreaterThanOrEqual(1_000);
    expect(priceTicks).toBeGreaterThan(2_000);
  });

  it("has room even for an empty market", () => {
    expect(curveExtent([[], []], 0)).toEqual({ energyWh: 1, priceTicks: 1.5 });
  });
});

describe("roundUp", () => {
  it.each([
    [1, 1],
    [7, 8],
    [1_137, 1_500],
    [99, 100],
    [100, 100],
  ])("%d becomes %d", (value, rounded) => {
    expect(roundUp(value)).toBe(rounded);
  });
});
