import { expect } from "chai";
import { dataSlice, ZeroAddress, ZeroHash } from "ethers";

import { dayEnd, FIRST_DAY, firstInterval, series, tokenId } from "./fixtures/calendar.ts";
import { secondNeighbourhood } from "./fixtures/neighbour.ts";
import {
  encodeImports,
  encodeIntervals,
  hashImports,
  NOTHING,
  signIntervals,
  signProfile,
} from "./fixtures/profiles.ts";
import { expectRefusal, GAS } from "./fixtures/refusal.ts";
import { recoverSigner, toCompact, toHighS } from "./fixtures/signatures.ts";
import { addDevice, CAP_UNITS, HOME, key, loadFixture, PLANT, SOLAR, street, time } from "./fixtures/street.ts";

const DAY = FIRST_DAY;
const FIRST = firstInterval(DAY);
const SUN = series(100, 40, 4);
const REGISTER_LIMIT = 2n ** 44n;
/** Registers of a day that imports 40 and exports 400 units from the fixture's opening registers on. */
const REGISTERS = { importRegister: 1_040n, exportRegister: 900n };
const MEASURED = { day: DAY, ...REGISTERS, imports: series(10, 0, 4), exports: SUN };

describe("record", () => {
  it("mints the export to the owner of the meter and keeps the hash of the imports", async () => {
    const { neighbourhood, token, solar, accounts } = await loadFixture(street);
    const imports = series(7, 0, 10);
    const profile = await solar.profile({ day: DAY, imports, exports: SUN });
    const ids = [40, 41, 42, 43].map((i) => tokenId(SOLAR, FIRST + i));
    const recording = neighbourhood.connect(accounts.stranger).record(profile);
    await expect(recording)
      .to.emit(neighbourhood, "ProfileRecorded")
      .withArgs(SOLAR, DAY, solar.device.address, 1_070n, 900n, 0n, 0n, 0n, profile.intervals, profile.signature);
    await expect(recording)
      .to.emit(token, "TransferBatch")
      .withArgs(await neighbourhood.getAddress(), ZeroAddress, accounts.alice.address, ids, [100n, 100n, 100n, 100n]);
    expect(await token.balanceOfRange(accounts.alice.address, SOLAR, FIRST, 96)).to.deep.equal(SUN.map(BigInt));
    expect(await neighbourhood.remainingImportsHash(SOLAR, DAY)).to.equal(hashImports(DAY, encodeImports(imports)));
    const state = await neighbourhood.deviceState(solar.device.address);
    expect([state.lastDay, state.importRegister, state.exportRegister]).to.deep.equal([BigInt(DAY), 1_070n, 900n]);
  });

  it("says how much energy no interval accounts for, in Wh", async () => {
    const { neighbourhood, plant } = await loadFixture(street);
    const profile = await plant.profile({
      day: DAY,
      imports: series(2),
      exports: series(1),
      lostImport: 5,
      lostExport: 7,
    });
    const { importRegister, exportRegister, intervals, signature } = profile;
    await expect(neighbourhood.record(profile))
      .to.emit(neighbourhood, "ProfileRecorded")
      .withArgs(PLANT, DAY, plant.device.address, importRegister, exportRegister, 0n, 50n, 70n, intervals, signature);
  });

  for (const [unitExponent, unitWh] of [
    [0, 1n],
    [1, 10n],
    [2, 100n],
  ] as const) {
    it(`turns units of ${unitWh} Wh into tokens of 1 Wh`, async () => {
      const open = await loadFixture(street);
      const { neighbourhood, token, accounts } = open;
      const { operator, bob } = accounts;
      await neighbourhood.connect(operator).registerMeter({
        meter: 50,
        owner: bob.address,
        kind: 1,
        source: 1,
        unitExponent,
        capWh: 32_767n * unitWh,
        place: "0x41".padEnd(66, "0"),
      });
      const house = await addDevice(open, 50, "device of a meter with units");
      await time.increaseTo(dayEnd(DAY + 1));
      await neighbourhood.record(await house.profile({ day: DAY + 1, exports: series(32_767, 95, 1) }));
      expect(await token.balanceOf(bob.address, tokenId(50, firstInterval(DAY + 1) + 95))).to.equal(32_767n * unitWh);
    });
  }

  it("takes a silent day without minting", async () => {
    const { neighbourhood, token, home } = await loadFixture(street);
    await expect(neighbourhood.record(await home.profile({ day: DAY }))).to.not.emit(token, "TransferBatch");
    expect(await neighbourhood.remainingImportsHash(HOME, DAY)).to.equal(ZeroHash);
  });

  it("takes a day after days that were never recorded, and never goes back to them", async () => {
    const { neighbourhood, home } = await loadFixture(street);
    await time.increaseTo(dayEnd(DAY + 3));
    await neighbourhood.record(await home.profile({ day: DAY + 3, imports: series(1) }));
    const earlier = await home.profile({ day: DAY + 1 });
    await expectRefusal(neighbourhood.record(earlier), neighbourhood, "DayNotAfterLast", DAY + 1, DAY + 3);
  });

  describe("whose signature", () => {
    it("refuses a forged profile, naming the key that signed", async () => {
      const { neighbourhood, domain } = await loadFixture(street);
      const forger = key("forger");
      const forged = await signProfile(forger, domain, MEASURED);
      await expectRefusal(neighbourhood.record(forged), neighbourhood, "UnknownDevice", forger.address);
    });

    for (const [field, value] of [
      ["day", DAY - 1],
      ["importRegister", 1_041n],
      ["exportRegister", 901n],
      ["quality", 1n],
      ["intervals", encodeIntervals(series(9, 0, 4), SUN)],
    ] as const) {
      it(`refuses a profile whose ${field} was changed after signing`, async () => {
        const { neighbourhood, domain, solar } = await loadFixture(street);
        const changed = { ...(await signProfile(solar.device, domain, MEASURED)), [field]: value };
        const recovered = recoverSigner(domain, changed);
        expect(recovered).to.not.equal(solar.device.address);
        await expectRefusal(neighbourhood.record(changed), neighbourhood, "UnknownDevice", recovered);
      });
    }

    it("refuses a profile that was signed for another chain", async () => {
      const { neighbourhood, domain, solar } = await loadFixture(street);
      const elsewhere = await signProfile(solar.device, { ...domain, chainId: 1n }, MEASURED);
      const recovered = recoverSigner(domain, elsewhere);
      await expectRefusal(neighbourhood.record(elsewhere), neighbourhood, "UnknownDevice", recovered);
    });

    it("refuses a profile that was signed for another neighbourhood", async () => {
      const open = await loadFixture(street);
      const second = await secondNeighbourhood(open, SOLAR, open.accounts.alice.address);
      const profile = await signProfile(open.solar.device, open.domain, MEASURED);
      const recovered = recoverSigner(second.domain, profile);
      await expectRefusal(second.neighbourhood.record(profile), second.neighbourhood, "UnknownDevice", recovered);
    });

    it("refuses a revoked device", async () => {
      const { neighbourhood, solar, accounts } = await loadFixture(street);
      await neighbourhood.connect(accounts.guardian).revokeDevice(SOLAR);
      const { address } = solar.device;
      const profile = await solar.profile({ day: DAY });
      await expectRefusal(neighbourhood.record(profile), neighbourhood, "DeviceTombstoned", address, SOLAR);
    });

    for (const [form, change, length] of [
      ["high s", toHighS, 65],
      ["64 bytes", toCompact, 64],
      ["64 bytes of 65", (signature: string) => dataSlice(signature, 0, 64), 64],
      ["no bytes", () => "0x", 0],
      ["66 bytes", (signature: string) => `${signature}00`, 66],
      ["zeros only", () => `0x${"00".repeat(65)}`, 65],
    ] as const) {
      it(`refuses a signature with ${form}`, async () => {
        const { neighbourhood, domain, solar } = await loadFixture(street);
        const profile = await signProfile(solar.device, domain, MEASURED);
        const malformed = { ...profile, signature: change(profile.signature) };
        await expectRefusal(neighbourhood.record(malformed), neighbourhood, "MalformedSignature", length);
      });
    }
  });

  describe("which day", () => {
    it("refuses a day until its last second is over", async () => {
      const { neighbourhood, solar } = await loadFixture(street);
      const today = DAY + 1;
      const endsAt = dayEnd(today);
      const profile = await solar.profile({ day: today, exports: SUN });
      await time.setNextBlockTimestamp(endsAt - 1);
      const tooEarly = neighbourhood.record(profile, GAS);
      await expectRefusal(tooEarly, neighbourhood, "DayNotOver", today, endsAt, endsAt - 1);
      await time.setNextBlockTimestamp(endsAt);
      await expect(neighbourhood.record(profile, GAS)).to.emit(neighbourhood, "ProfileRecorded");
    });

    it("refuses a day of the far future", async () => {
      const { neighbourhood, solar, domain } = await loadFixture(street);
      const day = 2 ** 32 - 1;
      const profile = await signProfile(solar.device, domain, { ...MEASURED, day });
      await time.setNextBlockTimestamp(dayEnd(DAY + 2));
      const recording = neighbourhood.record(profile, GAS);
      await expectRefusal(recording, neighbourhood, "DayNotOver", day, dayEnd(day), dayEnd(DAY + 2));
    });

    it("takes the last day that fits its word, and refuses the one after it", async () => {
      const { neighbourhood, solar } = await loadFixture(street);
      await time.increaseTo(dayEnd(65_536));
      await neighbourhood.record(await solar.profile({ day: 65_535, exports: SUN }));
      expect((await neighbourhood.deviceState(solar.device.address)).lastDay).to.equal(65_535n);
      const recording = neighbourhood.record(await solar.profile({ day: 65_536 }));
      await expectRefusal(recording, neighbourhood, "SafeCastOverflowedUintDowncast", 16, 65_536);
    });

    it("refuses a replayed profile", async () => {
      const { neighbourhood, solar } = await loadFixture(street);
      const profile = await solar.profile({ day: DAY, exports: SUN });
      await neighbourhood.record(profile);
      await expectRefusal(neighbourhood.record(profile), neighbourhood, "DayNotAfterLast", DAY, DAY);
    });

    it("refuses a second, different profile of a recorded day", async () => {
      const { neighbourhood, solar } = await loadFixture(street);
      await neighbourhood.record(await solar.profile({ day: DAY, exports: SUN }));
      const more = await solar.profile({ day: DAY, exports: SUN });
      await expectRefusal(neighbourhood.record(more), neighbourhood, "DayNotAfterLast", DAY, DAY);
    });

    it("refuses a day before the device was registered", async () => {
      const { neighbourhood, solar } = await loadFixture(street);
      const before = await solar.profile({ day: DAY - 1 });
      await expectRefusal(neighbourhood.record(before), neighbourhood, "DayNotAfterLast", DAY - 1, DAY - 1);
    });

    it("records until the retirement window closes, and from then on without tokens and retirement", async () => {
      const { neighbourhood, token, solar, accounts } = await loadFixture(street);
      const closedAt = dayEnd(DAY + 28);
      const profile = await solar.profile({ day: DAY, imports: series(1), exports: SUN });
      await time.setNextBlockTimestamp(closedAt);
      const recording = neighbourhood.record(profile, GAS);
      await expect(recording).to.emit(neighbourhood, "ProfileRecordedTooLate").withArgs(SOLAR, DAY, 400n);
      await expect(recording).to.emit(neighbourhood, "ProfileRecorded");
      await expect(recording).to.not.emit(token, "TransferBatch");
      expect(await token.balanceOf(accounts.alice.address, tokenId(SOLAR, FIRST + 40))).to.equal(0n);
      expect(await neighbourhood.remainingImportsHash(SOLAR, DAY)).to.equal(ZeroHash);
    });

    it("mints in the last second of the retirement window", async () => {
      const { neighbourhood, token, solar } = await loadFixture(street);
      const profile = await solar.profile({ day: DAY, exports: SUN });
      await time.setNextBlockTimestamp(dayEnd(DAY + 28) - 1);
      const recording = neighbourhood.record(profile, GAS);
      await expect(recording).to.emit(token, "TransferBatch");
      await expect(recording).to.not.emit(neighbourhood, "ProfileRecordedTooLate");
    });

    it("gives the day 32 days later the place of the one before, and its own balances only", async () => {
      const { neighbourhood, token, solar, accounts } = await loadFixture(street);
      await neighbourhood.record(await solar.profile({ day: DAY, exports: SUN, imports: series(3) }));
      await time.increaseTo(dayEnd(DAY + 32));
      await neighbourhood.record(await solar.profile({ day: DAY + 32, exports: series(5, 41, 1) }));
      const later = firstInterval(DAY + 32);
      const balances = await token.balanceOfRange(accounts.alice.address, SOLAR, later + 40, 3);
      expect(balances).to.deep.equal([0n, 5n, 0n]);
      expect(await token.balanceOf(accounts.alice.address, tokenId(SOLAR, FIRST + 40))).to.equal(0n);
      expect(await neighbourhood.remainingImportsHash(SOLAR, DAY + 32)).to.equal(ZeroHash);
    });

    it("tells no imports of a later day than it has recorded, though its place holds an earlier one's", async () => {
      const { neighbourhood, solar } = await loadFixture(street);
      await neighbourhood.record(await solar.profile({ day: DAY, imports: series(3) }));
      expect(await neighbourhood.remainingImportsHash(SOLAR, DAY)).to.not.equal(ZeroHash);
      expect(await neighbourhood.remainingImportsHash(SOLAR, DAY + 32)).to.equal(ZeroHash);
    });
  });

  describe("registers", () => {
    for (const [side, back] of [
      ["importRegister", 999n],
      ["exportRegister", 499n],
    ] as const) {
      it(`refuses an ${side} that runs backwards`, async () => {
        const { neighbourhood, solar, domain } = await loadFixture(street);
        const profile = await signProfile(solar.device, domain, {
          day: DAY,
          importRegister: 1_000n,
          exportRegister: 500n,
          imports: NOTHING,
          exports: NOTHING,
          [side]: back,
        });
        await expectRefusal(neighbourhood.record(profile), neighbourhood, "RegisterBackwards", back, back + 1n);
      });

      it(`refuses an ${side} of 2^44, and takes one below`, async () => {
        const { neighbourhood, solar, domain } = await loadFixture(street);
        const sign = (register: bigint) => signProfile(solar.device, domain, { ...MEASURED, [side]: register });
        for (const register of [REGISTER_LIMIT, 2n ** 64n - 1n]) {
          const recording = neighbourhood.record(await sign(register));
          await expectRefusal(recording, neighbourhood, "RegisterOutOfRange", register, REGISTER_LIMIT);
        }
        await neighbourhood.record(await sign(REGISTER_LIMIT - 1n));
        expect((await neighbourhood.deviceState(solar.device.address))[side]).to.equal(REGISTER_LIMIT - 1n);
      });
    }

    it("refuses imports beyond the increase of their register", async () => {
      const { neighbourhood, solar, domain } = await loadFixture(street);
      const profile = await signProfile(solar.device, domain, { ...MEASURED, importRegister: 1_039n });
      await expectRefusal(neighbourhood.record(profile), neighbourhood, "IntervalsExceedRegister", 40, 39);
    });

    it("refuses exports beyond the increase of their register", async () => {
      const { neighbourhood, solar, domain } = await loadFixture(street);
      const profile = await signProfile(solar.device, domain, { ...MEASURED, exportRegister: 899n });
      await expectRefusal(neighbourhood.record(profile), neighbourhood, "IntervalsExceedRegister", 400, 399);
    });

    it("counts the increase from the last recorded day", async () => {
      const { neighbourhood, solar, domain } = await loadFixture(street);
      await neighbourhood.record(await signProfile(solar.device, domain, MEASURED));
      await time.increaseTo(dayEnd(DAY + 1));
      const again = await signProfile(solar.device, domain, { ...MEASURED, day: DAY + 1 });
      await expectRefusal(neighbourhood.record(again), neighbourhood, "IntervalsExceedRegister", 40, 0);
    });
  });

  describe("intervals", () => {
    for (const side of ["imports", "exports"] as const) {
      for (const at of [0, 17, 95]) {
        it(`names the interval whose ${side} exceed the cap: ${at}`, async () => {
          const { neighbourhood, solar } = await loadFixture(street);
          const profile = await solar.profile({ day: DAY, [side]: series(CAP_UNITS + 1, at, 1, CAP_UNITS) });
          const recording = neighbourhood.record(profile);
          await expectRefusal(recording, neighbourhood, "IntervalAboveCap", FIRST + at, CAP_UNITS + 1, CAP_UNITS);
        });
      }

      it(`takes ${side} at the cap in every interval`, async () => {
        const { neighbourhood, solar } = await loadFixture(street);
        const profile = await solar.profile({ day: DAY, [side]: series(CAP_UNITS) });
        await expect(neighbourhood.record(profile)).to.emit(neighbourhood, "ProfileRecorded");
      });

      it(`refuses the largest ${side} a lane can carry`, async () => {
        const { neighbourhood, solar } = await loadFixture(street);
        const recording = neighbourhood.record(await solar.profile({ day: DAY, [side]: series(65_535) }));
        await expectRefusal(recording, neighbourhood, "IntervalAboveCap", FIRST, 65_535, CAP_UNITS);
      });

      it(`refuses ${side} in an interval that is marked missing`, async () => {
        const { neighbourhood, solar } = await loadFixture(street);
        const profile = await solar.profile({ day: DAY, [side]: series(3, 20, 2), quality: (2n << 42n) | 2n });
        await expectRefusal(neighbourhood.record(profile), neighbourhood, "MissingIntervalNotZero", FIRST + 21, 3);
      });
    }

    it("takes a day of which every interval is missing, with all of its energy unattributed", async () => {
      const { neighbourhood, home } = await loadFixture(street);
      const quality = BigInt(`0x${"aa".repeat(24)}`);
      const profile = await home.profile({ day: DAY, quality, lostImport: 8_000 });
      await expect(neighbourhood.record(profile))
        .to.emit(neighbourhood, "ProfileRecorded")
        .withArgs(
          HOME,
          DAY,
          home.device.address,
          9_000n,
          500n,
          quality,
          8_000n,
          0n,
          profile.intervals,
          profile.signature,
        );
    });

    it("takes estimated intervals as measured ones", async () => {
      const { neighbourhood, token, solar, accounts } = await loadFixture(street);
      await neighbourhood.record(await solar.profile({ day: DAY, exports: SUN, quality: 1n << 80n }));
      expect(await token.balanceOf(accounts.alice.address, tokenId(SOLAR, FIRST + 40))).to.equal(100n);
    });

    for (const [name, quality] of [
      ["the value 3 in the first interval", 3n],
      ["the value 3 in the last interval", 3n << 190n],
      ["a bit above the 96 intervals", 1n << 192n],
      ["the highest bit", 1n << 255n],
    ] as const) {
      it(`refuses a quality with ${name}`, async () => {
        const { neighbourhood, solar } = await loadFixture(street);
        const profile = await solar.profile({ day: DAY, quality });
        await expectRefusal(neighbourhood.record(profile), neighbourhood, "InvalidQuality", quality);
      });
    }

    for (const length of [0, 383, 385, 768]) {
      it(`refuses ${length} bytes of intervals`, async () => {
        const { neighbourhood, solar, domain } = await loadFixture(street);
        const intervals = `0x${"00".repeat(length)}`;
        const profile = await signIntervals(solar.device, domain, { day: DAY, ...REGISTERS, intervals });
        await expectRefusal(neighbourhood.record(profile), neighbourhood, "InvalidIntervalsLength", length, 384);
      });
    }
  });
});
