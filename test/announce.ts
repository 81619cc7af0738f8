import { expect } from "chai";

import { dayEnd, FIRST_DAY } from "./fixtures/calendar.ts";
import { expectRefusal, GAS } from "./fixtures/refusal.ts";
import {
  at,
  closesAt,
  HOUR,
  openWindow,
  REST_AFTER_VOID,
  seatsOf,
  SHARED_DAY,
  sharingStreet,
} from "./fixtures/sharing.ts";
import { CLOSING_WINDOW_SECONDS, HOME, key, loadFixture, SOLAR, street, time } from "./fixtures/street.ts";
import { signRegistration } from "./fixtures/profiles.ts";

describe("announce", () => {
  it("opens the window of the next day for the seats where meters share", async () => {
    const { neighbourhood, announce, bitmap, home, solar } = await loadFixture(sharingStreet);
    await at(dayEnd(SHARED_DAY) + HOUR);
    await expect(announce(2n ** 256n - 1n))
      .to.emit(neighbourhood, "DayAnnounced")
      .withArgs(SHARED_DAY, bitmap, dayEnd(SHARED_DAY) + HOUR + CLOSING_WINDOW_SECONDS)
      .and.to.emit(neighbourhood, "DayVoid")
      .withArgs(SHARED_DAY - 1);
    expect(bitmap).to.equal(await seatsOf({ neighbourhood }, home.device.address, solar.device.address));
    expect(await neighbourhood.announced()).to.deep.equal([bitmap, 0n]);
    const market = await neighbourhood.market();
    expect([market.day, market.settledAt, market.forcedCount]).to.deep.equal([BigInt(SHARED_DAY), 0n, 0n]);
  });

  it("takes days in their order, and none that is not over", async () => {
    const { operated, neighbourhood } = await loadFixture(sharingStreet);
    for (const day of [SHARED_DAY - 1, SHARED_DAY + 1]) {
      await expectRefusal(operated.announce(day, 0), neighbourhood, "NotNextDay", day, SHARED_DAY);
    }
    await operated.announce(SHARED_DAY, 0);
    expect(await neighbourhood.nextWindow()).to.deep.equal([BigInt(SHARED_DAY + 1), BigInt(dayEnd(SHARED_DAY + 1))]);
    await at(dayEnd(SHARED_DAY + 1) - 1);
    const early = operated.announce(SHARED_DAY + 1, 0, GAS);
    const values = [dayEnd(SHARED_DAY + 1), dayEnd(SHARED_DAY + 1) - 1];
    await expectRefusal(early, neighbourhood, "WindowNotYet", ...values);
  });

  it("rests for 18 hours after a window that nobody settled", async () => {
    const { neighbourhood, accounts } = await loadFixture(street);
    const operated = neighbourhood.connect(accounts.announcer);
    await time.increaseTo(dayEnd(FIRST_DAY + 3));
    await operated.announce(FIRST_DAY, 0);
    const opensAt = (await closesAt({ neighbourhood })) + REST_AFTER_VOID;
    await at(opensAt - 1);
    const early = operated.announce(FIRST_DAY + 1, 0, GAS);
    await expectRefusal(early, neighbourhood, "WindowNotYet", opensAt, opensAt - 1);
    await at(opensAt);
    await operated.announce(FIRST_DAY + 1, 0);
  });

  it("passes over days that nobody announced for a week", async () => {
    const { neighbourhood, accounts } = await loadFixture(street);
    await time.increaseTo(dayEnd(FIRST_DAY + 7) - 10);
    expect(await neighbourhood.isClosed(FIRST_DAY)).to.equal(false);
    expect((await neighbourhood.nextWindow()).day).to.equal(BigInt(FIRST_DAY));
    await time.increaseTo(dayEnd(FIRST_DAY + 7));
    expect(await neighbourhood.isClosed(FIRST_DAY)).to.equal(true);
    expect(await neighbourhood.isClosed(FIRST_DAY + 1)).to.equal(false);
    await neighbourhood.connect(accounts.announcer).announce(FIRST_DAY + 1, 0);
  });

  it("leaves a day announced at the last moment its whole window", async () => {
    const { neighbourhood, accounts } = await loadFixture(street);
    await at(dayEnd(FIRST_DAY + 7) - 1);
    await neighbourhood.connect(accounts.announcer).announce(FIRST_DAY, 0);
    await time.increaseTo(dayEnd(FIRST_DAY + 7) + 60);
    expect(await neighbourhood.isClosed(FIRST_DAY)).to.equal(false);
    await time.increaseTo(await closesAt({ neighbourhood }));
    expect(await neighbourhood.isClosed(FIRST_DAY)).to.equal(true);
  });

  it("is refused while paused, and goes on afterwards", async () => {
    const { neighbourhood, accounts, announce } = await loadFixture(sharingStreet);
    const { guardian, governor, bob } = accounts;
    await expectRefusal(neighbourhood.connect(governor).unpause(), neighbourhood, "NotPaused");
    await expect(neighbourhood.connect(guardian).pause()).to.emit(neighbourhood, "Paused").withArgs(guardian.address);
    await expectRefusal(neighbourhood.connect(guardian).pause(), neighbourhood, "IsPaused");
    await expectRefusal(announce(), neighbourhood, "IsPaused");
    await expectRefusal(neighbourhood.connect(bob).deposit(bob.address, 1), neighbourhood, "IsPaused");
    await expectRefusal(neighbourhood.connect(bob).fundMeter(HOME, 1), neighbourhood, "IsPaused");
    await neighbourhood.connect(bob).defundMeter(HOME, 1);
    await expect(neighbourhood.connect(governor).unpause())
      .to.emit(neighbourhood, "Unpaused")
      .withArgs(governor.address);
    await announce();
  });
});

describe("while a window is open", () => {
  it("cap, registers and meters that share stand still", async () => {
    const { neighbourhood, operated, accounts, closes } = await loadFixture(openWindow);
    const governed = neighbourhood.connect(accounts.governor);
    for (const moving of [
      () => governed.setCap(HOME, 100, GAS),
      () => governed.rebaseRegisters(HOME, 0, 0, "counter replaced", GAS),
      () => operated.closeMeter(HOME, GAS),
    ]) {
      await expectRefusal(moving(), neighbourhood, "StandsStill", HOME, SHARED_DAY, closes);
    }
    await time.increaseTo(closes);
    await governed.setCap(HOME, 100);
  });

  it("a device is revoked at once, and replaced when the window has closed", async () => {
    const { neighbourhood, operated, accounts, closes, home, domain } = await loadFixture(openWindow);
    await neighbourhood.connect(accounts.bob).revokeMyDevice(HOME);
    const before = await neighbourhood.deviceState(home.device.address);
    expect([before.active, before.sharing]).to.deep.equal([false, true]);
    const next = await signRegistration(key("next home device"), domain, home);
    await expectRefusal(operated.rotateDevice(next, GAS), neighbourhood, "StandsStill", HOME, SHARED_DAY, closes);
    await time.increaseTo(closes);
    await operated.rotateDevice(next);
    const after = await neighbourhood.deviceState(next.device);
    expect([after.active, after.sharing, after.seat]).to.deep.equal([true, true, before.seat]);
    // The new device signs nothing of the days that were delivered before.
    expect(after.lastDay).to.equal(BigInt(SHARED_DAY));
    expect(after.balanceBaseUnits).to.equal(before.balanceBaseUnits);
  });

  it("a meter that does not share is closed as ever", async () => {
    const { operated, accounts, neighbourhood, bitmap } = await loadFixture(openWindow);
    await operated.closeMeter(3);
    expect(await neighbourhood.seats()).to.equal(bitmap);
    expect((await neighbourhood.meter(SOLAR)).owner).to.equal(accounts.alice.address);
  });
});
