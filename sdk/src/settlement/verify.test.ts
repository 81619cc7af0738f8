import { concatHex, type Hex, numberToHex } from "viem";
import { describe, expect, it } from "vitest";

import { dayMarket } from "../../test/markets.ts";
import { forSeeds, Random } from "../../test/random.ts";
import { InvalidValueError } from "../commonwatt-error.ts";
import { encodeClaims } from "./claims.ts";
import { decodeOutcome, decodePayments } from "./logged.ts";
import { solveDay } from "./solve.ts";
import { statementsOf } from "./statement.ts";
import { NO_TRADE } from "./types.ts";
import { type SettledDay, verifySettlement } from "./verify.ts";

/** What the contract logs of a cleared day. */
function logged({ intervals, payments }: ReturnType<typeof solveDay>) {
  return {
    prices: encodeClaims(intervals).prices,
    volumesWh: concatHex(intervals.map(({ volumeWh }) => numberToHex(volumeWh, { size: 4 }))),
    payments: concatHex(
      payments.flatMap(({ meter, baseUnits }): Hex[] => [
        numberToHex(meter, { size: 4 }),
        numberToHex(baseUnits, { size: 8, signed: true }),
      ]),
    ),
  };
}

function settledDay(random: Random, count: number): SettledDay {
  const { meters, tariff } = dayMarket(random, count);
  const clearing = solveDay(meters, tariff);
  const packed = logged(clearing);
  const { intervals: claims, unfunded, clearedWh, treasuryBaseUnits } = clearing;
  const payments = decodePayments(packed.payments);
  return { meters, tariff, claims, unfunded, clearedWh, treasuryBaseUnits, intervals: decodeOutcome(packed), payments };
}

/** A day on which something was sold. */
const day = settledDay(new Random(12), 8);
const trade = day.claims.findIndex(({ side }) => side !== NO_TRADE);

const changed = <Entry>(entries: readonly Entry[], index: number, to: Partial<Entry>) =>
  entries.map((entry, place) => (place === index ? { ...entry, ...to } : entry));

describe("verifySettlement", () => {
  it("finds nothing wrong with a right settlement, read back from what is logged", () => {
    forSeeds(80, (random) => {
      expect(verifySettlement(settledDay(random, random.integer(0, 15)))).toEqual([]);
    });
  });

  it("finds each single thing that is wrong", () => {
    expect(trade).toBeGreaterThanOrEqual(0);
    const low = day.intervals[trade]?.lowTicks ?? 0;
    const paid = day.payments[0]?.baseUnits ?? 0n;
    for (const [change, problem] of [
      [{ claims: changed(day.claims, trade, { side: NO_TRADE }) }, `claim of interval ${trade} breaks a rule`],
      [{ intervals: changed(day.intervals, trade, { lowTicks: low + 1 }) }, `The lowest price of interval ${trade} is`],
      [
        { intervals: changed(day.intervals, trade, { highTicks: 65_535 }) },
        `The highest price of interval ${trade} is`,
      ],
      [{ intervals: changed(day.intervals, trade, { volumeWh: 1n }) }, `The volume of interval ${trade}, in Wh, is 1`],
      [{ intervals: day.intervals.slice(0, 95) }, "Interval 95 is not among those logged."],
      [
        { payments: changed(day.payments, 0, { baseUnits: paid + 1n }) },
        "The payment of meter 1000, in base units, is",
      ],
      [{ payments: day.payments.slice(1) }, "The list of settled meters is"],
      [{ clearedWh: day.clearedWh + 1n }, "Energy shared, in Wh, is"],
      [{ treasuryBaseUnits: day.treasuryBaseUnits - 1n }, "What the treasury got, in base units, is"],
      [{ unfunded: [{ meter: 4 }, ...day.unfunded] }, "The list of unfunded meters is"],
    ] as const) {
      const problems = verifySettlement({ ...day, ...change });
      expect(problems.join(" ")).toContain(problem);
    }
  });

  it("refuses packed bytes of another length", () => {
    const packed = logged(solveDay(day.meters, day.tariff));
    expect(() => decodeOutcome({ ...packed, prices: "0x0102" })).toThrow("bytes of prices is 2, expected 384");
    expect(() => decodeOutcome({ ...packed, volumesWh: "0x" })).toThrow(InvalidValueError);
    expect(() => decodePayments("0x010203")).toThrow("bytes of payments is 3, expected a multiple of 12");
  });
});

describe("statementsOf", () => {
  it("adds up: energy per interval, money to the payment", () => {
    forSeeds(60, (random) => {
      const { meters, tariff } = dayMarket(random, random.integer(1, 12));
      const clearing = solveDay(meters, tariff);
      const statements = statementsOf(meters, tariff, clearing);
      const sum = (of: (statement: (typeof statements)[number]) => bigint) =>
        statements.reduce((total, statement) => total + of(statement), 0n);
      clearing.intervals.forEach(({ volumeWh }, index) => {
        expect(sum(({ soldWh }) => soldWh[index] ?? 0n)).toBe(volumeWh);
        expect(sum(({ boughtWh }) => boughtWh[index] ?? 0n)).toBe(volumeWh);
      });
      expect(sum(({ paymentBaseUnits }) => paymentBaseUnits)).toBe(clearing.treasuryBaseUnits);
      for (const { soldBaseUnits, boughtBaseUnits, paymentBaseUnits } of statements) {
        expect(boughtBaseUnits - soldBaseUnits).toBe(paymentBaseUnits);
        expect(soldBaseUnits >= 0n && boughtBaseUnits >= 0n).toBe(true);
      }
    });
  });
});
