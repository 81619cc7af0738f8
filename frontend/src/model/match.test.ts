import { describe, expect, it } from "vitest";

import { buildOffer } from "@commonwatt/sdk/offers";
import { ticks, wh } from "@commonwatt/sdk/units";

import {
  approval,
  at,
  booksOf,
  BUYER,
  chunk,
  DAY,
  line,
  MARKETPLACE,
  meterEntry,
  NOW,
  profileEntry,
  retirementEntry,
  SELLER,
  series,
  TOKEN,
  transferEntry,
  ZERO,
} from "../testing/chunk.ts";
import { expiryOf } from "./books.ts";
import { holdingsOf, metersOf } from "./holdings.ts";
import { viewOffer } from "./market.ts";
import {
  daysInNeed,
  missingOfAll,
  needOf,
  planByHand,
  planMatch,
  planSeries,
  possibleUses,
  samePlan,
  usableOf,
} from "./match.ts";

const recorded = chunk({
  meters: [meterEntry(1, SELLER), meterEntry(2, BUYER)],
  profiles: [
    profileEntry(1, DAY, series({}), series({ 40: 100, 41: 100, 50: 100 })),
    profileEntry(2, DAY, series({ 40: 30, 41: 150, 80: 60 }), series({})),
  ],
  transfers: [transferEntry(ZERO, SELLER, [line(1, at(40), 100), line(1, at(41), 100), line(1, at(50), 100)])],
  events: [approval(true)],
});
const books = booksOf(recorded);
const mine = metersOf(books, BUYER);
const charge = ticks(100);

const offer = (priceTicks: number, nonce: bigint) =>
  viewOffer(
    books,
    {
      hash: "0x01",
      signature: "0x02",
      offer: buildOffer({
        seller: SELLER,
        token: TOKEN,
        meter: 1,
        firstInterval: at(0),
        lastInterval: at(95),
        priceTicks,
        expiry: NOW + 1_000,
        nonce,
      }),
    },
    MARKETPLACE,
    NOW,
  );

describe("what a home needs", () => {
  it("is its import less what is covered and what it holds", () => {
    const partly = booksOf(
      recorded,
      chunk({ transfers: [transferEntry(SELLER, BUYER, [line(1, at(41), 20), line(1, at(50), 5)])] }),
    );
    const need = needOf(partly, mine, BUYER, DAY);
    expect([need.uncovered[41], need.held[41], need.missing[41]]).toEqual([150, 20, 130]);
    expect([need.uncovered[50], need.held[50], need.missing[50]]).toEqual([0, 5, 0]);
    expect(missingOfAll(partly, mine, BUYER, NOW)).toEqual(
      new Map([
        [at(40), 30n],
        [at(41), 130n],
        [at(80), 60n],
      ]),
    );
  });

  it("ends when it is all covered, or its window is closed", () => {
    expect(daysInNeed(books, mine, NOW)).toEqual([DAY]);
    expect(daysInNeed(books, mine, expiryOf(DAY, 28))).toEqual([]);
    const covered = booksOf(recorded, chunk({ retirements: [retirementEntry(2, DAY, 240, series({}), [])] }));
    expect(daysInNeed(covered, mine, NOW)).toEqual([]);
  });
});

describe("matching imports", () => {
  it("buys the cheapest energy of exactly the quarter-hours in need, and knows what it costs", () => {
    const plan = planMatch(needOf(books, mine, BUYER, DAY), [offer(2_000, 2n), offer(1_000, 1n)], BUYER, charge, NOW);
    expect(plan.energyWh).toBe(130n);
    expect(plan.fills.map((fill) => fill.offer.nonce)).toEqual([1n]);
    expect(plan.paidBaseUnits).toBe(13_000n);
    expect(plan.chargeBaseUnits).toBe(1_300n);
    expect(planSeries(plan, DAY)).toEqual(series({ 40: 30, 41: 100 }));
    expect(plan.unmet).toEqual(
      new Map([
        [at(41), 50n],
        [at(80), 60n],
      ]),
    );
  });
});

describe("buying by hand", () => {
  it("takes the earliest quarter-hours up to the amount", () => {
    const plan = planByHand(offer(1_000, 1n), 120n, undefined, BUYER, charge, NOW);
    expect(planSeries(plan, DAY)).toEqual(series({ 40: 100, 41: 20 }));
  });

  it("takes nothing that cannot be used, if told so", () => {
    const usable = missingOfAll(books, mine, BUYER, NOW);
    expect(usableOf(offer(1_000, 1n), usable)).toBe(130n);
    const plan = planByHand(offer(1_000, 1n), 500n, usable, BUYER, charge, NOW);
    expect(planSeries(plan, DAY)).toEqual(series({ 40: 30, 41: 100 }));
  });
});

describe("a plan made anew", () => {
  const cheap = offer(1_000, 1n);
  const plan = planByHand(cheap, 120n, undefined, BUYER, charge, NOW);

  it("is the same only while energy, offers and money are", () => {
    expect(samePlan(plan, planByHand(cheap, 120n, undefined, BUYER, charge, NOW))).toBe(true);
    expect(samePlan(plan, planByHand(cheap, 119n, undefined, BUYER, charge, NOW))).toBe(false);
    expect(samePlan(plan, planByHand(offer(1_001, 1n), 120n, undefined, BUYER, charge, NOW))).toBe(false);
    expect(samePlan(plan, planByHand(cheap, 120n, undefined, BUYER, ticks(101), NOW))).toBe(false);
    const sameMoney = { ...cheap, available: new Map([[at(41), wh(100)] as const, [at(50), wh(20)] as const]) };
    expect(samePlan(plan, planByHand(sameMoney, 120n, undefined, BUYER, charge, NOW))).toBe(false);
  });

  it("buys nothing of an offer that is no longer open", () => {
    expect(planByHand({ ...cheap, state: "cancelled" }, 120n, undefined, BUYER, charge, NOW).fills).toEqual([]);
  });
});

describe("using", () => {
  it("covers what is held and needed, and says how much in each quarter-hour", () => {
    const bought = booksOf(
      recorded,
      chunk({ transfers: [transferEntry(SELLER, BUYER, [line(1, at(40), 50), line(1, at(50), 10)])] }),
    );
    const [use, ...others] = possibleUses(bought, mine, BUYER, NOW);
    expect(others).toEqual([]);
    expect(use?.energyWh).toBe(30n);
    expect(use?.covers).toEqual(series({ 40: 30 }));
    expect(use?.retirement.ranges).toEqual([{ meter: 1, firstInterval: at(40), energyWh: [30] }]);
  });

  it("plans no Wh for two meters of the same owner", () => {
    const two = booksOf(
      chunk({
        meters: [meterEntry(1, SELLER), meterEntry(2, BUYER), meterEntry(3, BUYER)],
        profiles: [2, 3].map((meter) => profileEntry(meter, DAY, series({ 40: 30 }), series({}))),
        transfers: [transferEntry(ZERO, BUYER, [line(1, at(40), 40)])],
      }),
    );
    const uses = possibleUses(two, metersOf(two, BUYER), BUYER, NOW);
    expect(uses.map(({ meter, energyWh }) => [meter.meter, energyWh])).toEqual([
      [2, 30n],
      [3, 10n],
    ]);
  });
});

describe("holdings", () => {
  it("are grouped by day and meter, and end with their window", () => {
    const [holding, ...others] = holdingsOf(books, SELLER, NOW);
    expect(others).toEqual([]);
    expect(holding).toMatchObject({ meter: 1, own: true, day: DAY, energyWh: 300n });
    expect(holding?.series).toEqual(series({ 40: 100, 41: 100, 50: 100 }));
    expect(holdingsOf(books, SELLER, expiryOf(DAY, 28))).toEqual([]);
  });
});
