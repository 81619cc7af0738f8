import { decodeClaims, encodeClaims } from "@commonwatt/sdk/settlement/claims";
import type { SettleDayArgs } from "@commonwatt/sdk/settlement/calldata";
import { solveDay } from "@commonwatt/sdk/settlement/solve";
import {
  ALL_FILL,
  BUYERS_SHARE,
  type IntervalClaim,
  type IntervalClearing,
  NO_TRADE,
  SELLERS_SHARE,
  type Side,
} from "@commonwatt/sdk/settlement/types";
import { decodeIntervals } from "@commonwatt/sdk/profile";
import { expect } from "chai";
import { dataLength, dataSlice } from "ethers";

import { expectRefusal } from "./fixtures/refusal.ts";
import {
  announce,
  pastForcing,
  planOf,
  profilesOf,
  settle,
  settleHonestly,
  stateOf,
  tariffOf,
} from "./fixtures/settlement.ts";
import { SHARED_DAY, settlementStreet } from "./fixtures/settlement-street.ts";
import { ethers, loadFixture } from "./fixtures/street.ts";

const DAY = SHARED_DAY;

/** All six meters announced, the forcing hour over, and the honest plan. */
async function announcedStreet() {
  const street = await settlementStreet();
  const profiles = await profilesOf(street);
  await announce(street, DAY, street.sharers);
  await pastForcing(street);
  const plan = await planOf(street, DAY, { profiles });
  return { ...street, profiles, plan };
}

/** As `announcedStreet`, where the phone's meter had its money taken off before. */
async function unfundedStreet() {
  const street = await settlementStreet();
  const { neighbourhood, phone } = street;
  await neighbourhood.connect(phone.owner).defundMeter(phone.meter, 9_999_999n);
  const profiles = await profilesOf(street);
  await announce(street, DAY, street.sharers);
  await pastForcing(street);
  return { ...street, profiles, plan: await planOf(street, DAY, { profiles }) };
}

type Announced = Awaited<ReturnType<typeof announcedStreet>>;

/** The first interval of a kind: tampering is tried where it says most. */
function intervalWhere({ plan }: Announced, is: (clearing: IntervalClearing) => boolean): number {
  const index = plan.clearing.intervals.findIndex(is);
  expect(index, "no interval of that kind").to.not.equal(-1);
  return index;
}

const spread = ({ side, lowTicks, highTicks }: IntervalClearing): boolean => side === ALL_FILL && lowTicks < highTicks;
const shares =
  (of: Side) =>
  ({ side }: IntervalClearing): boolean =>
    side === of;

function claimed({ plan }: Announced, index: number): IntervalClaim {
  return plan.clearing.intervals[index] ?? expect.fail(`interval ${index}`);
}

/** The honest settlement with another claim for one interval. */
function tampered({ plan }: Announced, index: number, change: Partial<IntervalClaim>): SettleDayArgs {
  const claims = decodeClaims(plan.args.claims).map((claim, at) => (at === index ? { ...claim, ...change } : claim));
  return { ...plan.args, claims: encodeClaims(claims) };
}

async function expectRefused(open: Announced, args: SettleDayArgs, error: string, ...values: unknown[]): Promise<void> {
  await expectRefusal(settle(open, args), open.neighbourhood, error, ...values);
}

describe("settleDay, claims", () => {
  it("accepts the optimum, and pays everyone", async () => {
    const open = await loadFixture(announcedStreet);
    const { clearing } = await settleHonestly(open, DAY, open);
    expect(clearing.unfunded).to.deep.equal([]);
    expect(clearing.clearedWh > 0n).to.equal(true);
    // Every kind of interval occurs, so that the tests below mean something.
    for (const side of [NO_TRADE, ALL_FILL, SELLERS_SHARE, BUYERS_SHARE] as const) intervalWhere(open, shares(side));
  });

  it("refuses a low price that is not the lowest, below or above it", async () => {
    const open = await loadFixture(announcedStreet);
    const at = intervalWhere(open, spread);
    const { lowTicks } = claimed(open, at);
    const below = tampered(open, at, { lowTicks: lowTicks - 1 });
    await expectRefused(open, below, "PriceDoesNotClear", at, lowTicks - 1);
    const above = tampered(open, at, { lowTicks: lowTicks + 1 });
    await expectRefused(open, above, "NotLowestPrice", at, lowTicks + 1);
  });

  it("refuses a high price that is not the highest, above or below it", async () => {
    const open = await loadFixture(announcedStreet);
    const at = intervalWhere(open, spread);
    const { highTicks } = claimed(open, at);
    const above = tampered(open, at, { highTicks: highTicks + 1 });
    await expectRefused(open, above, "PriceDoesNotClear", at, highTicks + 1);
    const below = tampered(open, at, { highTicks: highTicks - 1 });
    await expectRefused(open, below, "NotHighestPrice", at, highTicks - 1);
  });

  it("refuses prices that cross", async () => {
    const open = await loadFixture(announcedStreet);
    const at = intervalWhere(open, spread);
    const { lowTicks, highTicks } = claimed(open, at);
    const crossed = tampered(open, at, { lowTicks: highTicks, highTicks: lowTicks });
    await expectRefused(open, crossed, "PricesCrossed", at, highTicks, lowTicks);
  });

  it("refuses a day without trade where there is some", async () => {
    const open = await loadFixture(announcedStreet);
    const at = intervalWhere(open, spread);
    const { lowTicks, highTicks } = claimed(open, at);
    const denied = tampered(open, at, { highTicks: lowTicks, side: NO_TRADE });
    await expectRefused(open, denied, "WitnessFails", at, lowTicks);
    const torn = tampered(open, at, { side: NO_TRADE });
    await expectRefused(open, torn, "WitnessFails", at, highTicks);
  });

  it("refuses a witness at which somebody would trade", async () => {
    const open = await loadFixture(announcedStreet);
    const at = intervalWhere(open, shares(NO_TRADE));
    // In the first intervals only the plant wants something: it bids 1,800 besides the charge.
    expect(at).to.equal(0);
    await settle(open, tampered(open, at, { lowTicks: 1_800, highTicks: 1_800 }));
    const again = await loadFixture(announcedStreet);
    const low = tampered(again, at, { lowTicks: 1_799, highTicks: 1_799 });
    await expectRefused(again, low, "WitnessFails", at, 1_799);
  });

  it("refuses trade where nobody sells", async () => {
    const open = await loadFixture(announcedStreet);
    const at = intervalWhere(open, shares(NO_TRADE));
    for (const side of [ALL_FILL, SELLERS_SHARE, BUYERS_SHARE] as const) {
      await expectRefused(open, tampered(open, at, { side }), "NoVolume", at);
    }
  });

  for (const [name, kind, right] of [
    ["orders all fill", spread, ALL_FILL],
    ["sellers share", shares(SELLERS_SHARE), SELLERS_SHARE],
    ["buyers share", shares(BUYERS_SHARE), BUYERS_SHARE],
  ] as const) {
    it(`refuses another side where ${name}`, async () => {
      const open = await loadFixture(announcedStreet);
      const at = intervalWhere(open, kind);
      for (const side of ([ALL_FILL, SELLERS_SHARE, BUYERS_SHARE] as const).filter((other) => other !== right)) {
        await expectRefused(open, tampered(open, at, { side }), "WrongSide", at, side, right);
      }
    });

    it(`refuses another effective price where ${name}`, async () => {
      const open = await loadFixture(announcedStreet);
      const at = intervalWhere(open, kind);
      const { effective } = claimed(open, at);
      for (const other of [effective + 1n, 2n ** 64n - 1n, ...(effective === 0n ? [] : [effective - 1n, 0n])]) {
        const changed = tampered(open, at, { effective: other });
        await expectRefused(open, changed, "WrongEffectivePrice", at, other, effective);
      }
    });
  }

  it("accepts no other claim for any interval that is one tick or one step away", async () => {
    const open = await loadFixture(announcedStreet);
    const { neighbourhood } = open;
    let refused = 0;
    for (const [at, { lowTicks, highTicks, side, effective }] of open.plan.clearing.intervals.entries()) {
      // Without trade there are many witnesses: they change nothing, and are tried above.
      if (side === NO_TRADE || at % 3 !== 0) continue;
      const others: Partial<IntervalClaim>[] = [
        { lowTicks: lowTicks - 1 },
        { highTicks: highTicks + 1 },
        { lowTicks: lowTicks + 1, highTicks: highTicks + 1 },
        { lowTicks: lowTicks - 1, highTicks: highTicks - 1 },
        { effective: effective + 1n },
        { side: NO_TRADE },
      ];
      for (const change of others) {
        const { claims, batch, skipped } = tampered(open, at, change);
        await expect(neighbourhood.settleDay.staticCall(DAY, claims, batch, skipped)).to.be.revert(ethers);
        refused += 1;
      }
    }
    expect(refused).to.be.greaterThan(60);
  });

  it("refuses claims of a wrong length, and sides above the last interval", async () => {
    const open = await loadFixture(announcedStreet);
    const { args } = open.plan;
    const { prices, sides, effective } = args.claims;
    const of = (claims: Partial<typeof args.claims>): SettleDayArgs => ({
      ...args,
      claims: { ...args.claims, ...claims },
    });
    for (const [part, length] of [
      ["prices", 384],
      ["effective", 768],
    ] as const) {
      const bytes = { prices, effective }[part];
      expect(dataLength(bytes)).to.equal(length);
      const shorter = of({ [part]: dataSlice(bytes, 1) });
      await expectRefused(open, shorter, "InvalidClaimsLength", length - 1, length);
      await expectRefused(open, of({ [part]: `${bytes}00` }), "InvalidClaimsLength", length + 1, length);
      await expectRefused(open, of({ [part]: "0x" }), "InvalidClaimsLength", 0, length);
    }
    for (const bit of [192n, 193n, 255n]) {
      await expectRefused(open, of({ sides: sides | (1n << bit) }), "InvalidSides", sides | (1n << bit));
    }
  });

  it("decides by itself who is funded: claims that count on an unfunded meter, or leave out a funded one, are refused", async () => {
    const open = await loadFixture(unfundedStreet);
    const { plan, phone, profiles } = open;
    expect(plan.clearing.unfunded.map(({ meter }) => meter)).to.deep.equal([phone.meter]);
    const tariff = await tariffOf(open, DAY);
    const meters = await Promise.all(
      [...profiles].map(async ([{ device, exponent }, { intervals }]) => {
        const state = await stateOf(open, device);
        return { ...state, exponent, ...decodeIntervals(intervals) };
      }),
    );
    const pretend = (meter: number, balanceBaseUnits: bigint) =>
      meters.map((of) => (of.meter === meter ? { ...of, balanceBaseUnits } : of));
    for (const pretended of [pretend(phone.meter, 10_000_000n), pretend(open.home.meter, 0n)]) {
      const claims = encodeClaims(solveDay(pretended, tariff).intervals);
      expect(claims).to.not.deep.equal(plan.args.claims);
      await expect(settle(open, { ...plan.args, claims })).to.be.revert(ethers);
    }
    await expect(settle(open, plan.args))
      .to.emit(open.neighbourhood, "MeterUnfunded")
      .withArgs(phone.meter, DAY, 1n, plan.clearing.unfunded[0]?.neededBaseUnits);
  });
});
