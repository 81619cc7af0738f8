import { expect } from "chai";

import { dayEnd, FIRST_DAY, firstInterval, series, tokenId } from "./fixtures/calendar.ts";
import { signIntervals, type SignedProfile, signProfile } from "./fixtures/profiles.ts";
import { PUPPET_DAY, puppetStreet, REACTION } from "./fixtures/puppets.ts";
import { toCompact } from "./fixtures/signatures.ts";
import { CAP_UNITS, ethers, key, loadFixture, PLANT, SOLAR, street, time } from "./fixtures/street.ts";

const NO_ONE = ethers.ZeroAddress;
const EVERY = series(1);

describe("recordMany", () => {
  it("records profiles of different meters and days and says how many", async () => {
    const { neighbourhood, solar, home } = await loadFixture(street);
    await time.increaseTo(dayEnd(FIRST_DAY + 1));
    const profiles = [
      await solar.profile({ day: FIRST_DAY, exports: EVERY }),
      await home.profile({ day: FIRST_DAY, imports: EVERY }),
      await solar.profile({ day: FIRST_DAY + 1, exports: EVERY }),
    ];
    expect(await neighbourhood.recordMany.staticCall(profiles)).to.equal(3n);
    await expect(neighbourhood.recordMany(profiles)).to.emit(neighbourhood, "ProfileRecorded");
    expect((await neighbourhood.deviceState(solar.device.address)).lastDay).to.equal(FIRST_DAY + 1);
  });

  it("skips a bad profile with the reason record would give, and records the rest", async () => {
    const { neighbourhood, solar, home } = await loadFixture(street);
    const good = await home.profile({ day: FIRST_DAY, imports: EVERY });
    const early = await solar.profile({ day: FIRST_DAY + 1 });
    const sent = neighbourhood.recordMany([early, good, good]);

    const notOver = neighbourhood.interface.encodeErrorResult("DayNotOver", [
      FIRST_DAY + 1,
      dayEnd(FIRST_DAY + 1),
      await time.latest(),
    ]);
    const replayed = neighbourhood.interface.encodeErrorResult("DayNotAfterLast", [FIRST_DAY, FIRST_DAY]);
    await expect(sent).to.emit(neighbourhood, "ProfileRecorded");
    const events = await neighbourhood.queryFilter(
      neighbourhood.filters.ProfileSkipped(),
      (await sent).blockNumber ?? 0,
    );
    expect(events.map(({ args }) => [args.index, args.day])).to.deep.equal([
      [0n, BigInt(FIRST_DAY + 1)],
      [2n, BigInt(FIRST_DAY)],
    ]);
    expect(events[0]?.args.reason.slice(0, 10)).to.equal(notOver.slice(0, 10));
    expect(events[1]?.args.reason).to.equal(replayed);
  });

  it("is not stopped by someone who recorded one of its profiles first", async () => {
    const { neighbourhood, solar, home, accounts } = await loadFixture(street);
    const profiles = [
      await solar.profile({ day: FIRST_DAY, exports: EVERY }),
      await home.profile({ day: FIRST_DAY, imports: EVERY }),
    ];
    await neighbourhood.connect(accounts.stranger).record(profiles[0] ?? expect.fail());
    await expect(neighbourhood.recordMany(profiles))
      .to.emit(neighbourhood, "ProfileSkipped")
      .and.to.emit(neighbourhood, "ProfileRecorded");
  });

  it("demands the gas of the dearest profile before each one, so that scarce gas never skips", async () => {
    const { neighbourhood, solar, home } = await loadFixture(street);
    const profiles = [
      await solar.profile({ day: FIRST_DAY, exports: EVERY }),
      await home.profile({ day: FIRST_DAY, imports: EVERY }),
    ];
    for (const gasLimit of [400_000n, 720_000n, 900_000n]) {
      await expect(neighbourhood.recordMany.staticCall(profiles, { gasLimit })).to.be.revertedWithCustomError(
        neighbourhood,
        "InsufficientGas",
      );
    }
    expect(await neighbourhood.recordMany.staticCall(profiles, { gasLimit: 1_300_000n })).to.equal(2n);
  });

  it("demands more than the dearest profile uses: new words, every interval, a receiver at its limit", async () => {
    const { neighbourhood, house, puppet } = await loadFixture(puppetStreet);
    const profile = await house.profile({ day: PUPPET_DAY, imports: series(4_000), exports: series(4_000) });
    await puppet.react(REACTION.burnGas, NO_ONE, "0x");
    const sent = await neighbourhood.recordMany([profile], { gasLimit: 2_000_000n });
    const receipt = await sent.wait();
    await expect(sent).to.emit(neighbourhood, "ProfileSkipped");
    // The whole transaction, its calldata and base cost included.
    expect(receipt?.gasUsed ?? 0n).to.be.lessThan(600_000n);
  });

  it("returns 0 for an empty batch", async () => {
    const { neighbourhood } = await loadFixture(street);
    expect(await neighbourhood.recordMany.staticCall([])).to.equal(0n);
  });

  it("skips each kind of bad profile with the values record names", async () => {
    const { neighbourhood, token, solar, home, plant, domain, accounts } = await loadFixture(street);
    await neighbourhood.connect(accounts.guardian).revokeDevice(PLANT);
    const day = FIRST_DAY;
    const good = { day, importRegister: 1_200n, exportRegister: 700n, imports: series(2), exports: series(2) };
    const sign = (change: Partial<typeof good> & { quality?: bigint }) =>
      signProfile(solar.device, domain, { ...good, ...change });
    const forger = key("forger");
    const limit = 1n << 44n;
    const first = firstInterval(day);
    const bad: [string, unknown[], SignedProfile][] = [
      ["UnknownDevice", [forger.address], await signProfile(forger, domain, good)],
      ["DeviceTombstoned", [plant.device.address, PLANT], await plant.profile({ day })],
      ["MalformedSignature", [64], { ...(await sign({})), signature: toCompact((await sign({})).signature) }],
      ["DayNotAfterLast", [day - 1, day - 1], await sign({ day: day - 1 })],
      ["RegisterOutOfRange", [limit, limit], await sign({ importRegister: limit })],
      ["RegisterBackwards", [499, 500], await sign({ exportRegister: 499n })],
      ["IntervalAboveCap", [first + 7, CAP_UNITS + 1, CAP_UNITS], await sign({ imports: series(CAP_UNITS + 1, 7, 1) })],
      ["InvalidQuality", [3], await sign({ quality: 3n })],
      ["MissingIntervalNotZero", [first, 4], await sign({ quality: 2n })],
      ["IntervalsExceedRegister", [192, 191], await sign({ importRegister: 1_191n })],
      ["InvalidIntervalsLength", [2, 384], await signIntervals(solar.device, domain, { ...good, intervals: "0x0000" })],
    ];
    const profiles = [
      await home.profile({ day, imports: EVERY }),
      ...bad.map(([, , profile]) => profile),
      await sign({}),
    ];
    expect(await neighbourhood.recordMany.staticCall(profiles)).to.equal(2n);
    const sent = await neighbourhood.recordMany(profiles);
    const skipped = await neighbourhood.queryFilter(neighbourhood.filters.ProfileSkipped(), sent.blockNumber ?? 0);
    expect(skipped.map(({ args }) => [args.index, args.day, args.reason])).to.deep.equal(
      bad.map(([name, values, profile], i) => [
        BigInt(i + 1),
        BigInt(profile.day),
        neighbourhood.interface.encodeErrorResult(name as never, values as never),
      ]),
    );
    expect(await token.balanceOf(accounts.alice.address, tokenId(SOLAR, first))).to.equal(2n);
  });
});
