import { describe, expect, it } from "vitest";

import { dayMarket, settlementMeter } from "../testing/market.ts";
import { allocationCsv } from "./allocation-csv.ts";
import { statementsOf } from "./day-market.ts";

describe("allocationCsv", () => {
  const market = dayMarket([
    settlementMeter(2, { imports: { 40: 300 } }),
    settlementMeter(1, { exports: { 40: 1_000, 41: 7 } }),
  ]);
  const lines = allocationCsv(market, statementsOf(market)).split("\n");

  it("has a line for each meter and quarter-hour, by meter, and ends with a line break", () => {
    expect(lines).toHaveLength(1 + 2 * 96 + 1);
    expect(lines.at(-1)).toBe("");
    expect(lines[1]).toMatch(/^1,2024-10-04T00:00:00Z,/u);
  });

  it("says what was sold and bought of what was sent out and taken in, and at which price", () => {
    expect(lines[1 + 40]).toBe("1,2024-10-04T10:00:00Z,0,1000,0,300,1500");
    expect(lines[1 + 41]).toBe("1,2024-10-04T10:15:00Z,0,7,0,0,0");
    expect(lines[1 + 96 + 40]).toBe("2,2024-10-04T10:00:00Z,300,0,300,0,1500");
  });
});
