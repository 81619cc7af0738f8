import { describe, expect, it } from "vitest";

import { dayMarket } from "../../../test/markets.ts";
import { forSeeds } from "../../../test/random.ts";
import { InvalidValueError } from "../../commonwatt-error.ts";
import { fundsNeeded } from "../limits.ts";
import type { SettlementMeter } from "../types.ts";
import { allocateDay } from "./allocate.ts";
import { checkClaims } from "./check.ts";
import { clearDay } from "./day.ts";

const lanes = (entries: Record<number, number> = {}) => Array.from({ length: 96 }, (_, index) => entries[index] ?? 0);

const meter = (number: number, change: Partial<SettlementMeter> = {}): SettlementMeter => ({
  meter: number,
  exponent: 0,
  community: true,
  askTicks: 0,
  bidTicks: 0,
  balanceBaseUnits: 10n ** 12n,
  imports: lanes(),
  exports: lanes(),
  ...change,
});

const TARIFF = { communityPriceTicks: 1_500, networkChargeTicks: 100 };

describe("clearDay", () => {
  it("balances: what is paid covers the network charge, and dust is within [0, 1.06) base units a meter-day", () => {
    forSeeds(400, (random) => {
      const { meters, tariff } = dayMarket(random, random.integer(1, 30));
      const { payments, treasuryBaseUnits, clearedWh } = clearDay(meters, tariff);
      expect(payments.reduce((sum, { baseUnits }) => sum + baseUnits, 0n)).toBe(treasuryBaseUnits);
      const tenthsOfDust = treasuryBaseUnits * 10n - clearedWh * BigInt(tariff.networkChargeTicks);
      expect(tenthsOfDust).toBeGreaterThanOrEqual(0n);
      expect(Number(tenthsOfDust) / 10).toBeLessThan(1.06 * meters.length);
    });
  });

  it("takes from nobody more than its import at its own bid, nor more than its balance", () => {
    forSeeds(200, (random) => {
      const { meters, tariff } = dayMarket(random, random.integer(1, 20));
      const { payments, unfunded } = clearDay(meters, tariff);
      const poor = new Set(unfunded.map((entry) => entry.meter));
      payments.forEach(({ baseUnits }, index) => {
        const party = meters[index];
        if (party === undefined) throw new Error("a payment without a meter");
        expect(baseUnits <= (poor.has(party.meter) ? 0n : fundsNeeded(party, tariff))).toBe(true);
        expect(baseUnits <= party.balanceBaseUnits).toBe(true);
      });
    });
  });

  it("makes claims that the acceptance rules admit", () => {
    forSeeds(200, (random) => {
      const { meters, tariff } = dayMarket(random, random.integer(0, 20));
      expect(checkClaims(meters, tariff, clearDay(meters, tariff).intervals)).toBeUndefined();
    });
  });

  it("allocates whole Wh: per interval what is sold is bought", () => {
    forSeeds(100, (random) => {
      const { meters, tariff } = dayMarket(random, random.integer(1, 12));
      const clearing = clearDay(meters, tariff);
      const allocation = allocateDay(meters, tariff, clearing);
      clearing.intervals.forEach(({ volumeWh }, index) => {
        expect(allocation.reduce((sum, { soldWh }) => sum + (soldWh[index] ?? 0n), 0n)).toBe(volumeWh);
        expect(allocation.reduce((sum, { boughtWh }) => sum + (boughtWh[index] ?? 0n), 0n)).toBe(volumeWh);
      });
    });
  });

  it("shares pro rata to use at the community price", () => {
    const sun = meter(1, { exports: lanes({ 50: 1_000 }) });
    const homes = [300, 900, 801].map((units, index) => meter(index + 2, { imports: lanes({ 50: units }) }));
    const clearing = clearDay([sun, ...homes], TARIFF);
    expect(clearing.clearedWh).toBe(1_000n);
    const shares = allocateDay([sun, ...homes], TARIFF, clearing).map(({ boughtWh }) => boughtWh[50]);
    // 149.925, 449.775 and 400.299 of 1,000: the two largest remainders are rounded up.
    expect(shares).toEqual([0n, 150n, 450n, 400n]);
    expect(clearing.payments).toEqual([
      { meter: 1, baseUnits: -150_000n },
      { meter: 2, baseUnits: 23_989n },
      { meter: 3, baseUnits: 71_965n },
      { meter: 4, baseUnits: 64_048n },
    ]);
    expect(clearing.treasuryBaseUnits).toBe(10_002n);
  });

  it("gives the odd Wh to the lower meter number where remainders are equal", () => {
    const sun = meter(9, { exports: lanes({ 0: 5 }) });
    const homes = [7, 3].map((number) => meter(number, { imports: lanes({ 0: 3 }) }));
    const meters = [sun, ...homes];
    const shares = allocateDay(meters, TARIFF, clearDay(meters, TARIFF)).map(({ boughtWh }) => boughtWh[0]);
    expect(shares).toEqual([0n, 2n, 3n]);
  });

  it("lets a meter that cannot pay its whole import buy nothing, and still sell", () => {
    const home = { imports: lanes({ 10: 1_000 }), exports: lanes({ 11: 700 }) };
    const buyer = meter(2, { imports: lanes({ 11: 700 }) });
    const seller = meter(3, { exports: lanes({ 10: 1_000 }) });
    const rich = clearDay([meter(1, { ...home, balanceBaseUnits: 160_000n }), buyer, seller], TARIFF);
    expect(rich.unfunded).toEqual([]);
    expect(rich.clearedWh).toBe(1_700n);
    const poor = clearDay([meter(1, { ...home, balanceBaseUnits: 159_999n }), buyer, seller], TARIFF);
    expect(poor.unfunded).toEqual([{ meter: 1, balanceBaseUnits: 159_999n, neededBaseUnits: 160_000n }]);
    expect(poor.clearedWh).toBe(700n);
    expect(poor.payments.map(({ baseUnits }) => baseUnits)).toEqual([-105_000n, 112_000n, 0n]);
  });

  it("counts in the unit of each meter", () => {
    const plant = meter(1, { exponent: 2, exports: lanes({ 40: 3 }) });
    const mill = meter(2, { exponent: 1, imports: lanes({ 40: 25 }) });
    const clearing = clearDay([plant, mill], TARIFF);
    expect(clearing.intervals[40]).toMatchObject({ volumeWh: 250n });
    expect(clearing.payments.map(({ baseUnits }) => baseUnits)).toEqual([-37_500n, 40_000n]);
  });

  it("refuses what no word or profile can hold, naming it", () => {
    for (const change of [
      { exponent: 3 },
      { community: false, askTicks: 65_536 },
      { bidTicks: 1 },
      { balanceBaseUnits: -1n },
      { imports: lanes({ 5: 32_768 }) },
      { exports: [1, 2, 3] },
    ]) {
      expect(() => clearDay([meter(1, change)], TARIFF)).toThrow(InvalidValueError);
    }
    expect(() => clearDay([meter(1), meter(1)], TARIFF)).toThrow("meter is 1, expected each meter once");
    expect(() => clearDay([], { communityPriceTicks: 65_500, networkChargeTicks: 36 })).toThrow(
      "networkChargeTicks is 36, expected a whole number from 0 to 35",
    );
  });
});
