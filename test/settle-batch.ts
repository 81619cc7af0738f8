import { type BatchClass, decodeBatch, encodeBatch } from "@commonwatt/sdk/settlement/batch";
import { encodeSettleDay, encodeSkipped, type SettleDayArgs } from "@commonwatt/sdk/settlement/calldata";
import type { SignedProfile } from "@commonwatt/sdk/profile-signing";
import { expect } from "chai";
import { concat, dataLength, dataSlice, type TypedDataDomain, ZeroAddress } from "ethers";
import type { Address, Hex } from "viem";

import { series } from "./fixtures/calendar.ts";
import { expectRefusal } from "./fixtures/refusal.ts";
import { announce, pastForcing, planOf, profilesOf, settle, settleHonestly } from "./fixtures/settlement.ts";
import {
  profileOf,
  registrationOf,
  SHARED_DAY,
  type Sharer,
  sharer,
  signedProfile,
  settlementStreet,
} from "./fixtures/settlement-street.ts";
import { recoverSigner } from "./fixtures/signatures.ts";
import { ethers, loadFixture, networkHelpers, time } from "./fixtures/street.ts";

const DAY = SHARED_DAY;

/** Five meters announced and the works left out; the forcing hour is over. */
async function announcedStreet() {
  const street = await settlementStreet();
  const profiles = await profilesOf(street);
  const { works, sharers } = street;
  await announce(
    street,
    DAY,
    sharers.filter((of) => of !== works),
  );
  await pastForcing(street);
  return { ...street, profiles, plan: await planOf(street, DAY, { profiles }) };
}

/** Three meters announced; plant, phone and flat forced in this order, though their classes would sort otherwise. */
async function forcedStreet() {
  const street = await settlementStreet();
  const profiles = await profilesOf(street);
  const { neighbourhood, solar, home, plant, flat, phone, works } = street;
  await announce(street, DAY, [solar, home, works]);
  const forced = [plant, phone, flat];
  for (const of of forced) await neighbourhood.force(profiles.get(of) ?? expect.fail("no profile"));
  await pastForcing(street);
  return { ...street, profiles, forced, plan: await planOf(street, DAY, { profiles, forced }) };
}

type Open = Awaited<ReturnType<typeof announcedStreet>>;

/** The honest settlement with a batch of changed classes. */
function rebatched({ plan }: Pick<Open, "plan">, change: (classes: BatchClass[]) => BatchClass[]): SettleDayArgs {
  return { ...plan.args, batch: encodeBatch(change(decodeBatch(plan.args.batch, DAY))) };
}

/** With another profile in the place of a meter's. */
function replaced(open: Pick<Open, "plan" | "profiles">, of: Sharer, other: SignedProfile): SettleDayArgs {
  const signature = open.profiles.get(of)?.signature;
  return rebatched(open, (classes) =>
    classes.map((batch) => ({
      ...batch,
      profiles: batch.profiles.map((profile) => (profile.signature === signature ? other : profile)),
    })),
  );
}

const seatOf = async ({ neighbourhood }: Pick<Open, "neighbourhood">, { device }: Sharer): Promise<bigint> =>
  1n << (await neighbourhood.deviceState(device)).seat;

async function expectRefused(
  open: Pick<Open, "neighbourhood" | "accounts">,
  args: SettleDayArgs,
  error: string,
  ...values: unknown[]
): Promise<void> {
  await expectRefusal(settle(open as Open, args), open.neighbourhood, error, ...values);
}

describe("settleDay, batch", () => {
  describe("classes", () => {
    for (const [name, change] of [
      ["ask", ({ askTicks }: BatchClass) => ({ askTicks: askTicks + 1 })],
      ["bid", ({ bidTicks }: BatchClass) => ({ bidTicks: bidTicks - 1 })],
      ["unit", ({ exponent }: BatchClass) => ({ exponent: (exponent + 1) % 3 })],
      ["community flag", ({ community }: BatchClass) => ({ community: !community })],
    ] as const) {
      it(`refuses a meter in a class of another ${name}`, async () => {
        const open = await loadFixture(announcedStreet);
        const classes = decodeBatch(open.plan.args.batch, DAY);
        const meters = open.plan.clearing.payments.map(({ meter }) => meter);
        let first = 0;
        for (const [index, of] of classes.entries()) {
          const wrong = rebatched(open, () =>
            classes.map((other, at) =>
              at === index
                ? { ...of, ...change(of.bidTicks === 0 && name === "bid" ? { ...of, bidTicks: 1_701 } : of) }
                : other,
            ),
          );
          await expectRefused(open, wrong, "WrongClass", meters[first]);
          first += of.profiles.length;
        }
      });
    }

    it("refuses a meter among those of another class", async () => {
      const open = await loadFixture(announcedStreet);
      const { flat } = open;
      const moved = rebatched(open, (classes) => {
        const profile = open.profiles.get(flat) ?? expect.fail("no profile");
        return classes.map((of, index) => ({
          ...of,
          profiles: [
            ...of.profiles.filter(({ signature }) => signature !== profile.signature),
            ...(index === 0 ? [profile] : []),
          ],
        }));
      });
      await expectRefused(open, moved, "WrongClass", flat.meter);
    });

    it("takes the classes in any order and split in any way", async () => {
      const open = await loadFixture(announcedStreet);
      const split = rebatched(open, (classes) =>
        classes
          .toReversed()
          .flatMap((of) => [
            { ...of, profiles: [] },
            ...of.profiles.map((profile) => ({ ...of, profiles: [profile] })),
          ]),
      );
      await expect(settle(open, split))
        .to.emit(open.neighbourhood, "DaySettled")
        .withArgs(
          DAY,
          open.accounts.stranger.address,
          open.plan.clearing.clearedWh,
          open.plan.clearing.treasuryBaseUnits,
          open.plan.args.claims.prices,
          (volumes: string) => dataLength(volumes) === 384,
          (payments: string) => dataLength(payments) === 12 * 5,
        );
    });
  });

  describe("who", () => {
    it("refuses to leave out a meter, or a whole class", async () => {
      const open = await loadFixture(announcedStreet);
      for (const of of [open.solar, open.phone]) {
        const signature = open.profiles.get(of)?.signature;
        const without = rebatched(open, (classes) =>
          classes.map((batch) => ({
            ...batch,
            profiles: batch.profiles.filter((profile) => profile.signature !== signature),
          })),
        );
        await expectRefused(open, without, "BatchIncomplete", await seatOf(open, of));
      }
      const { home, phone } = open;
      const classless = rebatched(open, (classes) => classes.filter(({ community }) => !community));
      const missing = (await seatOf(open, home)) | (await seatOf(open, phone));
      await expectRefused(open, classless, "BatchIncomplete", missing);
      const nobody = { ...open.plan.args, batch: "0x" as Hex };
      await expectRefused(open, nobody, "BatchIncomplete", (await open.neighbourhood.announced()).bitmap);
    });

    it("refuses a meter that is there twice", async () => {
      const open = await loadFixture(announcedStreet);
      const doubled = rebatched(open, (classes) =>
        classes.map((of) => ({ ...of, profiles: [...of.profiles, ...of.profiles.slice(0, 1)] })),
      );
      await expectRefused(open, doubled, "DuplicateMeter", open.plan.clearing.payments[0]?.meter, DAY);
    });

    it("refuses a meter that was not announced", async () => {
      const open = await loadFixture(announcedStreet);
      const { works } = open;
      const added = rebatched(open, (classes) => [
        ...classes,
        { ...works, profiles: [open.profiles.get(works) ?? expect.fail("no profile")] },
      ]);
      await expectRefused(open, added, "NotAnnounced", works.meter, DAY);
    });

    it("refuses a device that nobody registered, and one that was rotated out", async () => {
      const open = await loadFixture(announcedStreet);
      const foreign = sharer(open.accounts.bob, 107, {}, "foreign device");
      const profile = signedProfile(open, foreign, open.profiles.get(open.solar) ?? expect.fail("no profile"));
      await expectRefused(open, replaced(open, open.solar, profile), "UnknownDevice", foreign.device);
    });

    it("refuses a meter that records by itself", async () => {
      const open = await loadFixture(announcedStreet);
      const { neighbourhood, accounts, solar } = open;
      const self = sharer(accounts.bob, 107, {}, "device that records");
      await neighbourhood.connect(accounts.operator).registerMeter({
        meter: 107,
        owner: accounts.bob.address,
        kind: 0,
        source: 1,
        unitExponent: 0,
        capWh: 1_000,
        place: `0x41${"00".repeat(31)}`,
      });

      await neighbourhood.connect(accounts.operator).registerDevice(registrationOf(open, self));
      const profile = await profileOf(open, self, DAY);
      await expectRefused(open, replaced(open, solar, profile), "NotSharing", 107, DAY);
    });
  });

  describe("profiles", () => {
    it("refuses a profile of another day, chain or contract: it names a stranger", async () => {
      const open = await loadFixture(announcedStreet);
      const { solar, domain, profiles } = open;
      const honest = profiles.get(solar) ?? expect.fail("no profile");
      const domains: TypedDataDomain[] = [
        { ...domain, chainId: 1n },
        { ...domain, verifyingContract: await open.token.getAddress() },
      ];
      const stale = [
        signedProfile(open, solar, { ...honest, day: DAY - 1 }),
        ...domains.map((other) => signedProfile({ domain: other }, solar, honest)),
      ];
      for (const profile of stale) {
        // What the batch says of the day is the settlement's.
        const recovered = recoverSigner(domain, { ...profile, day: DAY });
        expect(recovered).to.not.equal(solar.device);
        await expectRefused(open, replaced(open, solar, profile), "UnknownDevice", recovered);
      }
    });

    it("refuses a P-256 profile that its key did not sign", async () => {
      const open = await loadFixture(announcedStreet);
      const { phone, profiles } = open;
      const honest = profiles.get(phone) ?? expect.fail("no profile");
      const stale = signedProfile(open, phone, { ...honest, day: DAY - 1 });
      await expectRefused(open, replaced(open, phone, stale), "UnknownDevice", ZeroAddress);
    });

    for (const [name, change] of [
      ["import register", { importRegister: 1n }],
      ["export register", { exportRegister: 1n }],
      ["quality", { quality: 2n }],
      ["intervals", { intervals: `0x0001${"00".repeat(382)}` as Hex }],
    ] as const) {
      it(`refuses a profile whose ${name} was changed`, async () => {
        const open = await loadFixture(announcedStreet);
        const honest = open.profiles.get(open.solar) ?? expect.fail("no profile");
        const changed = { ...honest, ...change };
        const recovered = recoverSigner(open.domain, changed);
        await expectRefused(open, replaced(open, open.solar, changed), "UnknownDevice", recovered);
      });
    }
  });

  describe("bytes", () => {
    it("refuses a batch that ends inside a profile", async () => {
      const open = await loadFixture(announcedStreet);
      const { args } = open.plan;
      const length = dataLength(args.batch);
      // The last byte is a zero, and so is what follows the batch: the profile is read whole all the same.
      expect(dataSlice(args.batch, length - 1)).to.equal("0x00");
      const shorter = { ...args, batch: dataSlice(args.batch, 0, length - 1) as Hex };
      await expectRefused(open, shorter, "MalformedBatch", length, length - 1);
      const half = { ...args, batch: dataSlice(args.batch, 0, length - 200) as Hex };
      await expectRefused(open, half, "UnknownDevice");
    });

    it("refuses a batch that goes on behind its last profile", async () => {
      const open = await loadFixture(announcedStreet);
      const { args } = open.plan;
      const length = dataLength(args.batch);
      const longer = { ...args, batch: concat([args.batch, "0x00"]) as Hex };
      await expectRefused(open, longer, "MalformedBatch", length + 7, length + 1);
      // A class of one more profile than there is.
      const counted = { ...args, batch: concat([args.batch, "0x00000000000001"]) as Hex };
      await expectRefused(open, counted, "UnknownDevice");
    });

    it("refuses a list of skipped devices of a wrong length", async () => {
      const open = await loadFixture(announcedStreet);
      const skipped = `0x${"00".repeat(19)}` as const;
      await expectRefused(open, { ...open.plan.args, skipped }, "MalformedBatch", 19, 0);
    });
  });

  describe("skipping", () => {
    it("refuses to skip a meter without a reason, in the place of its profile or besides it", async () => {
      const open = await loadFixture(announcedStreet);
      const { plan, solar, works } = open;
      const signature = open.profiles.get(solar)?.signature;
      const without = rebatched(open, (classes) =>
        classes.map((of) => ({ ...of, profiles: of.profiles.filter((profile) => profile.signature !== signature) })),
      );
      const skip = (...devices: string[]): Hex => encodeSkipped(devices as Address[]);
      const instead = { ...without, skipped: skip(solar.device) };
      await expectRefused(open, instead, "NoReasonToSkip", solar.meter, DAY);
      const besides = { ...plan.args, skipped: skip(solar.device) };
      await expectRefused(open, besides, "DuplicateMeter", solar.meter, DAY);
      const unannounced = { ...plan.args, skipped: skip(works.device) };
      await expectRefused(open, unannounced, "NotAnnounced", works.meter, DAY);
      const stranger = { ...plan.args, skipped: skip(open.accounts.bob.address) };
      await expectRefused(open, stranger, "NoReasonToSkip", 0, DAY);
    });
  });

  describe("forced profiles", () => {
    it("settles them in the order of forcing", async () => {
      const open = await loadFixture(forcedStreet);
      await settleHonestly(open, DAY, open);
    });

    it("refuses another order", async () => {
      const open = await loadFixture(forcedStreet);
      const { plant, phone, flat } = open;
      for (const forced of [
        [phone, plant, flat],
        [plant, flat, phone],
        [flat, phone, plant],
      ]) {
        const { args } = await planOf(open, DAY, { profiles: open.profiles, forced });
        await expectRefused(open, args, "NotTheForcedProfile", DAY);
      }
    });

    it("refuses another profile of the same device, fit or not", async () => {
      const open = await loadFixture(forcedStreet);
      for (const of of [open.plant, open.phone]) {
        const honest = open.profiles.get(of) ?? expect.fail("no profile");
        const later = signedProfile(open, of, { ...honest, importRegister: honest.importRegister + 1n });
        await expectRefused(open, replaced(open, of, later), "NotTheForcedProfile", DAY);
        const silent = await profileOf(open, of, DAY, { exports: series(0) });
        const profiles = new Map([...open.profiles, [of, silent]]);
        const { args } = await planOf(open, DAY, { profiles, forced: open.forced });
        await expectRefused(open, args, "NotTheForcedProfile", DAY);
        const unfit = signedProfile(open, of, { ...honest, importRegister: 0n, exportRegister: 0n });
        await expectRefused(open, replaced(open, of, unfit), "NotTheForcedProfile", DAY);
      }
    });

    it("refuses to leave one out, or to skip it", async () => {
      const open = await loadFixture(forcedStreet);
      const { flat, forced } = open;
      const profiles = new Map([...open.profiles].filter(([of]) => of !== flat));
      const { args } = await planOf(open, DAY, { profiles, forced: forced.filter((of) => of !== flat) });
      await expectRefused(open, args, "BatchIncomplete", await seatOf(open, flat));
      const skipped = { ...args, skipped: encodeSkipped([flat.device]) };
      await expectRefused(open, skipped, "NoReasonToSkip", flat.meter, DAY);
    });
  });

  describe("when and by whom", () => {
    it("refuses until the forcing hour is over, to the second", async () => {
      const open = await loadFixture(announcedStreet);
      const { neighbourhood, accounts, sharers } = open;
      await settle(open, open.plan.args);
      await time.increase(86_400);
      const next = DAY + 1;
      const profiles = await profilesOf(open, next, new Map([[open.home, {}]]));
      await announce(open, next, [sharers[1] ?? expect.fail("no meter")]);
      const { args } = await planOf(open, next, { profiles });
      const { openedAt } = await neighbourhood.market();
      await time.setNextBlockTimestamp(openedAt + 3_599n);
      await expectRefused(open, args, "ForcingHour", next, openedAt + 3_600n);
      await time.setNextBlockTimestamp(openedAt + 3_600n);
      await settle(open, args);
      expect((await neighbourhood.market()).settledAt).to.equal(openedAt + 3_600n);
      expect(await neighbourhood.connect(accounts.stranger).isClosed(next)).to.equal(true);
    });

    it("refuses when the window is over, to the second", async () => {
      const open = await loadFixture(announcedStreet);
      const { openedAt } = await open.neighbourhood.market();
      const closesAt = openedAt + (await open.neighbourhood.closingWindowSeconds());
      await time.setNextBlockTimestamp(closesAt - 1n);
      await settle(open, open.plan.args);
      const again = await loadFixture(announcedStreet);
      await time.setNextBlockTimestamp(closesAt);
      await expectRefused(again, again.plan.args, "WindowHasClosed", DAY, closesAt);
    });

    it("refuses a second time, and days that are not announced", async () => {
      const open = await loadFixture(announcedStreet);
      const { args } = open.plan;
      for (const day of [DAY - 1, DAY + 1, 0]) await expectRefused(open, { ...args, day }, "NoWindow", day);
      await settle(open, args);
      await expectRefused(open, args, "NoWindow", DAY);
    });

    it("refuses while paused, and settles after", async () => {
      const open = await loadFixture(announcedStreet);
      const { neighbourhood, accounts } = open;
      await neighbourhood.connect(accounts.guardian).pause();
      await expectRefused(open, open.plan.args, "IsPaused");
      await neighbourhood.connect(accounts.governor).unpause();
      await settle(open, open.plan.args);
    });

    it("refuses a call from a contract, and from an account that delegates its code", async () => {
      const open = await loadFixture(announcedStreet);
      const { neighbourhood, accounts } = open;
      const puppet = await ethers.deployContract("Puppet", [accounts.bob.address]);
      const address = await puppet.getAddress();
      const call = puppet.execute(await neighbourhood.getAddress(), encodeSettleDay(open.plan.args));
      await expectRefusal(call, neighbourhood, "NotTopLevel", address);
      // EIP-7702: its transactions are its own, yet its code could settle twice in one.
      await networkHelpers.setCode(accounts.stranger.address, concat(["0xef0100", address]));
      await expectRefused(open, open.plan.args, "NotTopLevel", accounts.stranger.address);
    });
  });
});
