import { expect } from "chai";

import { dayEnd } from "./fixtures/calendar.ts";
import { signRegistration } from "./fixtures/profiles.ts";
import { expectRefusal } from "./fixtures/refusal.ts";
import { closesAt, COMMUNITY, HOME_LIMITS, limits, SHARED_DAY, sharingStreet } from "./fixtures/sharing.ts";
import { addMeter, emptyStreet, HOME, key, loadFixture, PLANT, SOLAR, time } from "./fixtures/street.ts";

const TODAY = SHARED_DAY + 1;
const pair = (ask: number, bid: number): bigint => BigInt(ask * 65_536 + bid);

/** Bob with as many more meters as a test wants, from number 101 on, each with a device. */
async function crowd(count: number) {
  const open = await emptyStreet();
  const { bob, operator } = open.accounts;
  const operated = open.neighbourhood.connect(operator);
  const meters = Array.from({ length: count }, (_, i) => 101 + i);
  const registration = { importRegister: 0n, exportRegister: 0n };
  for (const meter of meters) {
    await addMeter(open, meter, bob.address);
    await operated.registerDevice(
      await signRegistration(key(`crowd ${meter}`), open.domain, { meter, ...registration }),
    );
  }
  return { ...open, meters, members: open.neighbourhood.connect(bob) };
}

describe("limit classes", () => {
  const many = async () => crowd(32);

  it("are the pairs in force and queued, each once", async () => {
    const { neighbourhood, accounts } = await loadFixture(sharingStreet);
    expect(await neighbourhood.limitClasses()).to.deep.equal([pair(500, 2_500)]);
    await neighbourhood.connect(accounts.alice).setSettings(SOLAR, HOME_LIMITS);
    await neighbourhood.connect(accounts.carol).setSettings(PLANT, limits(1, 2));
    expect(await neighbourhood.limitClasses()).to.deep.equal([pair(500, 2_500), pair(1, 2)]);
    // What is replaced goes, what is still in force stays.
    await neighbourhood.connect(accounts.carol).setSettings(PLANT, COMMUNITY);
    await neighbourhood.connect(accounts.alice).setSettings(SOLAR, COMMUNITY);
    expect(await neighbourhood.limitClasses()).to.deep.equal([pair(500, 2_500)]);
  });

  it("go when the last meter has left them", async () => {
    const { neighbourhood, operated, accounts, home } = await loadFixture(sharingStreet);
    await neighbourhood.connect(accounts.bob).setSettings(HOME, limits(1, 2));
    expect(await neighbourhood.limitClasses()).to.deep.equal([pair(500, 2_500), pair(1, 2)]);
    await operated.announce(SHARED_DAY, 0);
    await time.increaseTo(Number((await neighbourhood.nextWindow()).opensAt));
    await operated.announce(TODAY, 0);
    await time.increaseTo(await closesAt({ neighbourhood }));
    await neighbourhood.applyChanges([HOME]);
    expect((await neighbourhood.deviceState(home.device.address)).askTicks).to.equal(1n);
    expect(await neighbourhood.limitClasses()).to.deep.equal([pair(1, 2)]);
  });

  it("are at most 31 besides the community price: a further one is refused and told the others", async () => {
    const { neighbourhood, members, meters } = await loadFixture(many);
    const [last = 0, ...others] = meters;
    for (const meter of others) await members.setSettings(meter, limits(meter, 9_000));
    const existing = others.map((meter) => pair(meter, 9_000));
    expect(await neighbourhood.limitClasses()).to.deep.equal(existing);
    const further = members.setSettings(last, limits(1, 1));
    await expectRefusal(further, neighbourhood, "TooManyLimitClasses", existing);

    // The existing ones and the community price are open to everybody, and one's own place to oneself.
    await members.setSettings(last, limits(others[3] ?? 0, 9_000));
    await members.setSettings(last, COMMUNITY);
    await members.setSettings(others[0] ?? 0, limits(1, 1));
    expect((await neighbourhood.limitClasses()).length).to.equal(31);
  });
});

describe("seats", () => {
  const full = async () => crowd(257);

  it("are 256: one more is refused until one is free", async function () {
    this.timeout(120_000);
    const { neighbourhood, accounts, members, meters } = await loadFixture(full);
    const [last = 0, ...others] = meters;
    for (const meter of others) await members.setSettings(meter, COMMUNITY);
    const refused = members.setSettings(last, COMMUNITY);
    await expectRefusal(refused, neighbourhood, "NeighbourhoodFull", 257, 492 * 257, 129_300);

    await neighbourhood.connect(accounts.operator).closeMeter(others[100] ?? 0);
    await members.setSettings(last, COMMUNITY);
    await time.increaseTo(dayEnd(Math.floor((await time.latest()) / 86_400)));
    const today = Math.floor((await time.latest()) / 86_400);
    // A meter that has nothing to record joins when the days before are a week old.
    await time.increaseTo(dayEnd(today + 7));
    await neighbourhood.applyChanges(meters.slice(0, 100));
    await neighbourhood.applyChanges(meters.slice(100));
    expect(await neighbourhood.seats()).to.equal(2n ** 256n - 1n);
    expect((await neighbourhood.deviceState(key(`crowd ${last}`).address)).seat).to.equal(100n);
  });
});

describe("tariff", () => {
  it("is queued by the governor and holds from its day on", async () => {
    const { neighbourhood, accounts } = await loadFixture(sharingStreet);
    const governed = neighbourhood.connect(accounts.governor);
    const tariff = { communityPriceTicks: 1_700, networkChargeTicks: 300 };
    await expect(governed.setTariff(TODAY + 2, tariff))
      .to.emit(neighbourhood, "TariffQueued")
      .withArgs(TODAY + 2, 1_700, 300);
    expect(await neighbourhood.tariffOf(TODAY + 1)).to.deep.equal([1_500n, 200n]);
    expect(await neighbourhood.tariffOf(TODAY + 2)).to.deep.equal([1_700n, 300n]);
  });

  it("is replaced until it begins, and then the one in force before another is queued", async () => {
    const { neighbourhood, operated, accounts } = await loadFixture(sharingStreet);
    const governed = neighbourhood.connect(accounts.governor);
    const price = (communityPriceTicks: number) => ({ communityPriceTicks, networkChargeTicks: 0 });
    const first = TODAY + 2;
    await governed.setTariff(first, price(1));
    await governed.setTariff(first, price(2));
    expect((await neighbourhood.tariffOf(first)).communityPriceTicks).to.equal(2n);
    await time.increaseTo(dayEnd(first - 1));
    // Days before it may still be settled, under the tariff before.
    const tooSoon = governed.setTariff(first + 2, price(3));
    await expectRefusal(tooSoon, neighbourhood, "TariffPending", first);
    for (const day of [SHARED_DAY, TODAY, first - 1]) {
      const { opensAt } = await neighbourhood.nextWindow();
      if (opensAt > (await time.latest())) await time.increaseTo(opensAt);
      await operated.announce(day, 0);
    }
    const later = first + 9;
    await expectRefusal(governed.setTariff(later, price(3)), neighbourhood, "TariffPending", first);
    await time.increaseTo(await closesAt({ neighbourhood }));
    await governed.setTariff(later, price(3));
    expect((await neighbourhood.tariffOf(first)).communityPriceTicks).to.equal(2n);
    expect((await neighbourhood.tariffOf(later)).communityPriceTicks).to.equal(3n);
  });

  it("is refused for a day before which nobody could change limits, and for a bid that does not fit", async () => {
    const { neighbourhood, accounts } = await loadFixture(sharingStreet);
    const governed = neighbourhood.connect(accounts.governor);
    const tariff = { communityPriceTicks: 65_535, networkChargeTicks: 0 };
    await expectRefusal(governed.setTariff(TODAY + 1, tariff), neighbourhood, "TariffDayNotAhead", TODAY + 1, TODAY);
    const high = governed.setTariff(TODAY + 2, { ...tariff, networkChargeTicks: 1 });
    await expectRefusal(high, neighbourhood, "CommunityPriceTooHigh", 65_535, 1, 65_535);
    await governed.setTariff(TODAY + 2, tariff);
  });
});
