import { describe, expect, it } from "vitest";

import { verifySettlement } from "@commonwatt/sdk/settlement/verify";

import { sumSeries } from "../lib/series.ts";
import { dayMarket, settlementMeter } from "../testing/market.ts";
import { marketSeries, statementsOf, totalsOf } from "./day-market.ts";

const PLANT = settlementMeter(1, { exports: { 40: 1_000 } });
const HOME = settlementMeter(2, { imports: { 40: 300, 70: 500 } });
const POOR = settlementMeter(3, { imports: { 40: 400 } }, { balanceBaseUnits: 0n });

describe("a settled day", () => {
  const market = dayMarket([PLANT, HOME, POOR]);
  const statements = statementsOf(market);

  it("counts as demand only what could be paid", () => {
    const { supply, demand, cleared } = marketSeries(market);
    expect([supply[40], demand[40], cleared[40]]).toEqual([1_000, 300, 300]);
  });

  it("states what a meter sold, earned and kept, to the Wh and the base unit", () => {
    const statement = statements.get(1);
    expect(statement).toMatchObject({ earnedBaseUnits: 45_000n, spentBaseUnits: 0n, paymentBaseUnits: -45_000n });
    expect(statement && totalsOf(statement)).toEqual({
      soldWh: 300n,
      boughtWh: 0n,
      residualExportWh: 700n,
      residualImportWh: 0n,
    });
  });

  it("states what a meter bought, the network charge included, and what its supplier still bills", () => {
    const statement = statements.get(2);
    expect(statement).toMatchObject({ spentBaseUnits: 48_000n, paymentBaseUnits: 48_000n });
    expect(statement && totalsOf(statement)).toMatchObject({ boughtWh: 300n, residualImportWh: 500n });
  });

  it("leaves an unfunded meter all its import", () => {
    const statement = statements.get(3);
    expect(statement).toMatchObject({ spentBaseUnits: 0n, paymentBaseUnits: 0n });
    expect(statement && sumSeries(statement.bought)).toBe(0);
  });

  it("has no statement of a meter that was not in it", () => {
    expect(statements.get(9)).toBeUndefined();
  });

  it("holds against the reference, and a payment that was tampered with does not", () => {
    expect(verifySettlement({ ...market.settled, ...market })).toEqual([]);
    const payments = market.settled.payments.map((payment) =>
      payment.meter === 2 ? { ...payment, baseUnits: 1n } : payment,
    );
    expect(verifySettlement({ ...market.settled, ...market, payments }).join()).toContain("payment of meter 2");
    expect(verifySettlement({ ...market.settled, ...market, unfunded: [] }).join()).toContain("unfunded");
  });

  it("reckons in Wh whatever a meter's unit is", () => {
    const big = dayMarket([settlementMeter(1, { exports: { 10: 5 } }, { exponent: 2 }), HOME]);
    expect(marketSeries(big).supply[10]).toBe(500);
  });
});
