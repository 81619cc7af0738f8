import { describe, expect, it } from "vitest";

import { missedGoals, p256Extra } from "./goals.ts";
import type { BenchRow } from "./settle-columns.ts";

const day = (meters: number, classes: number, gas: number, keys?: string): BenchRow => ({
  bench: "settleDay",
  profiles: "real",
  meters,
  classes,
  gas,
  ...(keys !== undefined && { keys }),
});
const CURVES = [day(20, 4, 600_000, "secp256k1"), day(20, 4, 730_000, "P-256")];
const MET = [day(100, 4, 2_100_000), day(256, 12, 5_120_000), ...CURVES];

describe("missedGoals", () => {
  it("finds nothing where every goal is just met", () => {
    expect(missedGoals(MET, ["real"])).toEqual([]);
  });

  it("names what takes more, by one gas", () => {
    const worse = MET.map((row) => ({ ...row, gas: row.gas + (row["keys"] === "secp256k1" ? -1 : 1) }));
    expect(missedGoals(worse, ["real"])).toEqual([
      "Settling 100 meters in 4 classes on real profiles takes 21000.0 gas per household-day, expected at most 21000.",
      "Settling 256 meters in 12 classes on real profiles takes 20000.0 gas per household-day, expected at most 20000.",
      "A P-256 key, instead of the chain's own, on real profiles takes 6500.1 gas per household-day, expected at most 6500.",
    ]);
  });

  it("does not take a day of another size, key or source for the measured one", () => {
    const others = [day(100, 12, 1), day(20, 4, 1), day(100, 4, 1, "P-256")];
    expect(missedGoals(others, ["real"])).toHaveLength(3);
    expect(missedGoals(MET, ["generated"])).toEqual([
      "Settling 100 meters in 4 classes on generated profiles was not measured, expected at most 21000 gas per household-day.",
      "Settling 256 meters in 12 classes on generated profiles was not measured, expected at most 20000 gas per household-day.",
      "A P-256 key, instead of the chain's own, on generated profiles was not measured, expected at most 6500 gas per household-day.",
    ]);
  });
});

describe("p256Extra", () => {
  it("is the difference per meter, and nothing without both", () => {
    expect(p256Extra(CURVES)).toBe(6_500);
    expect(p256Extra(CURVES.slice(1))).toBeUndefined();
  });
});
