import { encodeBatch } from "@commonwatt/sdk/settlement/batch";
import type { SignedProfile } from "@commonwatt/sdk/profile-signing";
import { expect } from "chai";

import { dayEnd } from "./fixtures/calendar.ts";
import { expectRefusal } from "./fixtures/refusal.ts";
import { announce, pastForcing, planOf, profilesOf, settle, settleHonestly, stateOf } from "./fixtures/settlement.ts";
import { SHARED_DAY, type Sharer, signedProfile, settlementStreet } from "./fixtures/settlement-street.ts";
import { loadFixture, time } from "./fixtures/street.ts";

/** The day on which changes are queued, and the first day they are for. */
const EVE = SHARED_DAY + 1;
const DAY = SHARED_DAY + 2;

const KEEN = { sharing: true, community: false, askTicks: 1_601, bidTicks: 2_777 };
const COMMUNITY = { sharing: true, community: true, askTicks: 0, bidTicks: 0 };
const SELF = { sharing: false, community: false, askTicks: 0, bidTicks: 0 };

/** From `DAY` on the flat has other limits, the home has limits, the solar roof is at the community price, the phone leaves. */
async function queuedStreet() {
  const street = await settlementStreet();
  const { neighbourhood, sharers, flat, home, solar, phone } = street;
  await announce(street, SHARED_DAY, sharers);
  await pastForcing(street);
  await settleHonestly(street, SHARED_DAY, { profiles: await profilesOf(street) });
  for (const [of, settings] of [
    [flat, KEEN],
    [home, KEEN],
    [solar, COMMUNITY],
    [phone, SELF],
  ] as const) {
    await neighbourhood.connect(of.owner).setSettings(of.meter, settings);
  }
  await time.increaseTo(dayEnd(EVE) + 3_600);
  return street;
}

type Queued = Awaited<ReturnType<typeof queuedStreet>>;

/** Settles the eve with these meters alone. */
async function settleEve(open: Queued, among: readonly Sharer[]): Promise<void> {
  const profiles = await profilesOf(open, EVE);
  await announce(open, EVE, among);
  await pastForcing(open);
  const { clearing } = await settleHonestly(open, EVE, { profiles });
  expect(clearing.payments.length).to.equal(among.length);
}

/** Nobody has applied anything by the time the day is announced. */
async function announceDay(open: Queued): Promise<Map<Sharer, SignedProfile>> {
  await time.increaseTo(dayEnd(DAY) + 3_600);
  const profiles = await profilesOf(open, DAY);
  await announce(open, DAY, open.sharers);
  await pastForcing(open);
  return profiles;
}

async function expectSettings(open: Queued, of: Sharer, settings: typeof KEEN): Promise<void> {
  const { sharing, community, askTicks, bidTicks, settingsQueued } = await stateOf(open, of.device);
  expect({ sharing, community, askTicks, bidTicks }).to.deep.equal(settings);
  expect(settingsQueued).to.equal(false);
  expect((await open.neighbourhood.queuedSettings(of.meter)).effectiveDay).to.equal(0n);
}

describe("settleDay, queued settings", () => {
  it("puts them in force after the day before theirs, which is settled by the old ones", async () => {
    const open = await loadFixture(queuedStreet);
    const { neighbourhood, flat, home, solar, phone, sharers } = open;
    const seat = 1n << (await neighbourhood.deviceState(phone.device)).seat;
    expect((await neighbourhood.seats()) & seat).to.equal(seat);
    await settleEve(open, sharers);
    for (const [of, settings] of [
      [flat, KEEN],
      [home, KEEN],
      [solar, COMMUNITY],
      [phone, SELF],
    ] as const) {
      await expectSettings(open, of, settings);
      expect((await stateOf(open, of.device)).lastDay).to.equal(EVE);
    }
    expect((await neighbourhood.seats()) & seat).to.equal(0n);
    const applied = await neighbourhood.queryFilter(neighbourhood.filters.SettingsApplied, "latest");
    expect(applied.map(({ args }) => [Number(args.meter), Number(args.effectiveDay)])).to.have.deep.members(
      [flat, home, solar, phone].map(({ meter }) => [meter, DAY]),
    );
    expect(await neighbourhood.limitClasses()).to.have.members(
      [
        [900, 2_000],
        [1_600, 2_400],
        [1_601, 2_777],
      ].map(([ask = 0, bid = 0]) => BigInt(ask * 65_536 + bid)),
    );
  });

  it("puts them in force before their own day, if the day before went without the meter", async () => {
    const open = await loadFixture(queuedStreet);
    const { neighbourhood, flat, home, solar, phone, plant, works } = open;
    await settleEve(open, [plant, works]);
    const profiles = await announceDay(open);
    const plan = await settleHonestly(open, DAY, { profiles });
    expect(plan.skipped).to.deep.equal([{ meter: phone.meter, device: phone.device, evidence: "not sharing" }]);
    await expectSettings(open, flat, KEEN);
    await expectSettings(open, home, KEEN);
    await expectSettings(open, solar, COMMUNITY);
    await expectSettings(open, phone, SELF);
    const skipped = await neighbourhood.queryFilter(neighbourhood.filters.MeterSkipped, "latest");
    expect(skipped.map(({ args }) => [args.meter, args.reason])).to.deep.equal([[BigInt(phone.meter), 2n]]);
    // The day before was closed to the meter that left; the day itself is its own to record.
    expect((await stateOf(open, phone.device)).lastDay).to.equal(EVE);
    await expect(neighbourhood.record(profiles.get(phone) ?? expect.fail("no profile"))).to.emit(
      neighbourhood,
      "ProfileRecorded",
    );
  });

  it("refuses the old limits, and the profile of a meter that left", async () => {
    const open = await loadFixture(queuedStreet);
    const { neighbourhood, flat, phone, plant, works } = open;
    await settleEve(open, [plant, works]);
    const profiles = await announceDay(open);
    const { args } = await planOf(open, DAY, { profiles });
    const of = (meter: Sharer) => ({ ...meter, profiles: [profiles.get(meter) ?? expect.fail("no profile")] });
    const old = { ...args, batch: encodeBatch([of(flat)]) };
    await expectRefusal(settle(open, old), neighbourhood, "WrongClass", flat.meter);
    const left = { ...args, batch: encodeBatch([of(phone)]) };
    await expectRefusal(settle(open, left), neighbourhood, "NotSharing", phone.meter, DAY);
  });

  it("puts them in force for a meter whose profile does not fit, before its day and after", async () => {
    const open = await loadFixture(queuedStreet);
    const { flat, plant, works } = open;
    await settleEve(open, [plant, works]);
    const honest = await announceDay(open);
    const spoilt = signedProfile(open, flat, {
      ...(honest.get(flat) ?? expect.fail("no profile")),
      importRegister: 0n,
    });
    const plan = await settleHonestly(open, DAY, { profiles: new Map([...honest, [flat, spoilt]]) });
    expect(plan.unfit.map(({ meter }) => meter)).to.deep.equal([flat.meter]);
    await expectSettings(open, flat, KEEN);
    expect((await stateOf(open, flat.device)).lastDay).to.equal(EVE);
  });

  it("keeps them queued for a meter whose profile of the day before does not fit", async () => {
    const open = await loadFixture(queuedStreet);
    const { neighbourhood, flat, sharers } = open;
    const profiles = await profilesOf(open, EVE);
    const spoilt = signedProfile(open, flat, {
      ...(profiles.get(flat) ?? expect.fail("no profile")),
      exportRegister: 0n,
    });
    await announce(open, EVE, sharers);
    await pastForcing(open);
    await settleHonestly(open, EVE, { profiles: new Map([...profiles, [flat, spoilt]]) });
    expect((await stateOf(open, flat.device)).settingsQueued).to.equal(true);
    // The day is settled for all: what was queued is due, whoever applies it.
    await neighbourhood.applyChanges([flat.meter]);
    await expectSettings(open, flat, KEEN);
  });

  it("leaves later ones queued", async () => {
    const open = await loadFixture(queuedStreet);
    const { neighbourhood, works, sharers } = open;
    await neighbourhood.connect(works.owner).setSettings(works.meter, { ...KEEN, askTicks: 5 });
    await settleEve(open, sharers);
    const { settingsQueued, askTicks } = await stateOf(open, works.device);
    expect([settingsQueued, askTicks]).to.deep.equal([true, works.askTicks]);
  });
});
