import { encodeSettleDay, MAX_TRANSACTION_BYTES } from "@commonwatt/sdk/settlement/calldata";
import { expect } from "chai";
import { dataLength, Transaction } from "ethers";

import { dayEnd, FIRST_DAY, series } from "./fixtures/calendar.ts";
import { expectRefusal } from "./fixtures/refusal.ts";
import { announce, expectSettled, pastForcing, planOf, settle } from "./fixtures/settlement.ts";
import {
  addSharers,
  joinAll,
  profileOf,
  registrationOf,
  SHARED_DAY,
  sharer,
  type Sharer,
  settingsOf,
} from "./fixtures/settlement-street.ts";
import { emptyStreet, key, loadFixture, PLACE, type Street, time } from "./fixtures/street.ts";

const DAY = SHARED_DAY;
/** Most gas of a transaction (EIP-7825). */
const MAX_TRANSACTION_GAS = 16_777_216n;
const METERS = 256;
/** As many as fit besides: a batch has room for 256 profiles, 52 of them with a key. */
const P256_METERS = 52;
const CLASSES = 32;
/** Enough for a whole day. */
const FUNDS = 2_000_000_000n;
/** Of a P-256 meter, besides what a secp256k1 meter takes. */
const P256_EXTRA_GAS = 6_500n;

/** A class of limits; the first is the community price. */
const limitsOf = (index: number) =>
  index === 0
    ? { community: true, askTicks: 0, bidTicks: 0 }
    : { community: false, askTicks: 0x0401 + 17 * index, bidTicks: 0x0b01 - 19 * index };

/** No byte of the intervals is a zero; sellers and buyers in every interval. */
const LOUD = { imports: series(0x0203, 0, 48, 0x0102), exports: series(0x0101, 0, 48, 0x0204) };

async function inBatches<T>(items: readonly T[], size: number, run: (some: readonly T[]) => Promise<unknown>) {
  for (let from = 0; from < items.length; from += size) await run(items.slice(from, from + size));
}

/**
 * As many meters as may share, of all units and in all classes, neighbours never in the same one. All of them have been
 * left out of the announcement and forced, so that each needs a class header of its own; all of them change their limits
 * from the next day on, which the settlement puts in force; every fourth has no money, and is taken out again.
 */
async function largestStreet() {
  const street = await emptyStreet();
  const { neighbourhood, currency, accounts } = street;
  const { alice } = accounts;
  const sharers = Array.from({ length: METERS }, (_, index) =>
    sharer(alice, 0x01010101 + index, { ...limitsOf(index % CLASSES), exponent: index % 3, p256: index < P256_METERS }),
  );
  const funds = FUNDS * BigInt(METERS);
  await currency.mint(alice.address, funds);
  await currency.connect(alice).approve(await neighbourhood.getAddress(), funds);
  await neighbourhood.connect(alice).deposit(alice.address, funds);
  await addSharers(street, sharers, 0n);
  for (const [index, { meter }] of sharers.entries()) {
    await neighbourhood.connect(alice).fundMeter(meter, index % 4 === 3 ? 1n : FUNDS);
  }
  for (const of of sharers) await neighbourhood.connect(alice).setSettings(of.meter, settingsOf(of));
  await expectNoRoom(street);

  await time.increaseTo(dayEnd(FIRST_DAY) + 60);
  await inBatches(sharers, 16, async (some) =>
    neighbourhood.recordMany(await Promise.all(some.map((of) => profileOf(street, of, FIRST_DAY))), {
      gasLimit: 14_000_000n,
    }),
  );
  await neighbourhood.connect(street.accounts.announcer).announce(FIRST_DAY, 0n);
  await pastForcing(street);
  const empty = await planOf(street, FIRST_DAY, { profiles: new Map() });
  await settle(street, empty.args);
  await inBatches(sharers, 64, async (some) => neighbourhood.applyChanges(some.map(({ meter }) => meter)));
  for (const [index, { meter }] of sharers.entries()) {
    await neighbourhood.connect(alice).setSettings(meter, settingsOf(limitsOf((index + 1) % CLASSES)));
  }

  await time.increaseTo(dayEnd(DAY) + 60);
  const profiles = new Map<Sharer, Awaited<ReturnType<typeof profileOf>>>();
  for (const of of sharers) profiles.set(of, await profileOf(street, of, DAY, { ...LOUD, quality: ESTIMATED }));
  await announce(street, DAY, []);
  for (const profile of profiles.values()) await neighbourhood.force(profile);
  await pastForcing(street);
  return { ...street, sharers, profiles };
}

/** Every interval is estimated: no byte of the vector is a zero. */
const ESTIMATED = (4n ** 96n - 1n) / 3n;

/** Neither another meter can join, nor another P-256 device. */
async function expectNoRoom(street: Street): Promise<void> {
  const { neighbourhood, accounts } = street;
  const { bob, operator } = accounts;
  const late = sharer(bob, 7, { community: true });
  await neighbourhood.connect(operator).admitMember(bob.address);
  await neighbourhood.connect(operator).registerMeter({
    meter: late.meter,
    owner: bob.address,
    kind: 0,
    source: 1,
    unitExponent: 0,
    capWh: 1,
    place: PLACE,
  });
  await neighbourhood.connect(operator).registerDevice(registrationOf(street, late));
  const joining = neighbourhood.connect(bob).setSettings(late.meter, settingsOf(late));
  await expectRefusal(joining, neighbourhood, "NeighbourhoodFull");
}

/** Two meters alike but for their devices' keys, in one class. */
async function twinStreet() {
  const street = await emptyStreet();
  const { alice } = street.accounts;
  const community = { community: true };
  const sharers = [sharer(alice, 11, community), sharer(alice, 12, { ...community, p256: true })] as const;
  await addSharers(street, sharers);
  await joinAll(street, sharers, FIRST_DAY);
  await time.increaseTo(dayEnd(DAY) + 3_600);
  return { ...street, sharers };
}

describe("settleDay, the largest settlement", () => {
  it("fits a transaction, in bytes and gas, however its members arrange it", async function () {
    this.timeout(240_000);
    const open = await loadFixture(largestStreet);
    const { profiles, sharers, neighbourhood } = open;
    const { args, clearing } = await planOf(open, DAY, { profiles, forced: sharers });
    expect(clearing.payments.length).to.equal(METERS);
    // Signed, with every number of the envelope as long as it can be.
    const raw = Transaction.from({
      type: 2,
      to: await neighbourhood.getAddress(),
      data: encodeSettleDay(args),
      chainId: 2n ** 53n - 1n,
      nonce: 2 ** 48,
      gasLimit: MAX_TRANSACTION_GAS,
      maxFeePerGas: 2n ** 128n - 1n,
      maxPriorityFeePerGas: 2n ** 128n - 1n,
    });
    raw.signature = key("settler").signingKey.sign(raw.unsignedHash);
    expect(dataLength(raw.serialized)).to.be.greaterThan(MAX_TRANSACTION_BYTES - 6_000);
    expect(dataLength(raw.serialized)).to.be.at.most(MAX_TRANSACTION_BYTES);

    const settling = settle(open, args);

    await expectSettled(open, settling, args, clearing);
    const { gasUsed } = (await (await settling).wait()) ?? expect.fail("no receipt");
    expect(clearing.unfunded.length).to.equal(METERS / 4);
    expect(clearing.intervals.every(({ volumeWh }) => volumeWh > 0n)).to.equal(true);
    expect(gasUsed < MAX_TRANSACTION_GAS, `${gasUsed} gas`).to.equal(true);
    // All changed their limits at once.
    for (const [index, { device }] of sharers.entries()) {
      const { settingsQueued, community, askTicks } = await neighbourhood.deviceState(device);
      const expected = limitsOf((index + 1) % CLASSES);
      expect([settingsQueued, community, Number(askTicks)]).to.deep.equal([
        false,
        expected.community,
        expected.askTicks,
      ]);
    }
  });

  it("takes at most 6,500 gas more for a P-256 meter", async () => {
    const gas: bigint[] = [];
    for (const index of [0, 1] as const) {
      const open = await loadFixture(twinStreet);
      const of = open.sharers[index];
      const profiles = new Map([[of, await profileOf(open, of, DAY, LOUD)]]);
      await announce(open, DAY, [of]);
      await pastForcing(open);
      const { args } = await planOf(open, DAY, { profiles });
      const receipt = await (await settle(open, args)).wait();
      gas.push(receipt?.gasUsed ?? 0n);
    }
    const [secp256k1 = 0n, p256 = 0n] = gas;
    expect(p256 - secp256k1 <= P256_EXTRA_GAS, `${p256 - secp256k1} gas more`).to.equal(true);
    expect(p256).to.be.greaterThan(secp256k1);
  });
});
