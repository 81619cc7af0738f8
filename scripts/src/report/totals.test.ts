import { baseUnits, wh } from "@commonwatt/sdk/units";
import { parseIsoDay } from "@commonwatt/sdk/time";
import { describe, expect, it } from "vitest";

import { type Totals, totalsJson, totalsOf } from "./totals.ts";
import { dayLine, settlementStory } from "./words.ts";

const TOTALS: Totals = {
  days: 1,
  meters: 2,
  profiles: 2,
  importWh: wh(4_000),
  exportWh: wh(3_000),
  mintedWh: wh(3_000),
  soldWh: wh(1_000),
  retiredWh: wh(1_000),
  unattributedWh: wh(0),
  paidBaseUnits: baseUnits(150_000n),
  settled: {
    days: 0,
    meterDays: 0,
    clearedWh: wh(0),
    treasuryBaseUnits: baseUnits(0n),
    gasPerHouseholdDay: 0n,
  },
};

const SHARED: Totals = {
  ...TOTALS,
  soldWh: wh(0),
  retiredWh: wh(0),
  paidBaseUnits: baseUnits(0n),
  settled: {
    days: 1,
    meterDays: 2,
    clearedWh: wh(2_000),
    treasuryBaseUnits: baseUnits(40_000n),
    gasPerHouseholdDay: 200_000n,
  },
};

describe("totals", () => {
  it("of an empty ledger are zero", () => {
    expect(totalsOf({ profiles: [], transfers: [], trades: [], retirements: [] })).toMatchObject({
      days: 0,
      mintedWh: 0n,
      paidBaseUnits: 0n,
    });
  });

  it("are written as decimal strings", () => {
    expect(JSON.parse(totalsJson(TOTALS, ["x"]))).toEqual({
      days: "1",
      meters: "2",
      profiles: "2",
      importWh: "4000",
      exportWh: "3000",
      mintedWh: "3000",
      soldWh: "1000",
      retiredWh: "1000",
      unattributedWh: "0",
      paidBaseUnits: "150000",
      settled: { days: "0", meterDays: "0", clearedWh: "0", treasuryBaseUnits: "0", gasPerHouseholdDay: "0" },
      failures: ["x"],
    });
  });

  it("are told in words", () => {
    expect(dayLine(parseIsoDay("2026-06-01"), TOTALS)).toBe(
      "2026-06-01: 4.000 kWh drawn, 3.000 kWh fed in, 1.000 kWh sold for 0.15 EUR, 1.000 kWh used (25 % of the need).",
    );
    expect(dayLine(parseIsoDay("2026-06-01"), { ...TOTALS, unattributedWh: wh(5) })).toContain(
      "0.005 kWh without a time",
    );
    expect(dayLine(parseIsoDay("2026-06-01"), SHARED)).toBe(
      "2026-06-01: 4.000 kWh drawn, 3.000 kWh fed in, 2.000 kWh shared (50 % of the need), 0.04 EUR of network charge.",
    );
    expect(settlementStory(SHARED)).toBe(
      "1 day with 2 meter-days settled, 2.000 kWh shared, for 200000 gas per meter-day, announcements included.",
    );
    expect(settlementStory(TOTALS)).toBe("");
  });
});
