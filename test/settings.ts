import { expect } from "chai";

import { dayEnd, FIRST_DAY } from "./fixtures/calendar.ts";
import { expectRefusal } from "./fixtures/refusal.ts";
import {
  closesAt,
  COMMUNITY,
  HOME_LIMITS,
  limits,
  openWindow,
  seatsOf,
  SELF,
  SHARED_DAY,
  sharingStreet,
} from "./fixtures/sharing.ts";
import { HOME, loadFixture, PLANT, SOLAR, street, time } from "./fixtures/street.ts";

/** Today of the sharing street, and the day from which what is queued today holds. */
const TODAY = SHARED_DAY + 1;
const TOMORROW = SHARED_DAY + 2;

/** Void until tomorrow's beginning: the announced windows run out one after the other. */
async function toTomorrow() {
  const open = await sharingStreet();
  await open.announce();
  await time.increaseTo(dayEnd(TODAY));
  return open;
}

describe("settings", () => {
  it("are queued for tomorrow by the meter's owner, and hold from then on once they are applied", async () => {
    const { neighbourhood, accounts, plant, home, solar } = await loadFixture(sharingStreet);
    const { carol } = accounts;
    await expect(neighbourhood.connect(carol).setSettings(PLANT, limits(700, 800)))
      .to.emit(neighbourhood, "SettingsQueued")
      .withArgs(PLANT, TOMORROW, true, false, 700, 800);
    expect(await neighbourhood.queuedSettings(PLANT)).to.deep.equal([TOMORROW, [true, false, 700, 800]]);
    expect((await neighbourhood.deviceState(plant.device.address)).settingsQueued).to.equal(true);
    const before = await seatsOf({ neighbourhood }, home.device.address, solar.device.address);
    expect(await neighbourhood.seats()).to.equal(before);

    await time.increaseTo(dayEnd(TODAY));
    await neighbourhood.record(await plant.profile({ day: TODAY }));
    await expect(neighbourhood.applyChanges([PLANT]))
      .to.emit(neighbourhood, "SettingsApplied")
      .withArgs(PLANT, TOMORROW, true, false, 700, 800);
    const state = await neighbourhood.deviceState(plant.device.address);
    expect(state.sharing).to.equal(true);
    expect([state.askTicks, state.bidTicks]).to.deep.equal([700n, 800n]);
    expect(state.settingsQueued).to.equal(false);
    expect(await neighbourhood.queuedSettings(PLANT)).to.deep.equal([0n, [false, false, 0n, 0n]]);
    expect(await neighbourhood.seats()).to.equal(before | (1n << state.seat));
  });

  it("are refused to all but the owner", async () => {
    const { neighbourhood, accounts } = await loadFixture(sharingStreet);
    const { alice, bob } = accounts;
    const setting = neighbourhood.connect(alice).setSettings(HOME, SELF);
    await expectRefusal(setting, neighbourhood, "NotMeterOwner", HOME, bob.address, alice.address);
  });

  for (const wrong of [
    { ...COMMUNITY, askTicks: 1 },
    { ...COMMUNITY, bidTicks: 1 },
    { ...SELF, community: true },
    { ...SELF, askTicks: 1 },
    { ...SELF, bidTicks: 1 },
  ]) {
    it(`are refused where they contradict themselves: ${JSON.stringify(wrong)}`, async () => {
      const { neighbourhood, accounts } = await loadFixture(sharingStreet);
      const values = [wrong.sharing, wrong.community, wrong.askTicks, wrong.bidTicks];
      const setting = neighbourhood.connect(accounts.bob).setSettings(HOME, wrong);
      await expectRefusal(setting, neighbourhood, "InvalidSettings", ...values);
    });
  }

  it("need an open meter with an active device", async () => {
    const { neighbourhood, operated, accounts, home } = await loadFixture(sharingStreet);
    const { bob, carol } = accounts;
    await neighbourhood.connect(bob).revokeMyDevice(HOME);
    const revoked = neighbourhood.connect(bob).setSettings(HOME, SELF);
    await expectRefusal(revoked, neighbourhood, "DeviceTombstoned", home.device.address, HOME);
    await operated.closeMeter(PLANT);
    await expectRefusal(
      neighbourhood.connect(carol).setSettings(PLANT, COMMUNITY),
      neighbourhood,
      "MeterIsClosed",
      PLANT,
    );
  });

  it("are replaced until their day begins, and then stand until they are applied", async () => {
    const { neighbourhood, accounts } = await loadFixture(sharingStreet);
    const setting = neighbourhood.connect(accounts.bob);
    await setting.setSettings(HOME, limits(1, 2));
    await setting.setSettings(HOME, SELF);
    expect((await neighbourhood.queuedSettings(HOME)).settings.sharing).to.equal(false);
    await time.increaseTo(dayEnd(TODAY));
    const late = setting.setSettings(HOME, HOME_LIMITS);
    await expectRefusal(late, neighbourhood, "ChangeHasBegun", HOME, TOMORROW, TOMORROW);
  });

  it("may be queued while a window is open, but are not applied then", async () => {
    const { neighbourhood, accounts, closes } = await loadFixture(openWindow);
    await neighbourhood.connect(accounts.bob).setSettings(HOME, SELF);
    const applying = neighbourhood.applyChanges([HOME]);
    await expectRefusal(applying, neighbourhood, "StandsStill", HOME, SHARED_DAY, closes);
  });

  it("of a meter that does not share yet are left waiting while a window is open", async () => {
    const { neighbourhood, operated, accounts, plant } = await loadFixture(sharingStreet);
    await neighbourhood.connect(accounts.carol).setSettings(PLANT, COMMUNITY);
    await time.increaseTo(dayEnd(TODAY));
    await neighbourhood.record(await plant.profile({ day: TODAY }));
    await operated.announce(SHARED_DAY, 0);
    await neighbourhood.applyChanges([PLANT]);
    expect((await neighbourhood.deviceState(plant.device.address)).sharing).to.equal(false);
    await time.increaseTo(await closesAt({ neighbourhood }));
    await neighbourhood.applyChanges([PLANT]);
    expect((await neighbourhood.deviceState(plant.device.address)).sharing).to.equal(true);
  });

  it("are not due before every earlier day of the meter is consumed or closed", async () => {
    const { neighbourhood, operated, accounts, home } = await loadFixture(toTomorrow);
    const { bob } = accounts;
    await neighbourhood.connect(bob).setSettings(HOME, limits(1, 2));
    // Tomorrow is the day after now, whose eve is neither announced nor void.
    await time.increaseTo(dayEnd(TOMORROW));
    await neighbourhood.applyChanges([HOME]);
    expect((await neighbourhood.deviceState(home.device.address)).askTicks).to.equal(500n);
    for (const day of [TODAY, TOMORROW]) {
      const opensAt = Number((await neighbourhood.nextWindow()).opensAt);
      if (opensAt > (await time.latest())) await time.increaseTo(opensAt);
      await operated.announce(day, 0);
    }
    await time.increaseTo(await closesAt({ neighbourhood }));
    await neighbourhood.applyChanges([HOME]);
    const state = await neighbourhood.deviceState(home.device.address);
    expect([state.askTicks, state.bidTicks]).to.deep.equal([1n, 2n]);
    // The days before are over for the meter.
    expect(state.lastDay).to.equal(BigInt(TOMORROW));
  });

  it("leave meters as they are that have nothing queued, or do not exist", async () => {
    const { neighbourhood } = await loadFixture(sharingStreet);
    const receipt = await (await neighbourhood.applyChanges([SOLAR, HOME, PLANT, 77])).wait();
    expect(receipt?.logs).to.deep.equal([]);
  });

  it("decide how a day is consumed from their own day on, applied or not", async () => {
    const { neighbourhood, accounts, plant, home } = await loadFixture(sharingStreet);
    await neighbourhood.connect(accounts.carol).setSettings(PLANT, COMMUNITY);
    await time.increaseTo(dayEnd(TOMORROW));
    await neighbourhood.record(await plant.profile({ day: TODAY }));
    const joined = neighbourhood.record(await plant.profile({ day: TOMORROW }));
    await expectRefusal(joined, neighbourhood, "IsSharing", PLANT, TOMORROW);
    const shared = neighbourhood.record(await home.profile({ day: SHARED_DAY }));
    await expectRefusal(shared, neighbourhood, "IsSharing", HOME, SHARED_DAY);
  });

  it("free the seat of a meter that leaves, for the next that joins", async () => {
    const { neighbourhood, accounts, home, plant } = await loadFixture(sharingStreet);
    const { bob, carol } = accounts;
    const seat = (await neighbourhood.deviceState(home.device.address)).seat;
    await neighbourhood.connect(bob).setSettings(HOME, SELF);
    await time.increaseTo(dayEnd(TODAY));
    const rest = neighbourhood.connect(accounts.operator);
    await rest.announce(SHARED_DAY, 0);
    await time.increaseTo(Number((await neighbourhood.nextWindow()).opensAt));
    await rest.announce(TODAY, 0);
    await time.increaseTo(await closesAt({ neighbourhood }));
    await neighbourhood.applyChanges([HOME]);
    const left = await neighbourhood.deviceState(home.device.address);
    expect([left.sharing, left.seat, left.askTicks, left.bidTicks]).to.deep.equal([false, 0n, 0n, 0n]);
    expect(await neighbourhood.seats()).to.equal(1n << (1n - seat));

    await neighbourhood.connect(carol).setSettings(PLANT, COMMUNITY);
    const today = Math.floor((await time.latest()) / 86_400);
    await time.increaseTo(dayEnd(today));
    await neighbourhood.record(await plant.profile({ day: today }));
    await neighbourhood.applyChanges([PLANT]);
    expect((await neighbourhood.deviceState(plant.device.address)).seat).to.equal(seat);
  });

  it("are ended by the governor, for a meter that shares or will", async () => {
    const { neighbourhood, accounts } = await loadFixture(sharingStreet);
    const governed = neighbourhood.connect(accounts.governor);
    await expect(governed.endSharing(HOME))
      .to.emit(neighbourhood, "SettingsQueued")
      .withArgs(HOME, TOMORROW, false, false, 0, 0);
    await expectRefusal(governed.endSharing(PLANT), neighbourhood, "NotSharing", PLANT, TODAY);
    await neighbourhood.connect(accounts.carol).setSettings(PLANT, COMMUNITY);
    await governed.endSharing(PLANT);
    expect((await neighbourhood.queuedSettings(PLANT)).settings.sharing).to.equal(false);
  });

  it("stay ended against the owner's will until the governor allows sharing again", async () => {
    const { neighbourhood, accounts } = await loadFixture(sharingStreet);
    const [owned, governed] = [neighbourhood.connect(accounts.bob), neighbourhood.connect(accounts.governor)];
    await expectRefusal(governed.allowSharing(HOME), neighbourhood, "MayShare", HOME);
    await expect(governed.endSharing(HOME)).to.emit(neighbourhood, "SharingEnded").withArgs(HOME);
    for (const settings of [COMMUNITY, limits(7, 8)]) {
      await expectRefusal(owned.setSettings(HOME, settings), neighbourhood, "MayNotShare", HOME);
    }
    await owned.setSettings(HOME, { sharing: false, community: false, askTicks: 0, bidTicks: 0 });
    await expect(governed.allowSharing(HOME)).to.emit(neighbourhood, "SharingAllowed").withArgs(HOME);
    await owned.setSettings(HOME, COMMUNITY);
    expect((await neighbourhood.queuedSettings(HOME)).settings.sharing).to.equal(true);
  });

  it("are given back when a meter is closed, with its seat and limits", async () => {
    const { neighbourhood, operated, accounts, solar } = await loadFixture(sharingStreet);
    await neighbourhood.connect(accounts.bob).setSettings(HOME, limits(7, 8));
    await operated.closeMeter(HOME);
    expect(await neighbourhood.seats()).to.equal(await seatsOf({ neighbourhood }, solar.device.address));
    expect(await neighbourhood.limitClasses()).to.deep.equal([]);
    expect((await neighbourhood.queuedSettings(HOME)).effectiveDay).to.equal(0n);
  });

  it("begin on the day after the street's first", async () => {
    const { neighbourhood, accounts } = await loadFixture(street);
    await expect(neighbourhood.connect(accounts.bob).setSettings(HOME, COMMUNITY))
      .to.emit(neighbourhood, "SettingsQueued")
      .withArgs(HOME, FIRST_DAY + 2, true, true, 0, 0);
  });
});
