import { expect } from "chai";
import { encodeBytes32String, ZeroAddress, ZeroHash } from "ethers";

import { FIRST_DAY, series } from "./fixtures/calendar.ts";
import { signRegistration } from "./fixtures/profiles.ts";
import { expectRefusal } from "./fixtures/refusal.ts";
import { CAP_UNITS, HOME, key, loadFixture, PLACE, PLANT, SOLAR, street } from "./fixtures/street.ts";

const DAY = FIRST_DAY;

/** The street with its governed calls at hand, and the registration of one more meter of Bob's. */
async function governedStreet() {
  const open = await street();
  const { neighbourhood, accounts } = open;
  const registration = {
    meter: 9,
    owner: accounts.bob.address,
    kind: 2,
    source: 5,
    unitExponent: 1,
    capWh: 50_000,
    place: PLACE,
  };
  return {
    ...open,
    operated: neighbourhood.connect(accounts.operator),
    governed: neighbourhood.connect(accounts.governor),
    registration,
  };
}

describe("registering a meter", () => {
  it("writes down what it is", async () => {
    const { neighbourhood, token, operated, registration, accounts } = await loadFixture(governedStreet);
    const { bob } = accounts;
    const registering = operated.registerMeter(registration);
    await expect(registering)
      .to.emit(neighbourhood, "MeterRegistered")
      .withArgs(9, bob.address, 2, 5, 1, 50_000, PLACE);
    await expect(registering).to.emit(token, "IssuerAdmitted").withArgs(9, bob.address, 1);
    const meter = await neighbourhood.meter(9);
    expect([meter.owner, meter.device, meter.kind, meter.source]).to.deep.equal([bob.address, ZeroAddress, 2n, 5n]);
    expect([meter.custody, meter.keyType, meter.unitExponent, meter.place]).to.deep.equal([0n, 0n, 1n, PLACE]);
    expect(meter.closed).to.equal(false);
    expect(await token.issuer(9)).to.deep.equal([bob.address, 1n]);
  });

  it("takes the largest number", async () => {
    const { neighbourhood, operated, registration } = await loadFixture(governedStreet);
    await operated.registerMeter({ ...registration, meter: 2 ** 32 - 1 });
    expect((await neighbourhood.meter(2 ** 32 - 1)).unitExponent).to.equal(1n);
  });

  it("refuses number 0", async () => {
    const { neighbourhood, operated, registration } = await loadFixture(governedStreet);
    const registering = operated.registerMeter({ ...registration, meter: 0 });
    await expectRefusal(registering, neighbourhood, "InvalidMeterNumber", 0);
  });

  it("refuses a number that is taken, whoever asks", async () => {
    const { neighbourhood, operated, registration } = await loadFixture(governedStreet);
    const registering = operated.registerMeter({ ...registration, meter: SOLAR });
    await expectRefusal(registering, neighbourhood, "MeterAlreadyRegistered", SOLAR);
  });

  it("refuses a unit of 1,000 Wh", async () => {
    const { neighbourhood, operated, registration } = await loadFixture(governedStreet);
    const registering = operated.registerMeter({ ...registration, unitExponent: 3 });
    await expectRefusal(registering, neighbourhood, "InvalidUnitExponent", 3);
  });

  for (const [unitExponent, capWh] of [
    [0, 0],
    [0, 32_768],
    [1, 15],
    [1, 327_680],
    [2, 10],
    [2, 3_276_800],
    [2, 2 ** 32 - 1],
  ] as const) {
    it(`refuses a cap of ${capWh} Wh with a unit of ${10 ** unitExponent} Wh`, async () => {
      const { neighbourhood, operated, registration } = await loadFixture(governedStreet);
      const registering = operated.registerMeter({ ...registration, unitExponent, capWh });
      const unitWh = 10 ** unitExponent;
      await expectRefusal(registering, neighbourhood, "InvalidCap", capWh, unitWh, 32_767 * unitWh);
    });
  }

  for (const [name, place] of [
    ["no text", ZeroHash],
    ["text after a zero", `0x4100${"41".repeat(30)}`],
    ["a control character", `0x410a${"00".repeat(30)}`],
    ["a byte beyond ASCII", `0x41c3${"00".repeat(30)}`],
  ] as const) {
    it(`refuses a place with ${name}`, async () => {
      const { neighbourhood, operated, registration } = await loadFixture(governedStreet);
      await expectRefusal(operated.registerMeter({ ...registration, place }), neighbourhood, "InvalidPlace", place);
    });
  }

  it("takes a place of 31 characters", async () => {
    const { neighbourhood, operated, registration } = await loadFixture(governedStreet);
    const place = encodeBytes32String("x".repeat(31));
    await operated.registerMeter({ ...registration, place });
    expect((await neighbourhood.meter(9)).place).to.equal(place);
  });
});

describe("a meter that does not exist", () => {
  it("is named", async () => {
    const { neighbourhood, operated, governed, accounts } = await loadFixture(governedStreet);
    const guarded = neighbourhood.connect(accounts.guardian);
    for (const call of [
      () => neighbourhood.meter(99),
      () => governed.setCap(99, 1),
      () => operated.closeMeter(99),
      () => governed.rebaseRegisters(99, 0, 0, ""),
      () => guarded.revokeDevice(99),
      () => neighbourhood.revokeMyDevice(99),
    ]) {
      await expectRefusal(call(), neighbourhood, "UnknownMeter", 99);
    }
  });
});

describe("a cap", () => {
  it("bounds the next day that is recorded", async () => {
    const { neighbourhood, solar, governed } = await loadFixture(governedStreet);
    await expect(governed.setCap(SOLAR, 50)).to.emit(neighbourhood, "CapChanged").withArgs(SOLAR, 50);
    const profile = await solar.profile({ day: DAY, exports: series(51, 95, 1) });
    await expectRefusal(neighbourhood.record(profile), neighbourhood, "IntervalAboveCap", DAY * 96 + 95, 51, 50);
    await governed.setCap(SOLAR, 51);
    await expect(neighbourhood.record(profile)).to.emit(neighbourhood, "ProfileRecorded");
  });

  it("is given in Wh, whatever the unit", async () => {
    const { neighbourhood, plant, governed } = await loadFixture(governedStreet);
    await governed.setCap(PLANT, 120);
    expect((await neighbourhood.deviceState(plant.device.address)).capUnits).to.equal(12n);
    await expectRefusal(governed.setCap(PLANT, 125), neighbourhood, "InvalidCap", 125, 10, 327_670);
    await expectRefusal(governed.setCap(PLANT, 0), neighbourhood, "InvalidCap", 0, 10, 327_670);
  });

  it("is kept for the first device and for the one after it", async () => {
    const { neighbourhood, operated, governed, registration, domain, accounts } = await loadFixture(governedStreet);
    await operated.registerMeter(registration);
    await governed.setCap(9, 70);
    const opening = { meter: 9, importRegister: 0n, exportRegister: 0n };
    await operated.registerDevice(await signRegistration(key("first"), domain, opening));
    expect((await neighbourhood.deviceState(key("first").address)).capUnits).to.equal(7n);
    await neighbourhood.connect(accounts.guardian).revokeDevice(9);
    await governed.setCap(9, 80);
    await operated.rotateDevice(await signRegistration(key("second"), domain, opening));
    expect((await neighbourhood.deviceState(key("second").address)).capUnits).to.equal(8n);
  });
});

describe("closing a meter", () => {
  it("revokes its device and takes no other", async () => {
    const { neighbourhood, deviceRegistry, operated, home, domain } = await loadFixture(governedStreet);
    const { address } = home.device;
    const closing = operated.closeMeter(HOME);
    await expect(closing).to.emit(neighbourhood, "MeterClosed").withArgs(HOME);
    await expect(closing).to.emit(neighbourhood, "DeviceRevoked").withArgs(HOME, address);
    expect((await neighbourhood.meter(HOME)).closed).to.equal(true);
    expect(await deviceRegistry.neighbourhoodOf(address)).to.equal(ZeroAddress);
    const profile = await home.profile({ day: DAY });
    await expectRefusal(neighbourhood.record(profile), neighbourhood, "DeviceTombstoned", address, HOME);
    const opening = { meter: HOME, importRegister: 1_000n, exportRegister: 500n };
    const registration = await signRegistration(key("another"), domain, opening);
    await expectRefusal(operated.rotateDevice(registration), neighbourhood, "MeterIsClosed", HOME);
    await expectRefusal(operated.registerDevice(registration), neighbourhood, "MeterIsClosed", HOME);
  });

  it("happens once, with or without a device", async () => {
    const { neighbourhood, operated, registration } = await loadFixture(governedStreet);
    await operated.registerMeter(registration);
    await expect(operated.closeMeter(9)).to.not.emit(neighbourhood, "DeviceRevoked");
    await expectRefusal(operated.closeMeter(9), neighbourhood, "MeterIsClosed", 9);
  });

  it("of a revoked device revokes nothing more", async () => {
    const { neighbourhood, operated, accounts } = await loadFixture(governedStreet);
    await neighbourhood.connect(accounts.bob).revokeMyDevice(HOME);
    await expect(operated.closeMeter(HOME)).to.not.emit(neighbourhood, "DeviceRevoked");
  });

  it("leaves its tokens to their holder", async () => {
    const { neighbourhood, token, operated, solar, accounts } = await loadFixture(governedStreet);
    const { alice, bob } = accounts;
    await neighbourhood.record(await solar.profile({ day: DAY, exports: series(CAP_UNITS, 3, 1) }));
    await operated.closeMeter(SOLAR);
    await token.connect(alice).safeRangeTransferFrom(alice.address, bob.address, SOLAR, DAY * 96 + 3, [CAP_UNITS]);
    expect(await token.balanceOfRange(bob.address, SOLAR, DAY * 96 + 3, 1)).to.deep.equal([BigInt(CAP_UNITS)]);
  });
});
