import { type Address, numberToHex } from "viem";
import { describe, expect, it } from "vitest";

import { forSeeds, type Random } from "../test/random.ts";
import { AT } from "../test/samples.ts";
import { type FillPlan, type FillPlanRequest, type OfferCandidate, planFills } from "./fill-plan.ts";
import { buildOffer, type Fill, type OfferInput } from "./offers.ts";
import { dayOfInterval, interval, type Interval } from "./time.ts";
import { paymentBaseUnits, ticks, type Wh, wh } from "./units.ts";

const START = 17_318 * 96;
const BUYER = account(1);
const SELLER = account(2);

function account(number: number): Address {
  return numberToHex(number, { size: 20 });
}

/** Energy by interval from START on. */
function energies(...values: number[]): Map<Interval, Wh> {
  return new Map(values.map((value, index) => [interval(START + index), wh(value)]));
}

function candidate(available: Map<Interval, Wh>, change: Partial<OfferInput & OfferCandidate> = {}): OfferCandidate {
  const { remainingWh, unitWh, ...offer } = change;
  return {
    offer: buildOffer({
      seller: SELLER,
      token: AT.token,
      meter: 7,
      firstInterval: START,
      lastInterval: START + 95,
      priceTicks: 1_500,
      expiry: 2_000_000_000n,
      nonce: 1n,
      ...offer,
    }),
    signature: "0x12",
    available,
    ...(remainingWh === undefined ? {} : { remainingWh }),
    ...(unitWh === undefined ? {} : { unitWh }),
  };
}

function plan(request: Partial<FillPlanRequest>): FillPlan {
  return planFills({ wanted: [], offers: [], chargeTicks: ticks(0), buyer: BUYER, ...request });
}

/** What a plan buys, by offer nonce and interval. */
function bought({ fills }: { fills: readonly Fill[] }): [bigint, number[]][] {
  return fills.map(({ offer, energyWh }) => [offer.nonce, [...energyWh]]);
}

describe("planFills", () => {
  it("buys what is wanted and available, interval by interval, in one fill per offer and day", () => {
    const result = plan({ wanted: energies(0, 300, 200, 500), offers: [candidate(energies(100, 250, 0, 900))] });
    expect(result.fills).toMatchObject([{ firstInterval: START + 1, energyWh: [250, 0, 500] }]);
    expect(result.energyWh).toBe(750n);
    expect(result.unmet).toEqual(
      new Map([
        [START + 1, 50n],
        [START + 2, 200n],
      ]),
    );
  });

  it("takes the cheapest first, then the one that expires first, then the lower nonce", () => {
    const offers = [
      candidate(energies(100), { nonce: 1n, seller: account(4), priceTicks: 900, expiry: 2_000_000_001n }),
      candidate(energies(100), { nonce: 3n, seller: account(3), priceTicks: 900 }),
      candidate(energies(100), { nonce: 2n, seller: account(5), priceTicks: 900 }),
      candidate(energies(100), { nonce: 9n, seller: account(6), priceTicks: 800 }),
    ];
    expect(bought(plan({ wanted: energies(350), offers }))).toEqual([
      [9n, [100]],
      [2n, [100]],
      [3n, [100]],
      [1n, [50]],
    ]);
  });

  it("gives the same plan in whatever order two offers of one nonce come", () => {
    const one = candidate(energies(100), { maxWh: 30n });
    const other = { ...candidate(energies(100), { maxWh: 80n }), signature: "0x11" } as const;
    const there = plan({ wanted: energies(500), offers: [one, other] });
    expect(bought(there)).toEqual([[1n, [80]]]);
    expect(plan({ wanted: energies(500), offers: [other, one] })).toEqual(there);
  });

  it("leaves out offers that are expired, of the buyer, or for somebody else", () => {
    const offers = [
      candidate(energies(10), { nonce: 1n, expiry: 100n }),
      candidate(energies(10), { nonce: 2n, seller: BUYER }),
      candidate(energies(10), { nonce: 3n, buyer: account(9) }),
      candidate(energies(10), { nonce: 4n, buyer: BUYER, expiry: 101n }),
    ];
    expect(bought(plan({ wanted: energies(100), offers, now: 100n }))).toEqual([[4n, [10]]]);
  });

  it("keeps to the offer's range and to the range asked for", () => {
    const offers = [candidate(energies(1, 2, 3, 4, 5), { firstInterval: START + 1, lastInterval: START + 3 })];
    expect(bought(plan({ wanted: energies(9, 9, 9, 9, 9), offers }))).toEqual([[1n, [2, 3, 4]]]);
    const window = { firstInterval: interval(START + 2), lastInterval: interval(START + 2) };
    const narrow = plan({ wanted: energies(9, 9, 9, 9, 9), offers, ...window });
    expect(bought(narrow)).toEqual([[1n, [3]]]);
    expect(narrow.unmet).toEqual(new Map([[START + 2, 6n]]));
  });

  it("never sells more than an offer's limit or what is left of it, earliest intervals first", () => {
    const available = energies(40, 40, 40);
    const wanted = energies(100, 100, 100);
    expect(bought(plan({ wanted, offers: [candidate(available, { maxWh: 70n })] }))).toEqual([[1n, [40, 30]]]);
    const partlySold = candidate(available, { maxWh: 70n, remainingWh: wh(10) });
    expect(bought(plan({ wanted, offers: [partlySold] }))).toEqual([[1n, [10]]]);
    const soldOut = candidate(available, { maxWh: 70n, remainingWh: wh(0) });
    expect(plan({ wanted, offers: [soldOut] }).fills).toEqual([]);
  });

  it("counts a balance once, however many offers sell from it, and an offer once, however often it is listed", () => {
    const cheap = candidate(energies(60), { nonce: 1n, priceTicks: 100, maxWh: 50n });
    const dear = candidate(energies(60), { nonce: 2n, priceTicks: 200 });
    expect(bought(plan({ wanted: energies(500), offers: [dear, cheap, cheap, dear] }))).toEqual([
      [1n, [50]],
      [2n, [10]],
    ]);
  });

  it("buys multiples of the exporting meter's unit", () => {
    const offers = [candidate(energies(1_000), { unitWh: wh(100) })];
    const result = plan({ wanted: energies(250), offers });
    expect(bought(result)).toEqual([[1n, [200]]]);
    expect(result.unmet).toEqual(new Map([[START, 50n]]));
  });

  it("makes a fill for each day, and no more fills than asked for", () => {
    const two = new Map([
      [interval(START + 95), wh(5)],
      [interval(START + 96), wh(6)],
    ]);
    const offers = [candidate(two, { lastInterval: START + 200 })];
    expect(bought(plan({ wanted: two, offers }))).toEqual([
      [1n, [5]],
      [1n, [6]],
    ]);
    const one = plan({ wanted: two, offers, maxFills: 1 });
    expect(bought(one)).toEqual([[1n, [5]]]);
    expect(one.unmet).toEqual(new Map([[START + 96, 6n]]));
    expect(() => plan({ maxFills: 0 })).toThrow("maxFills is 0, expected a whole number from 1");
  });

  it("rounds money up, once per fill, seller's payment and network charge apart", () => {
    const offers = [
      candidate(energies(1, 0, 2), { nonce: 1n, priceTicks: 3, seller: account(3) }),
      candidate(energies(0, 1), { nonce: 2n, priceTicks: 5, seller: account(4) }),
    ];
    const result = plan({ wanted: energies(9, 9, 9), offers, chargeTicks: ticks(1) });
    expect(result).toMatchObject({ energyWh: 4n, paidBaseUnits: 2n, chargeBaseUnits: 2n });
  });

  it("adds up what a list wants of one interval, and leaves its input alone", () => {
    const wanted = [
      { interval: interval(START), wh: wh(3) },
      { interval: interval(START), wh: wh(4) },
    ];
    const available = energies(100);
    expect(bought(plan({ wanted, offers: [candidate(available)] }))).toEqual([[1n, [7]]]);
    expect(available).toEqual(energies(100));
    expect(wanted[0]?.wh).toBe(3n);
  });
});

/** Candidates of a few sellers with shared balances, limits, units and buyers, as a board may hold them. */
function randomBoard(random: Random): { offers: OfferCandidate[]; balances: Map<string, Map<Interval, Wh>> } {
  const balances = new Map<string, Map<Interval, Wh>>();
  const offers = random.list(random.integer(0, 12), (index) => {
    const seller = account(random.integer(1, 5));
    const meter = random.integer(1, 3);
    const unit = 10 ** (meter - 1);
    const key = `${seller} ${meter}`;
    const available =
      balances.get(key) ??
      new Map(random.list(24, (at) => [interval(START + 84 + at), wh(random.integer(0, 30) * unit)] as const));
    balances.set(key, available);
    const first = START + 84 + random.integer(0, 20);
    const offered = candidate(available, {
      seller,
      meter,
      nonce: BigInt(random.integer(1, 9)),
      priceTicks: random.integer(0, 5) * 100,
      expiry: BigInt(random.integer(90, 110)),
      firstInterval: first,
      lastInterval: first + random.integer(0, 20),
      unitWh: wh(unit),
      ...(random.chance(40) ? { maxWh: BigInt(random.integer(1, 400) + index) } : {}),
      ...(random.chance(20) ? { buyer: account(random.integer(1, 3)) } : {}),
    });
    return { ...offered, signature: numberToHex(index) };
  });
  return { offers, balances };
}

describe("any plan", () => {
  it("never exceeds what is wanted, held or on offer, and adds up", () => {
    forSeeds(1_500, (random) => {
      const { offers, balances } = randomBoard(random);
      const wanted = new Map(random.list(24, (at) => [interval(START + 84 + at), wh(random.integer(0, 60))] as const));
      const maxFills = random.integer(1, 10);
      const request = { wanted, offers, chargeTicks: ticks(random.integer(0, 50)), buyer: BUYER, now: 100n, maxFills };
      const result = planFills(request);

      expect(result.fills.length).toBeLessThanOrEqual(maxFills);
      const byInterval = new Map<number, bigint>();
      const byBalance = new Map<string, bigint>();
      const byOffer = new Map<string, bigint>();
      let paid = 0n;
      let charge = 0n;
      for (const { offer, firstInterval, energyWh } of result.fills) {
        expect(offer.expiry).toBeGreaterThan(100n);
        expect(offer.seller).not.toBe(BUYER);
        expect([account(0), BUYER]).toContain(offer.buyer);
        expect(energyWh[0]).not.toBe(0);
        expect(energyWh.at(-1)).not.toBe(0);
        const last = interval(firstInterval + energyWh.length - 1);
        expect(firstInterval >= offer.firstInterval && last <= offer.lastInterval).toBe(true);
        expect(dayOfInterval(firstInterval)).toBe(dayOfInterval(last));
        let sum = 0n;
        energyWh.forEach((energy, index) => {
          expect(energy % 10 ** (offer.meter - 1)).toBe(0);
          const at = firstInterval + index;
          byInterval.set(at, (byInterval.get(at) ?? 0n) + BigInt(energy));
          const balance = `${offer.seller} ${offer.meter} ${at}`;
          byBalance.set(balance, (byBalance.get(balance) ?? 0n) + BigInt(energy));
          sum += BigInt(energy);
        });
        const key = `${offer.seller} ${offer.nonce}`;
        byOffer.set(key, (byOffer.get(key) ?? 0n) + sum);
        if (offer.maxWh > 0n) expect(byOffer.get(key)).toBeLessThanOrEqual(offer.maxWh);
        paid += paymentBaseUnits(wh(sum), offer.priceTicks);
        charge += paymentBaseUnits(wh(sum), request.chargeTicks);
      }
      for (const [at, energy] of wanted) {
        expect((byInterval.get(at) ?? 0n) + (result.unmet.get(at) ?? 0n)).toBe(energy);
      }
      for (const [balance, energy] of byBalance) {
        const [seller, meter, at] = balance.split(" ");
        expect(energy).toBeLessThanOrEqual(balances.get(`${seller} ${meter}`)?.get(interval(Number(at))) ?? 0n);
      }
      expect(result).toMatchObject({ paidBaseUnits: paid, chargeBaseUnits: charge });
      expect(planFills({ ...request, offers: random.shuffle(offers) })).toEqual(result);
    });
  });
});

describe("a street in which everybody sells all exports at one price per meter and buys all imports", () => {
  it("trades the lesser of all exports and all imports in every interval", () => {
    forSeeds(300, (random) => {
      const homes = random.list(random.integer(2, 9), (index) => {
        const amounts = () =>
          new Map(random.list(96, (at) => [interval(START + at), wh(random.chance(40) ? 0 : random.integer(0, 900))]));
        const exports = amounts();
        // A home does not import and export in one interval: its meter nets.
        const imports = new Map([...amounts()].filter(([at]) => exports.get(at) === 0n));
        return {
          owner: account(10 + index),
          meter: index + 1,
          priceTicks: random.integer(0, 300) * 10,
          exports,
          imports,
        };
      });
      const sum = (maps: ReadonlyMap<Interval, Wh>[], at: Interval) =>
        maps.reduce((total, map) => total + (map.get(at) ?? 0n), 0n);
      const intervals = random.list(96, (at) => interval(START + at));
      const expected = intervals
        .map((at) => {
          const supply = sum(
            homes.map(({ exports }) => exports),
            at,
          );
          const demand = sum(
            homes.map(({ imports }) => imports),
            at,
          );
          return supply < demand ? supply : demand;
        })
        .reduce((total, energy) => total + energy, 0n);

      let sold = 0n;
      for (const { owner, imports } of random.shuffle(homes)) {
        const offers = homes.map((home) =>
          candidate(home.exports, { seller: home.owner, meter: home.meter, priceTicks: home.priceTicks }),
        );
        const { fills, energyWh } = plan({ wanted: imports, offers, buyer: owner });
        sold += energyWh;
        for (const { offer, firstInterval, energyWh: parts } of fills) {
          const left = homes[offer.meter - 1]?.exports;
          parts.forEach((energy, index) => {
            const at = interval(firstInterval + index);
            left?.set(at, wh((left.get(at) ?? 0n) - BigInt(energy)));
          });
        }
      }
      expect(sold).toBe(expected);
    });
  });
});
