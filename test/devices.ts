import { expect } from "chai";
import { concat, dataSlice, ZeroAddress } from "ethers";

import { dayEnd, FIRST_DAY, series } from "./fixtures/calendar.ts";
import { deployNeighbourhood } from "./fixtures/neighbour.ts";
import { P256Device, toHighP256 } from "./fixtures/p256.ts";
import { REGISTRATION_TYPES, signRegistration } from "./fixtures/profiles.ts";
import { expectRefusal } from "./fixtures/refusal.ts";
import { toCompact, toHighS } from "./fixtures/signatures.ts";
import {
  addDevice,
  addMeter,
  CAP_UNITS,
  emptyStreet,
  ethers,
  HOME,
  key,
  loadFixture,
  SOLAR,
  street,
  time,
} from "./fixtures/street.ts";

const REGISTER_LIMIT = 1n << 44n;

/** A neighbourhood with a meter that has no device yet. */
async function bareMeter() {
  const empty = await emptyStreet();
  await addMeter(empty, SOLAR, empty.accounts.alice.address);
  const operated = empty.neighbourhood.connect(empty.accounts.operator);
  const device = key("device");
  const registration = await signRegistration(device, empty.domain, {
    meter: SOLAR,
    importRegister: 5n,
    exportRegister: 6n,
  });
  return { ...empty, operated, device, registration };
}

describe("registering a device", () => {
  it("binds it to its meter with its opening registers, here and in the registry", async () => {
    const { neighbourhood, operated, deviceRegistry, device, registration } = await loadFixture(bareMeter);
    const sent = operated.registerDevice(registration);
    await expect(sent)
      .to.emit(neighbourhood, "DeviceRegistered")
      .withArgs(SOLAR, device.address, 0, 1, 5n, 6n)
      .and.to.emit(deviceRegistry, "DeviceClaimed")
      .withArgs(device.address, await neighbourhood.getAddress());

    const state = await neighbourhood.deviceState(device.address);
    expect(state.meter).to.equal(SOLAR);
    expect(state.active).to.equal(true);
    expect(state.lastDay).to.equal(FIRST_DAY - 1);
    expect([state.importRegister, state.exportRegister]).to.deep.equal([5n, 6n]);
    expect([state.capUnits, state.unitExponent]).to.deep.equal([BigInt(CAP_UNITS), 0n]);
    expect(await deviceRegistry.neighbourhoodOf(device.address)).to.equal(await neighbourhood.getAddress());
    const meter = await neighbourhood.meter(SOLAR);
    expect([meter.device, meter.custody, meter.keyType]).to.deep.equal([device.address, 1n, 0n]);
  });

  it("is refused without the device's signature", async () => {
    const { operated, deviceRegistry, device, domain, registration } = await loadFixture(bareMeter);
    const thief = key("thief");
    const forged = await signRegistration(thief, domain, registration);
    await expect(
      operated.registerDevice({ ...registration, possession: forged.possession }),
    ).to.be.revertedWithCustomError(deviceRegistry, "PossessionNotProven");
    await expect(operated.registerDevice({ ...registration, possession: "0x" }))
      .to.be.revertedWithCustomError(deviceRegistry, "PossessionNotProven")
      .withArgs(device.address, ZeroAddress);
  });

  it("is refused with somebody else's signature over it, naming who signed", async () => {
    const { operated, deviceRegistry, device, domain, registration } = await loadFixture(bareMeter);
    const thief = key("thief");
    const possession = await thief.signTypedData(domain, REGISTRATION_TYPES, registration);
    await expect(operated.registerDevice({ ...registration, possession }))
      .to.be.revertedWithCustomError(deviceRegistry, "PossessionNotProven")
      .withArgs(device.address, thief.address);
  });

  it("is refused with a malleable or short signature", async () => {
    const { operated, deviceRegistry, device, registration } = await loadFixture(bareMeter);
    for (const change of [toHighS, toCompact]) {
      await expect(operated.registerDevice({ ...registration, possession: change(registration.possession) }))
        .to.be.revertedWithCustomError(deviceRegistry, "PossessionNotProven")
        .withArgs(device.address, ZeroAddress);
    }
  });

  it("is refused with another meter, other registers or another device than the signed ones", async () => {
    const open = await loadFixture(bareMeter);
    const { operated, deviceRegistry, registration } = open;
    await addMeter(open, HOME, open.accounts.bob.address);
    for (const change of [
      { meter: HOME },
      { importRegister: 4n },
      { exportRegister: 7n },
      { device: key("other").address },
    ]) {
      await expect(operated.registerDevice({ ...registration, ...change })).to.be.revertedWithCustomError(
        deviceRegistry,
        "PossessionNotProven",
      );
    }
  });

  it("is refused for the zero address, which no key has", async () => {
    const { operated, deviceRegistry, registration } = await loadFixture(bareMeter);
    await expect(operated.registerDevice({ ...registration, device: ZeroAddress, possession: "0x" }))
      .to.be.revertedWithCustomError(deviceRegistry, "PossessionNotProven")
      .withArgs(ZeroAddress, ZeroAddress);
  });

  describe("of a P-256 key", () => {
    async function p256Meter() {
      const open = await loadFixture(bareMeter);
      const device = new P256Device();
      const parts = { meter: SOLAR, importRegister: 5n, exportRegister: 6n };
      return { ...open, device, registration: await signRegistration(device, open.domain, parts) };
    }
    type Registration = Awaited<ReturnType<typeof p256Meter>>["registration"];

    it("proves possession by the key's signature, and is known by the key's address", async () => {
      const { operated, neighbourhood, deviceRegistry, device, registration } = await p256Meter();
      expect(registration.keyType).to.equal(1);
      await expect(operated.registerDevice(registration))
        .to.emit(neighbourhood, "DeviceRegistered")
        .withArgs(SOLAR, device.address, 1, 1, 5n, 6n);
      expect(await deviceRegistry.neighbourhoodOf(device.address)).to.equal(await neighbourhood.getAddress());
      expect((await neighbourhood.meter(SOLAR)).keyType).to.equal(1n);
    });

    const forgeries: Record<string, (registration: Registration) => Partial<Registration>> = {
      "the other signature of the same key": ({ possession }) => ({
        possession: concat([toHighP256(dataSlice(possession, 0, 64)), dataSlice(possession, 64)]),
      }),
      "a signature over other registers": () => ({ importRegister: 4n }),
      "another key's address": () => ({ device: new P256Device().address }),
      "a signature without its key": ({ possession }) => ({ possession: dataSlice(possession, 0, 64) }),
      "one byte too many": ({ possession }) => ({ possession: concat([possession, "0x00"]) }),
      "the other type of key": () => ({ keyType: 0 }),
    };
    for (const [name, forge] of Object.entries(forgeries)) {
      it(`is refused for ${name}`, async () => {
        const { operated, deviceRegistry, registration } = await p256Meter();
        const forged = { ...registration, ...forge(registration) };
        await expectRefusal(operated.registerDevice(forged), deviceRegistry, "PossessionNotProven");
      });
    }

    it("is refused for a secp256k1 signature", async () => {
      const { operated, deviceRegistry } = await p256Meter();
      const { registration, device } = await loadFixture(bareMeter);
      const registering = operated.registerDevice({ ...registration, keyType: 1 });
      await expectRefusal(registering, deviceRegistry, "PossessionNotProven", device.address, ZeroAddress);
    });
  });

  it("is refused with registers of 2^44 and beyond", async () => {
    const { operated, neighbourhood, device, domain } = await loadFixture(bareMeter);
    for (const registers of [
      { importRegister: REGISTER_LIMIT, exportRegister: 0n },
      { importRegister: 0n, exportRegister: REGISTER_LIMIT },
    ]) {
      const registration = await signRegistration(device, domain, { meter: SOLAR, ...registers });
      await expect(operated.registerDevice(registration))
        .to.be.revertedWithCustomError(neighbourhood, "RegisterOutOfRange")
        .withArgs(REGISTER_LIMIT, REGISTER_LIMIT);
    }
  });

  it("is refused for an unknown meter, and for a meter that has one", async () => {
    const { operated, neighbourhood, device, domain, registration } = await loadFixture(bareMeter);
    const unknown = await signRegistration(device, domain, { meter: 99, importRegister: 0n, exportRegister: 0n });
    await expect(operated.registerDevice(unknown))
      .to.be.revertedWithCustomError(neighbourhood, "UnknownMeter")
      .withArgs(99);
    await operated.registerDevice(registration);
    const second = await signRegistration(key("second"), domain, {
      meter: SOLAR,
      importRegister: 5n,
      exportRegister: 6n,
    });
    await expect(operated.registerDevice(second))
      .to.be.revertedWithCustomError(neighbourhood, "MeterHasDevice")
      .withArgs(SOLAR, device.address);
  });
});

describe("the registry of a chain", () => {
  it("lets a device serve one neighbourhood at a time", async () => {
    const open = await loadFixture(street);
    const { accessManager, deviceRegistry, neighbourhood, solar, accounts } = open;
    const second = await deployNeighbourhood(open, await accessManager.getAddress());
    await second.admitMember(accounts.alice.address);
    await second.registerMeter({
      meter: SOLAR,
      owner: accounts.alice.address,
      kind: 0,
      source: 1,
      unitExponent: 0,
      capWh: 100,
      place: ethers.encodeBytes32String("AT"),
    });
    const domain = { ...solar.domain, verifyingContract: await second.getAddress() };
    const registration = await signRegistration(solar.device, domain, solar);
    await expect(second.registerDevice(registration))
      .to.be.revertedWithCustomError(deviceRegistry, "DeviceAlreadyClaimed")
      .withArgs(solar.device.address, await neighbourhood.getAddress());

    // Once its state here is closed it may move.
    await neighbourhood.connect(accounts.guardian).revokeDevice(SOLAR);
    await expect(second.registerDevice(registration)).to.emit(second, "DeviceRegistered");
    expect(await deviceRegistry.neighbourhoodOf(solar.device.address)).to.equal(await second.getAddress());
    // The days before it moved may have been recorded here.
    expect((await second.deviceState(solar.device.address)).lastDay).to.equal(FIRST_DAY);
  });

  it("closes the days a device may have signed elsewhere also where it moves in by rotation", async () => {
    const open = await loadFixture(street);
    const { accessManager, neighbourhood, solar, accounts } = open;
    const second = await deployNeighbourhood(open, await accessManager.getAddress());
    await second.admitMember(accounts.bob.address);
    await second.registerMeter({
      meter: HOME,
      owner: accounts.bob.address,
      kind: 0,
      source: 0,
      unitExponent: 0,
      capWh: 100,
      place: ethers.encodeBytes32String("AT"),
    });
    const domain = { ...solar.domain, verifyingContract: await second.getAddress() };
    const registers = { meter: HOME, importRegister: 0n, exportRegister: 0n };
    await second.registerDevice(await signRegistration(key("resident"), domain, registers));
    await time.increaseTo(dayEnd(FIRST_DAY + 4));
    await neighbourhood.connect(accounts.guardian).revokeDevice(SOLAR);
    await second.rotateDevice(await signRegistration(solar.device, domain, registers));
    expect((await second.deviceState(solar.device.address)).lastDay).to.equal(FIRST_DAY + 4);
  });

  it("cannot be squatted: a claim needs a signature for the claimant", async () => {
    const { deviceRegistry, accounts, device, registration } = await loadFixture(bareMeter);
    await expect(deviceRegistry.connect(accounts.stranger).claim(registration)).to.be.revertedWithCustomError(
      deviceRegistry,
      "PossessionNotProven",
    );
    expect(await deviceRegistry.neighbourhoodOf(device.address)).to.equal(ZeroAddress);
  });

  it("releases a device only for its holder", async () => {
    const { deviceRegistry, neighbourhood, solar, accounts } = await loadFixture(street);
    await expect(deviceRegistry.connect(accounts.stranger).release(solar.device.address))
      .to.be.revertedWithCustomError(deviceRegistry, "NotDeviceHolder")
      .withArgs(solar.device.address, await neighbourhood.getAddress(), accounts.stranger.address);
  });
});

describe("revoking a device", () => {
  it("ends it at once, for ever, and frees it in the registry", async () => {
    const { neighbourhood, deviceRegistry, solar, accounts } = await loadFixture(street);
    const profile = await solar.profile({ day: FIRST_DAY, exports: series(1) });
    await expect(neighbourhood.connect(accounts.guardian).revokeDevice(SOLAR))
      .to.emit(neighbourhood, "DeviceRevoked")
      .withArgs(SOLAR, solar.device.address)
      .and.to.emit(deviceRegistry, "DeviceReleased");
    await expect(neighbourhood.record(profile))
      .to.be.revertedWithCustomError(neighbourhood, "DeviceTombstoned")
      .withArgs(solar.device.address, SOLAR);
    expect((await neighbourhood.deviceState(solar.device.address)).active).to.equal(false);
  });

  it("is the owner's right too, and nobody else's", async () => {
    const { neighbourhood, solar, accounts } = await loadFixture(street);
    await expect(neighbourhood.connect(accounts.bob).revokeMyDevice(SOLAR))
      .to.be.revertedWithCustomError(neighbourhood, "NotMeterOwner")
      .withArgs(SOLAR, accounts.alice.address, accounts.bob.address);
    await expect(neighbourhood.connect(accounts.alice).revokeMyDevice(SOLAR))
      .to.emit(neighbourhood, "DeviceRevoked")
      .withArgs(SOLAR, solar.device.address);
  });

  it("cannot be done twice, nor where there is no device or no meter", async () => {
    const { neighbourhood, solar, accounts } = await loadFixture(street);
    const guarded = neighbourhood.connect(accounts.guardian);
    await guarded.revokeDevice(SOLAR);
    await expect(guarded.revokeDevice(SOLAR))
      .to.be.revertedWithCustomError(neighbourhood, "DeviceTombstoned")
      .withArgs(solar.device.address, SOLAR);
    await expect(guarded.revokeDevice(99)).to.be.revertedWithCustomError(neighbourhood, "UnknownMeter").withArgs(99);
    const bare = await loadFixture(bareMeter);
    await expect(bare.neighbourhood.connect(bare.accounts.guardian).revokeDevice(SOLAR))
      .to.be.revertedWithCustomError(bare.neighbourhood, "MeterHasNoDevice")
      .withArgs(SOLAR);
  });
});

describe("rotating a device", () => {
  it("moves the state to the new key and tombstones the old one", async () => {
    const { neighbourhood, deviceRegistry, solar, accounts } = await loadFixture(street);
    const operated = neighbourhood.connect(accounts.operator);
    await neighbourhood.record(await solar.profile({ day: FIRST_DAY, exports: series(5) }));
    const next = key("next");
    const registers = { meter: SOLAR, importRegister: 1_000n, exportRegister: 980n };
    await expect(operated.rotateDevice(await signRegistration(next, solar.domain, { ...registers, custody: 2 })))
      .to.emit(neighbourhood, "DeviceRotated")
      .withArgs(SOLAR, solar.device.address, next.address)
      .and.to.emit(neighbourhood, "DeviceRegistered")
      .withArgs(SOLAR, next.address, 0, 2, 1_000n, 980n);

    const state = await neighbourhood.deviceState(next.address);
    expect([state.meter, state.active, state.lastDay]).to.deep.equal([BigInt(SOLAR), true, BigInt(FIRST_DAY)]);
    expect([state.importRegister, state.exportRegister]).to.deep.equal([1_000n, 980n]);
    const old = await neighbourhood.deviceState(solar.device.address);
    expect([old.meter, old.active, old.importRegister]).to.deep.equal([BigInt(SOLAR), false, 0n]);
    expect(await deviceRegistry.neighbourhoodOf(solar.device.address)).to.equal(ZeroAddress);

    await time.increaseTo(dayEnd(FIRST_DAY + 1));
    await expect(neighbourhood.record(await solar.profile({ day: FIRST_DAY + 1 })))
      .to.be.revertedWithCustomError(neighbourhood, "DeviceTombstoned")
      .withArgs(solar.device.address, SOLAR);
  });

  it("replaces a revoked device as well", async () => {
    const { neighbourhood, solar, accounts } = await loadFixture(street);
    await neighbourhood.connect(accounts.guardian).revokeDevice(SOLAR);
    const next = key("next");
    await neighbourhood.connect(accounts.operator).rotateDevice(await signRegistration(next, solar.domain, solar));
    expect((await neighbourhood.deviceState(next.address)).active).to.equal(true);
  });

  it("is refused with registers that are not the current ones", async () => {
    const { neighbourhood, solar, accounts } = await loadFixture(street);
    const stale = await signRegistration(key("next"), solar.domain, {
      meter: SOLAR,
      exportRegister: 499n,
      importRegister: 1_000n,
    });
    await expect(neighbourhood.connect(accounts.operator).rotateDevice(stale))
      .to.be.revertedWithCustomError(neighbourhood, "StaleOpeningRegisters")
      .withArgs(1_000n, 499n, 1_000n, 500n);
  });

  it("never brings a key back, neither to its own meter nor to another", async () => {
    const open = await loadFixture(street);
    const { neighbourhood, solar, home, accounts } = open;
    const operated = neighbourhood.connect(accounts.operator);
    await neighbourhood.connect(accounts.guardian).revokeDevice(SOLAR);
    for (const house of [solar, home]) {
      const back = await signRegistration(solar.device, solar.domain, house);
      await expect(operated.rotateDevice(back))
        .to.be.revertedWithCustomError(neighbourhood, "DeviceTombstoned")
        .withArgs(solar.device.address, SOLAR);
    }
    await addMeter(open, 50, accounts.bob.address);
    const again = await signRegistration(solar.device, solar.domain, {
      meter: 50,
      importRegister: 0n,
      exportRegister: 0n,
    });
    await expect(operated.registerDevice(again))
      .to.be.revertedWithCustomError(neighbourhood, "DeviceTombstoned")
      .withArgs(solar.device.address, SOLAR);
  });

  it("cannot take the active device of another meter", async () => {
    const { neighbourhood, deviceRegistry, solar, home, accounts } = await loadFixture(street);
    const taken = await signRegistration(home.device, solar.domain, solar);
    await expect(neighbourhood.connect(accounts.operator).rotateDevice(taken))
      .to.be.revertedWithCustomError(deviceRegistry, "DeviceAlreadyClaimed")
      .withArgs(home.device.address, await neighbourhood.getAddress());
  });

  it("needs a device to replace", async () => {
    const { operated, neighbourhood, registration } = await loadFixture(bareMeter);
    await expect(operated.rotateDevice(registration))
      .to.be.revertedWithCustomError(neighbourhood, "MeterHasNoDevice")
      .withArgs(SOLAR);
  });
});

describe("rebasing registers", () => {
  it("sets them, down as well as up, and logs old, new and why", async () => {
    const { neighbourhood, solar, accounts } = await loadFixture(street);
    await expect(neighbourhood.connect(accounts.governor).rebaseRegisters(SOLAR, 7n, 9_000n, "meter replaced"))
      .to.emit(neighbourhood, "RegistersRebased")
      .withArgs(SOLAR, 1_000n, 500n, 7n, 9_000n, "meter replaced");
    const state = await neighbourhood.deviceState(solar.device.address);
    expect([state.importRegister, state.exportRegister]).to.deep.equal([7n, 9_000n]);
    expect([state.meter, state.active]).to.deep.equal([BigInt(SOLAR), true]);
  });

  it("closes the delivered days, which count from the old counter", async () => {
    const { neighbourhood, solar, accounts } = await loadFixture(street);
    const old = await solar.profile({ day: FIRST_DAY, exports: series(5) });
    await neighbourhood.connect(accounts.governor).rebaseRegisters(SOLAR, 0n, 0n, "meter replaced");
    await expect(neighbourhood.record(old))
      .to.be.revertedWithCustomError(neighbourhood, "DayNotAfterLast")
      .withArgs(FIRST_DAY, FIRST_DAY);
    await time.increaseTo(dayEnd(FIRST_DAY + 1));
    await expect(neighbourhood.record(await solar.profile({ day: FIRST_DAY + 1 }))).to.emit(
      neighbourhood,
      "ProfileRecorded",
    );
  });

  it("is refused beyond 2^44 and without a device", async () => {
    const { neighbourhood, accounts } = await loadFixture(street);
    const governed = neighbourhood.connect(accounts.governor);
    await expect(governed.rebaseRegisters(SOLAR, REGISTER_LIMIT, 0n, ""))
      .to.be.revertedWithCustomError(neighbourhood, "RegisterOutOfRange")
      .withArgs(REGISTER_LIMIT, REGISTER_LIMIT);
    await expect(governed.rebaseRegisters(SOLAR, 0n, REGISTER_LIMIT, ""))
      .to.be.revertedWithCustomError(neighbourhood, "RegisterOutOfRange")
      .withArgs(REGISTER_LIMIT, REGISTER_LIMIT);
    const bare = await loadFixture(bareMeter);
    await expect(bare.neighbourhood.connect(bare.accounts.governor).rebaseRegisters(SOLAR, 0n, 0n, ""))
      .to.be.revertedWithCustomError(bare.neighbourhood, "MeterHasNoDevice")
      .withArgs(SOLAR);
  });

  it("knows a stranger by an empty state", async () => {
    const open = await loadFixture(bareMeter);
    const state = await open.neighbourhood.deviceState(key("nobody").address);
    expect(state.meter).to.equal(0n);
    expect(state.active).to.equal(false);
    await addDevice(open, SOLAR, "somebody");
    expect((await open.neighbourhood.deviceState(key("somebody").address)).meter).to.equal(SOLAR);
  });
});
