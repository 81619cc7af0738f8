import { expect } from "chai";

import { dayEnd, FIRST_DAY, series } from "./fixtures/calendar.ts";
import type { SignedProfile } from "./fixtures/profiles.ts";
import { expectRefusal, GAS } from "./fixtures/refusal.ts";
import { at, closesAt, COMMUNITY, HOUR, limits, SELF, SHARED_DAY, sharingStreet, seatsOf } from "./fixtures/sharing.ts";
import { HOME, loadFixture, PLANT, SOLAR, street, time } from "./fixtures/street.ts";

const IMPORTS = series(100, 20, 40);
const EXPORTS = series(200, 40, 30);

/** A window in which only the solar roof is announced. */
async function homeLeftOut() {
  const open = await sharingStreet();
  await open.announce(await seatsOf(open, open.solar.device.address));
  return {
    ...open,
    closes: await closesAt(open),
    profile: await open.home.profile({ day: SHARED_DAY, imports: IMPORTS }),
  };
}

describe("force", () => {
  it("puts a profile that was left out into the settlement, for anyone", async () => {
    const { neighbourhood, accounts, home, profile } = await loadFixture(homeLeftOut);
    await expect(neighbourhood.connect(accounts.stranger).force(profile))
      .to.emit(neighbourhood, "ProfileForced")
      .withArgs(
        HOME,
        SHARED_DAY,
        home.device.address,
        profile.importRegister,
        profile.exportRegister,
        profile.quality,
        profile.intervals,
        profile.signature,
      );
    const [, forced] = await neighbourhood.announced();
    expect(forced).to.equal(await seatsOf({ neighbourhood }, home.device.address));
    expect((await neighbourhood.market()).forcedCount).to.equal(1n);
    // Nothing of the day is consumed yet.
    expect((await neighbourhood.deviceState(home.device.address)).lastDay).to.equal(BigInt(FIRST_DAY + 1));
  });

  it("is over after the first hour", async () => {
    const { neighbourhood, profile } = await loadFixture(homeLeftOut);
    const endsAt = Number((await neighbourhood.market()).openedAt) + HOUR;
    await at(endsAt);
    await expectRefusal(neighbourhood.force(profile, GAS), neighbourhood, "ForcingHourOver", SHARED_DAY, endsAt);
  });

  it("is still possible in the last second of the hour", async () => {
    const { neighbourhood, profile } = await loadFixture(homeLeftOut);
    await at(Number((await neighbourhood.market()).openedAt) + HOUR - 1);
    await neighbourhood.force(profile, GAS);
  });

  it("needs the window of that day", async () => {
    const { neighbourhood, home } = await loadFixture(homeLeftOut);
    const other = await home.profile({ day: SHARED_DAY - 1 });
    await expectRefusal(neighbourhood.force(other), neighbourhood, "NoWindow", SHARED_DAY - 1);
  });

  it("needs a window that was opened, not the day before deployment", async () => {
    const { neighbourhood, home } = await loadFixture(street);
    const profile = await home.profile({ day: FIRST_DAY - 1 });
    await expectRefusal(neighbourhood.force(profile), neighbourhood, "NoWindow", FIRST_DAY - 1);
  });

  it("is refused for meters that are in the settlement already", async () => {
    const { neighbourhood, solar, profile } = await loadFixture(homeLeftOut);
    const announced = await solar.profile({ day: SHARED_DAY });
    await expectRefusal(neighbourhood.force(announced), neighbourhood, "AlreadyIncluded", SOLAR, SHARED_DAY);
    await neighbourhood.force(profile);
    await expectRefusal(neighbourhood.force(profile), neighbourhood, "AlreadyIncluded", HOME, SHARED_DAY);
  });

  it("is refused for meters that do not share, or not on that day", async () => {
    const { neighbourhood, plant } = await loadFixture(homeLeftOut);
    const self = await plant.profile({ day: SHARED_DAY });
    await expectRefusal(neighbourhood.force(self), neighbourhood, "NotSharing", PLANT, SHARED_DAY);
  });

  it("is refused for a meter whose queued end of sharing has begun by that day", async () => {
    const { neighbourhood, operated, accounts, home } = await loadFixture(sharingStreet);
    await neighbourhood.connect(accounts.bob).setSettings(HOME, SELF);
    const day = SHARED_DAY + 2;
    for (const next of [SHARED_DAY, SHARED_DAY + 1, day]) {
      await time.increaseTo(Math.max(Number((await neighbourhood.nextWindow()).opensAt), (await time.latest()) + 1));
      await operated.announce(next, 0);
    }
    const left = await home.profile({ day });
    await expectRefusal(neighbourhood.force(left), neighbourhood, "NotSharing", HOME, day);
  });

  it("demands what recording demands", async () => {
    const { neighbourhood, home, accounts, profile } = await loadFixture(homeLeftOut);
    const forged = { ...profile, importRegister: profile.importRegister + 1n };
    await expect(neighbourhood.force(forged)).to.be.revertedWithCustomError(neighbourhood, "UnknownDevice");
    home.importRegister = 0n;
    const backwards = await home.profile({ day: SHARED_DAY });
    await expectRefusal(neighbourhood.force(backwards), neighbourhood, "RegisterBackwards", 0n, 1_000n);
    await neighbourhood.connect(accounts.bob).revokeMyDevice(HOME);
    const tombstoned = [home.device.address, HOME];
    await expectRefusal(neighbourhood.force(profile), neighbourhood, "DeviceTombstoned", ...tombstoned);
  });

  it("of an earlier window leaves nothing behind for the next", async () => {
    const { neighbourhood, operated, profile, bitmap } = await loadFixture(homeLeftOut);
    await neighbourhood.force(profile);
    await time.increaseTo(Number((await neighbourhood.nextWindow()).opensAt));
    await operated.announce(SHARED_DAY + 1, bitmap);
    expect(await neighbourhood.announced()).to.deep.equal([bitmap, 0n]);
    expect((await neighbourhood.market()).forcedCount).to.equal(0n);
  });
});

describe("late", () => {
  /** The window of the shared day ran out with nothing settled. */
  async function missed() {
    const open = await homeLeftOut();
    await time.increaseTo(open.closes);
    return open;
  }

  it("advances the registers of a sharing meter by a day that closed without it", async () => {
    const { neighbourhood, accounts, home, token } = await loadFixture(missed);
    const profile = await home.profile({ day: SHARED_DAY, imports: IMPORTS, exports: EXPORTS, lostImport: 7 });
    await expect(neighbourhood.connect(accounts.stranger).late(profile))
      .to.emit(neighbourhood, "LateRecorded")
      .withArgs(
        HOME,
        SHARED_DAY,
        home.device.address,
        profile.importRegister,
        profile.exportRegister,
        profile.quality,
        // The profile taken by the fixture was never consumed: its import is lost to the intervals too.
        7 + 4_000,
        0,
        profile.intervals,
        profile.signature,
      );
    const state = await neighbourhood.deviceState(home.device.address);
    expect(state.lastDay).to.equal(BigInt(SHARED_DAY));
    expect([state.importRegister, state.exportRegister]).to.deep.equal([home.importRegister, home.exportRegister]);
    expect((await token.queryFilter(token.filters.TransferBatch())).length).to.equal(0);
    const again = neighbourhood.late(await home.profile({ day: SHARED_DAY }));
    await expectRefusal(again, neighbourhood, "DayNotAfterLast", SHARED_DAY, SHARED_DAY);
  });

  it("is refused while a window is open", async () => {
    const { neighbourhood, home, closes } = await loadFixture(homeLeftOut);
    for (const day of [SHARED_DAY, SHARED_DAY - 1]) {
      const late = neighbourhood.late(await home.profile({ day }), GAS);
      await expectRefusal(late, neighbourhood, "StandsStill", HOME, SHARED_DAY, closes);
    }
  });

  it("is refused for a day that may still be shared", async () => {
    const { neighbourhood, home } = await loadFixture(missed);
    await time.increaseTo(dayEnd(SHARED_DAY + 1));
    const early = neighbourhood.late(await home.profile({ day: SHARED_DAY + 1 }));
    await expectRefusal(early, neighbourhood, "DayStillOpen", SHARED_DAY + 1);
  });

  it("is refused for meters that do not share", async () => {
    const { neighbourhood, plant } = await loadFixture(missed);
    const self = neighbourhood.late(await plant.profile({ day: SHARED_DAY }));
    await expectRefusal(self, neighbourhood, "NotSharing", PLANT, SHARED_DAY);
  });

  it("demands what recording demands", async () => {
    const { neighbourhood, home } = await loadFixture(missed);
    home.importRegister = 999n;
    const backwards = await home.profile({ day: SHARED_DAY });
    await expectRefusal(neighbourhood.late(backwards), neighbourhood, "RegisterBackwards", 999n, 1_000n);
  });

  it("applies the settings of the next day, whose eve it consumes", async () => {
    const { neighbourhood, operated, accounts, home } = await loadFixture(missed);
    await neighbourhood.connect(accounts.bob).setSettings(HOME, limits(3, 4));
    const eve = SHARED_DAY + 1;
    await time.increaseTo(Number((await neighbourhood.nextWindow()).opensAt));
    await operated.announce(eve, 0);
    await time.increaseTo(await closesAt({ neighbourhood }));
    await neighbourhood.late(await home.profile({ day: SHARED_DAY }));
    expect((await neighbourhood.deviceState(home.device.address)).askTicks).to.equal(500n);
    await expect(neighbourhood.late(await home.profile({ day: eve })))
      .to.emit(neighbourhood, "SettingsApplied")
      .withArgs(HOME, eve + 1, true, false, 3, 4);
    const state = await neighbourhood.deviceState(home.device.address);
    expect([state.askTicks, state.bidTicks, state.settingsQueued]).to.deep.equal([3n, 4n, false]);
  });

  it("is no way for a meter that has joined only afterwards", async () => {
    const { neighbourhood, accounts, plant } = await loadFixture(missed);
    await neighbourhood.connect(accounts.carol).setSettings(PLANT, COMMUNITY);
    const before: SignedProfile = await plant.profile({ day: SHARED_DAY });
    await expectRefusal(neighbourhood.late(before), neighbourhood, "NotSharing", PLANT, SHARED_DAY);
    await neighbourhood.record(before);
  });
});
