import type { SignedProfile } from "@commonwatt/sdk/profile-signing";
import { encodeBatch } from "@commonwatt/sdk/settlement/batch";
import { expect } from "chai";
import type { Hex } from "viem";

import { series } from "./fixtures/calendar.ts";
import { encodeIntervals } from "./fixtures/profiles.ts";
import { expectRefusal } from "./fixtures/refusal.ts";
import { announce, pastForcing, planOf, profilesOf, settle, settleHonestly, stateOf } from "./fixtures/settlement.ts";
import {
  CAP_UNITS,
  profileOf,
  registrationOf,
  SHARED_DAY,
  type Sharer,
  sharer,
  signedProfile,
  settlementStreet,
} from "./fixtures/settlement-street.ts";
import { loadFixture, time } from "./fixtures/street.ts";

const DAY = SHARED_DAY;
/** As the contract numbers them. */
const REASON = { dayConsumed: 0, deviceRevoked: 1, notSharing: 2, profileUnfit: 3 } as const;

async function deliveredStreet() {
  const street = await settlementStreet();
  return { ...street, profiles: await profilesOf(street) };
}

type Delivered = Awaited<ReturnType<typeof deliveredStreet>>;

const profileIn = ({ profiles }: Delivered, of: Sharer): SignedProfile => profiles.get(of) ?? expect.fail("no profile");

const withProfile = (open: Delivered, of: Sharer, profile: SignedProfile): Delivered => ({
  ...open,
  profiles: new Map([...open.profiles, [of, profile]]),
});

/** Announces everybody, settles honestly and expects one meter to be left out. */
async function expectLeftOut(open: Delivered, of: Sharer, reason: number, device = of.device): Promise<void> {
  const { neighbourhood } = open;
  const before = await stateOf(open, device);
  await announce(open, DAY, open.sharers.filter((other) => other !== of).concat({ ...of, device }));
  await pastForcing(open);
  const knowledge = {
    profiles: new Map(
      [...open.profiles].map(([other, profile]) => [other === of ? { ...of, device } : other, profile]),
    ),
  };
  const { clearing } = await settleHonestly(open, DAY, knowledge);
  const settled = await neighbourhood.queryFilter(neighbourhood.filters.MeterSkipped, "latest");
  expect(settled.map(({ args }) => [args.meter, args.day, args.reason])).to.deep.equal([
    [BigInt(of.meter), BigInt(DAY), BigInt(reason)],
  ]);
  expect(clearing.payments.map(({ meter }) => meter)).to.not.include(of.meter);
  expect(clearing.payments.length).to.equal(open.sharers.length - 1);
  expect(await stateOf(open, device)).to.deep.equal(before);
}

describe("settleDay, meters left out", () => {
  describe("whose profile does not fit", () => {
    const quiet = series(0);
    const one = (value: number, at: number): number[] => series(value, at, 1);
    const bytes = (imports: readonly number[], exports: readonly number[]): Hex =>
      encodeIntervals(imports, exports) as Hex;
    const spoils: Record<string, (honest: SignedProfile) => Partial<SignedProfile>> = {
      "an import register that runs backwards": () => ({ importRegister: 999n, intervals: bytes(quiet, quiet) }),
      "an export register that runs backwards": () => ({ exportRegister: 499n, intervals: bytes(quiet, quiet) }),
      "an import register out of range": () => ({ importRegister: 2n ** 44n }),
      "an export register out of range": () => ({ exportRegister: 2n ** 44n }),
      "registers as large as they can be written": () => ({
        importRegister: 2n ** 48n - 1n,
        exportRegister: 2n ** 48n - 1n,
      }),
      "imports that exceed the register's increase": ({ importRegister }) => ({ importRegister: importRegister - 1n }),
      "exports that exceed the register's increase": ({ exportRegister }) => ({ exportRegister: exportRegister - 1n }),
      "an import above the cap": () => ({
        importRegister: 90_000n,
        intervals: bytes(one(CAP_UNITS + 1, 0), quiet),
      }),
      "an export above the cap": () => ({
        exportRegister: 90_000n,
        intervals: bytes(quiet, one(65_535, 95)),
      }),
      "a quality that does not exist": () => ({ quality: 3n << 190n }),
      "energy imported in a missing interval": () => ({ quality: 2n << 20n, intervals: bytes(one(1, 10), quiet) }),
      "energy exported in a missing interval": () => ({ quality: 2n << 190n, intervals: bytes(quiet, one(1, 95)) }),
    };
    for (const [name, spoil] of Object.entries(spoils)) {
      it(`skips ${name}: its seat counts, nothing else`, async () => {
        const open = await loadFixture(deliveredStreet);
        const { flat } = open;
        const honest = profileIn(open, flat);
        const spoilt = signedProfile(open, flat, { ...honest, ...spoil(honest) });
        await expectLeftOut(withProfile(open, flat, spoilt), flat, REASON.profileUnfit);
      });
    }

    it("skips a P-256 device's profile just so", async () => {
      const open = await loadFixture(deliveredStreet);
      const { phone } = open;
      const spoilt = signedProfile(open, phone, { ...profileIn(open, phone), importRegister: 0n });
      await expectLeftOut(withProfile(open, phone, spoilt), phone, REASON.profileUnfit);
    });

    it("skips what a cap that was lowered before does not allow", async () => {
      const open = await loadFixture(deliveredStreet);
      const { neighbourhood, accounts, flat } = open;
      await neighbourhood.connect(accounts.governor).setCap(flat.meter, 332);
      await expectLeftOut(open, flat, REASON.profileUnfit);
    });

    it("takes a profile that is just within all of its bounds", async () => {
      const open = await loadFixture(deliveredStreet);
      const { flat } = open;
      const profile = signedProfile(open, flat, {
        day: DAY,
        importRegister: 1_000n + 2n * BigInt(CAP_UNITS),
        exportRegister: 2n ** 44n - 1n,
        quality: (2n << 190n) | 1n,
        intervals: encodeIntervals(series(CAP_UNITS, 60, 2), series(CAP_UNITS, 61, 1)) as Hex,
      });
      await announce(open, DAY, open.sharers);
      await pastForcing(open);
      const { clearing } = await settleHonestly(open, DAY, withProfile(open, flat, profile));
      expect(clearing.payments.map(({ meter }) => meter)).to.include(flat.meter);
    });

    it("lets the meter hand its day in late", async () => {
      const open = await loadFixture(deliveredStreet);
      const { neighbourhood, flat } = open;
      const honest = profileIn(open, flat);
      const spoilt = signedProfile(open, flat, { ...honest, importRegister: 0n });
      await expectLeftOut(withProfile(open, flat, spoilt), flat, REASON.profileUnfit);
      await expect(neighbourhood.late(honest)).to.emit(neighbourhood, "LateRecorded");
    });
  });

  describe("on the evidence of their words", () => {
    it("skips a meter whose day was closed by a rebase, and refuses its profile", async () => {
      const open = await loadFixture(deliveredStreet);
      const { neighbourhood, accounts, plant } = open;
      await neighbourhood.connect(accounts.governor).rebaseRegisters(plant.meter, 5n, 5n, "meter exchanged");
      await announce(open, DAY, open.sharers);
      await pastForcing(open);
      await expectRefusal(settleWith(open, plant), neighbourhood, "DayNotAfterLast", DAY, DAY);
      const again = await loadFixture(deliveredStreet);
      await neighbourhood.connect(accounts.governor).rebaseRegisters(plant.meter, 5n, 5n, "meter exchanged");
      await expectLeftOut(again, plant, REASON.dayConsumed);
    });

    it("skips a meter whose device was revoked before the window, and refuses its profile", async () => {
      const open = await loadFixture(deliveredStreet);
      const { neighbourhood, accounts, home } = open;
      await neighbourhood.connect(accounts.guardian).revokeDevice(home.meter);
      await announce(open, DAY, open.sharers);
      await pastForcing(open);
      await expectRefusal(settleWith(open, home), neighbourhood, "DeviceTombstoned", home.device, home.meter);
      const again = await loadFixture(deliveredStreet);
      await neighbourhood.connect(accounts.guardian).revokeDevice(home.meter);
      await expectLeftOut(again, home, REASON.deviceRevoked);
    });

    it("skips a meter with a new device, and refuses the old one's profile", async () => {
      const open = await loadFixture(deliveredStreet);
      const { neighbourhood, home } = open;
      const next = await replaceDevice(open, home);
      await announce(open, DAY, [...open.sharers.filter((of) => of !== home), next]);
      await pastForcing(open);
      await expectRefusal(settleWith(open, home), neighbourhood, "DeviceTombstoned", home.device, home.meter);
      const again = await loadFixture(deliveredStreet);
      const { device } = await replaceDevice(again, home);
      await expectLeftOut(again, home, REASON.dayConsumed, device);
    });

    it("settles a meter whose device was revoked in the window, and never skips it", async () => {
      const open = await loadFixture(deliveredStreet);
      const { neighbourhood, home, phone } = open;
      await announce(open, DAY, open.sharers);
      const revoked = [home, phone];
      for (const { meter, owner } of revoked) await neighbourhood.connect(owner).revokeMyDevice(meter);
      await pastForcing(open);
      const without = await planOf(open, DAY, { profiles: open.profiles });
      expect(without.skipped.map(({ meter }) => meter)).to.have.members(revoked.map(({ meter }) => meter));
      await expectRefusal(settle(open, without.args), neighbourhood, "NoReasonToSkip", home.meter, DAY);
      await settleHonestly(open, DAY, { ...open, revokedInWindow: revoked });
      const { active, lastDay } = await stateOf(open, home.device);
      expect([active, lastDay]).to.deep.equal([false, DAY]);
    });

    it("skips in the next window a meter whose device was revoked in the last one", async () => {
      const open = await loadFixture(deliveredStreet);
      const { neighbourhood, home, solar } = open;
      await announce(open, DAY, [home, solar]);
      await neighbourhood.connect(home.owner).revokeMyDevice(home.meter);
      // The window runs out: the day is void for all.
      const next = DAY + 1;
      await time.increase(7_200 + 64_800 + 86_400);
      const profiles = new Map<Sharer, SignedProfile>();
      for (const of of [home, solar]) profiles.set(of, await profileOf(open, of, next, { exports: series(5) }));
      await announce(open, next, [home, solar]);
      await pastForcing(open);
      const plan = await settleHonestly(open, next, { profiles });
      expect(plan.skipped).to.deep.equal([{ meter: home.meter, device: home.device, evidence: "device revoked" }]);
    });
  });
});

/** Tries to settle with a meter's profile in a batch of its own class, in front of all others. */
async function settleWith(open: Delivered, of: Sharer): Promise<unknown> {
  const claims = { prices: `0x${"00".repeat(384)}`, sides: 0n, effective: `0x${"00".repeat(768)}` } as const;
  const batch = encodeBatch([{ ...of, profiles: [profileIn(open, of)] }]);
  return settle(open, { day: DAY, claims, batch, skipped: "0x" });
}

/** Revokes a meter's device and gives it another one at once. */
async function replaceDevice(open: Delivered, of: Sharer): Promise<Sharer> {
  const { neighbourhood, accounts } = open;
  const { importRegister, exportRegister } = await stateOf(open, of.device);
  await neighbourhood.connect(accounts.guardian).revokeDevice(of.meter);
  const next = { ...sharer(of.owner, of.meter, of, "next device"), community: of.community };
  const registration = registrationOf(open, next, { importRegister, exportRegister });
  await neighbourhood.connect(accounts.operator).rotateDevice(registration);
  return next;
}
