import { expect } from "chai";
import { ZeroAddress, ZeroHash } from "ethers";

import { dayEnd, firstInterval, series } from "./fixtures/calendar.ts";
import { encodeImports, hashImports } from "./fixtures/profiles.ts";
import { expectRefusal, GAS } from "./fixtures/refusal.ts";
import { HOME, loadFixture, PLANT, SOLAR, time } from "./fixtures/street.ts";
import {
  DAY,
  each,
  IMPORTS,
  REMAINING,
  retirementOf,
  SUN_AT,
  sunnyMarket,
  sunToken,
  USE_WH,
} from "./fixtures/trade.ts";

/** Bob holds 80 Wh of every sunny interval. */
async function boughtMarket() {
  const open = await sunnyMarket();
  await open.give(open.accounts.bob.address, each(80));
  return {
    ...open,
    retire: (retirement: ReturnType<typeof retirementOf>) =>
      open.neighbourhood.connect(open.accounts.bob).retire(retirement),
  };
}

/** Bob's imports after he used `wh` in the first `count` sunny intervals. */
const after = (wh: number, count: number) =>
  encodeImports(IMPORTS.map((left, i) => (i >= 40 && i < 40 + count ? left - wh : left)));

describe("retire", () => {
  it("burns tokens against imports of the same intervals and keeps what is left", async () => {
    const { neighbourhood, token, accounts, retire } = await loadFixture(boughtMarket);
    const { bob } = accounts;
    const retiring = retire(retirementOf([25, 0, 60]));
    const left = encodeImports(IMPORTS.map((wh, i) => (i === 40 ? 35 : i === 42 ? 0 : wh)));
    await expect(retiring).to.emit(neighbourhood, "Retired").withArgs(HOME, DAY, bob.address, 85n, left);
    await expect(retiring)
      .to.emit(token, "TransferBatch")
      .withArgs(await neighbourhood.getAddress(), bob.address, ZeroAddress, [sunToken(0), sunToken(2)], [25n, 60n]);
    expect(await neighbourhood.remainingImportsHash(HOME, DAY)).to.equal(hashImports(DAY, left));
    expect(await token.balanceOfRange(bob.address, SOLAR, SUN_AT, 3)).to.deep.equal([55n, 80n, 20n]);
  });

  it("goes on with what an earlier retirement left", async () => {
    const { neighbourhood, retire } = await loadFixture(boughtMarket);
    await retire(retirementOf(each(20)));
    await retire(retirementOf(each(40), after(20, 10)));
    expect(await neighbourhood.remainingImportsHash(HOME, DAY)).to.equal(hashImports(DAY, after(60, 10)));
  });

  it("forgets a day whose imports are all covered", async () => {
    const { neighbourhood, solar, home, accounts } = await loadFixture(boughtMarket);
    const next = firstInterval(DAY + 1);
    await time.increaseTo(dayEnd(DAY + 1));
    const imports = series(9, 5, 1);
    await neighbourhood.record(await solar.profile({ day: DAY + 1, imports, exports: series(9, 5, 1) }));
    await neighbourhood.record(await home.profile({ day: DAY + 1 }));
    await neighbourhood.connect(accounts.alice).retire({
      meter: SOLAR,
      day: DAY + 1,
      remainingImports: encodeImports(imports),
      ranges: [{ meter: SOLAR, firstInterval: next + 5, energyWh: [9] }],
    });
    expect(await neighbourhood.remainingImportsHash(SOLAR, DAY + 1)).to.equal(ZeroHash);
    const nothing = { meter: SOLAR, day: DAY + 1, remainingImports: encodeImports(series(0)), ranges: [] };
    const again = neighbourhood.connect(accounts.alice).retire(nothing);
    await expectRefusal(again, neighbourhood, "StaleRemainingImports", SOLAR, DAY + 1);
  });

  it("takes tokens of several meters", async () => {
    const { neighbourhood, token, plant, accounts, retire } = await loadFixture(boughtMarket);
    await neighbourhood.record(await plant.profile({ day: DAY, exports: series(4, 40, 1) }));
    await token
      .connect(accounts.carol)
      .safeRangeTransferFrom(accounts.carol.address, accounts.bob.address, PLANT, SUN_AT, [40]);
    const retirement = retirementOf([20]);
    retirement.ranges.push({ meter: PLANT, firstInterval: SUN_AT, energyWh: [40] });
    await expect(retire(retirement))
      .to.emit(neighbourhood, "Retired")
      .withArgs(HOME, DAY, accounts.bob.address, 60n, after(60, 1));
  });

  it("refuses a range without intervals, wherever it begins", async () => {
    const { token, retire } = await loadFixture(boughtMarket);
    const retirement = retirementOf([20]);
    retirement.ranges.unshift({ meter: PLANT, firstInterval: 0, energyWh: [] });
    await expectRefusal(retire(retirement), token, "EmptyRange");
  });

  it("refuses more than the import of an interval", async () => {
    const { neighbourhood, retire } = await loadFixture(boughtMarket);
    const retiring = retire(retirementOf([60, USE_WH + 1]));
    await expectRefusal(retiring, neighbourhood, "RetirementExceedsImport", SUN_AT + 1, USE_WH + 1, USE_WH);
  });

  it("refuses ranges that together use an interval beyond its import", async () => {
    const { neighbourhood, retire } = await loadFixture(boughtMarket);
    const retirement = retirementOf([40]);
    retirement.ranges.push({ meter: SOLAR, firstInterval: SUN_AT, energyWh: [21] });
    await expectRefusal(retire(retirement), neighbourhood, "RetirementExceedsImport", SUN_AT, 61, USE_WH);
  });

  it("refuses to use an interval beyond its import in a second retirement", async () => {
    const { neighbourhood, retire } = await loadFixture(boughtMarket);
    await retire(retirementOf([50]));
    const again = retire(retirementOf([11], after(50, 1)));
    await expectRefusal(again, neighbourhood, "RetirementExceedsImport", SUN_AT, 11, 10);
  });

  it("refuses an interval without import", async () => {
    const { neighbourhood, retire } = await loadFixture(boughtMarket);
    const retiring = retire(retirementOf([1], REMAINING, SUN_AT - 1));
    await expectRefusal(retiring, neighbourhood, "RetirementExceedsImport", SUN_AT - 1, 1, 0);
  });

  it("refuses more tokens than the owner holds", async () => {
    const { token, accounts, retire } = await loadFixture(boughtMarket);
    const { bob } = accounts;
    const retiring = retire(retirementOf([1], REMAINING, SUN_AT + 10));
    await expectRefusal(retiring, token, "ERC1155InsufficientBalance", bob.address, 0, 1, sunToken(10));
  });

  for (const [name, vector] of [
    ["an altered", encodeImports(IMPORTS.map((wh) => wh + 1))],
    ["an empty", "0x"],
    ["a short", REMAINING.slice(0, -2)],
    ["a long", `${REMAINING}00`],
  ] as const) {
    it(`refuses ${name} vector of imports`, async () => {
      const { neighbourhood, retire } = await loadFixture(boughtMarket);
      await expectRefusal(retire(retirementOf([1], vector)), neighbourhood, "StaleRemainingImports", HOME, DAY);
    });
  }

  it("refuses the vector that an earlier retirement has used", async () => {
    const { neighbourhood, retire } = await loadFixture(boughtMarket);
    await retire(retirementOf([1]));
    await expectRefusal(retire(retirementOf([1])), neighbourhood, "StaleRemainingImports", HOME, DAY);
  });

  it("refuses the vector of another day that shares its place in the ring", async () => {
    const { neighbourhood, home, retire } = await loadFixture(boughtMarket);
    await time.increaseTo(dayEnd(DAY + 32));
    await neighbourhood.record(await home.profile({ day: DAY + 32, imports: IMPORTS }));
    const closedAt = dayEnd(DAY + 28);
    await expectRefusal(retire(retirementOf([1])), neighbourhood, "RetirementWindowClosed", DAY, closedAt);
    const skipped = { ...retirementOf([1]), day: DAY + 31 };
    await expectRefusal(retire(skipped), neighbourhood, "StaleRemainingImports", HOME, DAY + 31);
  });

  it("refuses a day that was not recorded", async () => {
    const { neighbourhood, retire } = await loadFixture(boughtMarket);
    const tomorrow = { ...retirementOf([1]), day: DAY + 1 };
    await expectRefusal(retire(tomorrow), neighbourhood, "StaleRemainingImports", HOME, DAY + 1);
  });

  it("ends with the last second of the retirement window", async () => {
    const { neighbourhood, accounts } = await loadFixture(boughtMarket);
    const closedAt = dayEnd(DAY + 28);
    const retire = (retirement: ReturnType<typeof retirementOf>) =>
      neighbourhood.connect(accounts.bob).retire(retirement, GAS);
    await time.setNextBlockTimestamp(closedAt - 1);
    await expect(retire(retirementOf([10]))).to.emit(neighbourhood, "Retired");
    await time.setNextBlockTimestamp(closedAt);
    const tooLate = retire(retirementOf([10], after(10, 1)));
    await expectRefusal(tooLate, neighbourhood, "RetirementWindowClosed", DAY, closedAt);
    expect(await neighbourhood.remainingImportsHash(HOME, DAY)).to.equal(ZeroHash);
  });

  for (const [name, first, named] of [
    ["before", firstInterval(DAY) - 1, firstInterval(DAY) - 1],
    ["after", firstInterval(DAY) + 95, firstInterval(DAY) + 96],
    ["far after", 2 ** 32 - 1, 2 ** 32 - 1],
  ] as const) {
    it(`refuses intervals ${name} the day`, async () => {
      const { neighbourhood, retire } = await loadFixture(boughtMarket);
      const retiring = retire(retirementOf([0, 0], REMAINING, first));
      await expectRefusal(retiring, neighbourhood, "IntervalOutsideDay", named, DAY);
    });
  }

  it("refuses to use nothing", async () => {
    const { neighbourhood, retire } = await loadFixture(boughtMarket);
    await expectRefusal(retire(retirementOf([0, 0])), neighbourhood, "NothingToRetire");
    await expectRefusal(retire({ ...retirementOf([]), ranges: [] }), neighbourhood, "NothingToRetire");
  });

  it("is for the owner of the meter", async () => {
    const { neighbourhood, accounts } = await loadFixture(boughtMarket);
    const { alice, bob } = accounts;
    const retiring = neighbourhood.connect(alice).retire(retirementOf([1]));
    await expectRefusal(retiring, neighbourhood, "NotMeterOwner", HOME, bob.address, alice.address);
    const unknown = neighbourhood.connect(alice).retire({ ...retirementOf([1]), meter: 99 });
    await expectRefusal(unknown, neighbourhood, "UnknownMeter", 99);
  });

  describe("for a meter that counts in 10 Wh", () => {
    const remainingImports = encodeImports(series(5, 40, 2));

    /** Carol's plant has imported 50 Wh in two intervals, and she holds tokens of Alice's roof. */
    async function plantMarket() {
      const open = await sunnyMarket();
      const { neighbourhood, plant, accounts } = open;
      await neighbourhood.record(await plant.profile({ day: DAY, imports: series(5, 40, 2) }));
      await open.give(accounts.carol.address, [60, 60]);
      return {
        ...open,
        retire: (...ranges: number[][]) =>
          neighbourhood.connect(accounts.carol).retire({
            meter: PLANT,
            day: DAY,
            remainingImports,
            ranges: ranges.map((energyWh) => ({ meter: SOLAR, firstInterval: SUN_AT, energyWh })),
          }),
      };
    }

    it("refuses what is no multiple of its unit", async () => {
      const { neighbourhood, retire } = await loadFixture(plantMarket);
      await expectRefusal(retire([15]), neighbourhood, "NotMultipleOfUnit", 15, 10);
    });

    it("refuses more than it imported, in Wh", async () => {
      const { neighbourhood, retire } = await loadFixture(plantMarket);
      await expectRefusal(retire([60]), neighbourhood, "RetirementExceedsImport", SUN_AT, 60, 50);
    });

    it("takes parts that are a multiple together", async () => {
      const { neighbourhood, accounts, retire } = await loadFixture(plantMarket);
      await expect(retire([15, 50], [5]))
        .to.emit(neighbourhood, "Retired")
        .withArgs(PLANT, DAY, accounts.carol.address, 70n, encodeImports(series(3, 40, 1)));
    });
  });
});
