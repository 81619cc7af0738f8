import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { dayEnd, series } from "./fixtures/calendar.ts";
import { House } from "./fixtures/house.ts";
import { P256Device, toHighP256 } from "./fixtures/p256.ts";
import { secondNeighbourhood } from "./fixtures/neighbour.ts";
import { signRegistration } from "./fixtures/profiles.ts";
import { expectRefusal } from "./fixtures/refusal.ts";
import { closesAt, PREPAID, SELF, SHARED_DAY, sharingStreet } from "./fixtures/sharing.ts";
import { HOME, key, loadFixture, SOLAR, time } from "./fixtures/street.ts";

const TODAY = SHARED_DAY + 1;
const NEXT = key("next home device");

/** Bob's home shares, and has another device queued for tomorrow. */
async function queued() {
  const open = await sharingStreet();
  const registration = await signRegistration(NEXT, open.domain, open.home);
  await open.operated.rotateDevice(registration);
  return { ...open, registration };
}

/** The same a day later, with all days before void. */
async function due() {
  const open = await queued();
  await open.operated.announce(SHARED_DAY, 0);
  await time.increaseTo(Number((await open.neighbourhood.nextWindow()).opensAt));
  await open.operated.announce(TODAY, 0);
  await time.increaseTo(await closesAt(open));
  return open;
}

describe("the device of a sharing meter", () => {
  it("is queued for tomorrow, held by the registry, and signs nothing before", async () => {
    const { neighbourhood, operated, deviceRegistry, domain, home } = await loadFixture(sharingStreet);
    const registration = await signRegistration(NEXT, domain, home);
    await expect(operated.rotateDevice(registration))
      .to.emit(neighbourhood, "DeviceQueued")
      .withArgs(HOME, TODAY + 1, home.device.address, NEXT.address);
    expect(await neighbourhood.queuedDevice(HOME)).to.deep.equal([TODAY + 1, NEXT.address]);
    expect(await deviceRegistry.neighbourhoodOf(NEXT.address)).to.equal(await neighbourhood.getAddress());
    expect((await neighbourhood.deviceState(home.device.address)).deviceQueued).to.equal(true);
    const house = new House(HOME, NEXT, domain, home.importRegister, home.exportRegister);
    const early = neighbourhood.record(await house.profile({ day: SHARED_DAY }));
    await expectRefusal(early, neighbourhood, "UnknownDevice", NEXT.address);
  });

  it("takes the whole word over on its day, once the days before are closed", async () => {
    const { neighbourhood, deviceRegistry, home } = await loadFixture(due);
    const before = await neighbourhood.deviceState(home.device.address);
    await expect(neighbourhood.applyChanges([HOME]))
      .to.emit(neighbourhood, "DeviceRotated")
      .withArgs(HOME, home.device.address, NEXT.address)
      .and.to.emit(neighbourhood, "DeviceRegistered")
      .withArgs(HOME, NEXT.address, 0, 1, before.importRegister, before.exportRegister);
    const after = await neighbourhood.deviceState(NEXT.address);
    expect([after.active, after.sharing, after.deviceQueued]).to.deep.equal([true, true, false]);
    expect([after.seat, after.askTicks, after.bidTicks]).to.deep.equal([before.seat, 500n, 2_500n]);
    expect([after.balanceBaseUnits, after.lastDay]).to.deep.equal([PREPAID, BigInt(TODAY)]);
    expect((await neighbourhood.meter(HOME)).device).to.equal(NEXT.address);
    // Of the old one nothing stays but the mark.
    const old = await neighbourhood.deviceState(home.device.address);
    expect([old.active, old.sharing, old.balanceBaseUnits, old.meter]).to.deep.equal([false, false, 0n, BigInt(HOME)]);
    expect(await deviceRegistry.neighbourhoodOf(home.device.address)).to.equal(ZeroAddress);
    expect(await neighbourhood.queuedDevice(HOME)).to.deep.equal([0n, ZeroAddress]);
  });

  it("is replaced in the queue until its day, and is free again then", async () => {
    const { neighbourhood, operated, deviceRegistry, domain, home } = await loadFixture(queued);
    const other = await signRegistration(key("other home device"), domain, home);
    await expect(operated.rotateDevice(other)).to.emit(neighbourhood, "DeviceUnqueued").withArgs(HOME, NEXT.address);
    expect(await deviceRegistry.neighbourhoodOf(NEXT.address)).to.equal(ZeroAddress);
    await time.increaseTo(dayEnd(TODAY));
    const again = await signRegistration(NEXT, domain, home);
    await expectRefusal(operated.rotateDevice(again), neighbourhood, "ChangeHasBegun", HOME, TODAY + 1, TODAY + 1);
  });

  it("is replaced at once where the old one is revoked, and what was queued is free", async () => {
    const { neighbourhood, operated, deviceRegistry, accounts, domain, home } = await loadFixture(queued);
    await neighbourhood.connect(accounts.bob).revokeMyDevice(HOME);
    const other = await signRegistration(key("other home device"), domain, home);
    await operated.rotateDevice(other);
    expect(await deviceRegistry.neighbourhoodOf(NEXT.address)).to.equal(ZeroAddress);
    const state = await neighbourhood.deviceState(other.device);
    expect([state.active, state.deviceQueued, state.lastDay]).to.deep.equal([true, false, BigInt(TODAY - 1)]);
  });

  it("takes over also from one that was revoked meanwhile", async () => {
    const { neighbourhood, accounts } = await loadFixture(due);
    await neighbourhood.connect(accounts.bob).revokeMyDevice(HOME);
    await neighbourhood.applyChanges([HOME]);
    expect((await neighbourhood.deviceState(NEXT.address)).active).to.equal(true);
  });

  it("is given back when its meter is closed", async () => {
    const { neighbourhood, operated, deviceRegistry } = await loadFixture(queued);
    await expect(operated.closeMeter(HOME)).to.emit(neighbourhood, "DeviceUnqueued").withArgs(HOME, NEXT.address);
    expect(await deviceRegistry.neighbourhoodOf(NEXT.address)).to.equal(ZeroAddress);
    expect(await neighbourhood.queuedDevice(HOME)).to.deep.equal([0n, ZeroAddress]);
  });

  it("cannot serve elsewhere while it waits, and not for the days before it was free", async () => {
    const open = await loadFixture(queued);
    const { deviceRegistry, neighbourhood, operated, accounts } = open;
    const second = await secondNeighbourhood(open, 77, accounts.bob.address);
    const claim = { meter: 77, importRegister: 0n, exportRegister: 0n };
    const registration = await signRegistration(NEXT, second.domain, claim);
    const taken = second.neighbourhood.registerDevice(registration);
    const holder = [NEXT.address, await neighbourhood.getAddress()];
    await expectRefusal(taken, deviceRegistry, "DeviceAlreadyClaimed", ...holder);
    await operated.closeMeter(HOME);
    await second.neighbourhood.registerDevice(registration);
    expect((await second.neighbourhood.deviceState(NEXT.address)).lastDay).to.equal(BigInt(TODAY - 1));
  });

  it("is refused if it was tombstoned, serves already, or signed other registers", async () => {
    const { neighbourhood, operated, deviceRegistry, accounts, domain, home, solar } = await loadFixture(sharingStreet);
    const serving = await signRegistration(solar.device, domain, home);
    const holder = [solar.device.address, await neighbourhood.getAddress()];
    await expectRefusal(operated.rotateDevice(serving), deviceRegistry, "DeviceAlreadyClaimed", ...holder);
    await neighbourhood.connect(accounts.alice).revokeMyDevice(SOLAR);
    const tombstoned = [solar.device.address, SOLAR];
    await expectRefusal(operated.rotateDevice(serving), neighbourhood, "DeviceTombstoned", ...tombstoned);
    const stale = await signRegistration(NEXT, domain, { meter: HOME, importRegister: 1n, exportRegister: 500n });
    const values = [1n, 500n, 1_000n, 500n];
    await expectRefusal(operated.rotateDevice(stale), neighbourhood, "StaleOpeningRegisters", ...values);
  });

  it("is applied after settings that end sharing, which it survives", async () => {
    const { neighbourhood, operated, accounts } = await loadFixture(queued);
    await neighbourhood.connect(accounts.bob).setSettings(HOME, SELF);
    await operated.announce(SHARED_DAY, 0);
    await time.increaseTo(Number((await neighbourhood.nextWindow()).opensAt));
    await operated.announce(TODAY, 0);
    await time.increaseTo(await closesAt({ neighbourhood }));
    await neighbourhood.applyChanges([HOME]);
    const state = await neighbourhood.deviceState(NEXT.address);
    expect([state.active, state.sharing, state.deviceQueued]).to.deep.equal([true, false, false]);
  });
});

describe("a P-256 device", () => {
  /** A home whose device signs with P-256 from tomorrow on. */
  async function p256Home() {
    const open = await sharingStreet();
    const { operated, neighbourhood, home, domain, accounts } = open;
    await neighbourhood.connect(accounts.bob).setSettings(HOME, SELF);
    await operated.closeMeter(HOME);
    const device = new P256Device();
    const meter = { meter: 42, owner: accounts.bob.address, kind: 0, source: 0, unitExponent: 0, capWh: 4_000 };
    await operated.registerMeter({ ...meter, place: (await neighbourhood.meter(SOLAR)).place });
    const house = new House(42, device, domain, home.importRegister, home.exportRegister);
    await operated.registerDevice(await signRegistration(device, domain, house));
    await time.increaseTo(dayEnd(TODAY));
    return { ...open, house, device };
  }

  it("records a day", async () => {
    const { neighbourhood, house, device } = await loadFixture(p256Home);
    const profile = await house.profile({ day: TODAY, imports: series(10), exports: series(20) });
    await expect(neighbourhood.record(profile)).to.emit(neighbourhood, "ProfileRecorded");
    expect((await neighbourhood.deviceState(device.address)).lastDay).to.equal(BigInt(TODAY));
  });

  it("is refused for the other signature of the same key", async () => {
    const { neighbourhood, house } = await loadFixture(p256Home);
    const profile = await house.profile({ day: TODAY });
    const signature = toHighP256(profile.signature.slice(0, 130)) + profile.signature.slice(130);
    await expectRefusal(neighbourhood.record({ ...profile, signature }), neighbourhood, "MalformedSignature", 128);
  });

  it("is refused for a profile it did not sign, and for another key", async () => {
    const { neighbourhood, house, domain } = await loadFixture(p256Home);
    const profile = await house.profile({ day: TODAY });
    const forged = { ...profile, exportRegister: profile.exportRegister + 1n };
    await expectRefusal(neighbourhood.record(forged), neighbourhood, "MalformedSignature", 128);
    const stranger = new P256Device();
    const strange = await new House(42, stranger, domain, house.importRegister, house.exportRegister).profile({
      day: TODAY,
    });
    await expectRefusal(neighbourhood.record(strange), neighbourhood, "UnknownDevice", stranger.address);
  });
});
