import type { SignedProfile } from "@commonwatt/sdk/profile-signing";
import { planSettlement } from "@commonwatt/sdk/settlement/plan";
import { fundsNeeded } from "@commonwatt/sdk/settlement/limits";
import { expect } from "chai";
import type { Hex } from "viem";

import { FIRST_DAY, sum } from "./fixtures/calendar.ts";
import { encodeIntervals } from "./fixtures/profiles.ts";
import { expectSettled, referenceOf, settle, stateOf } from "./fixtures/settlement.ts";
import { Dice, type Market, marketOf, MAX_UNITS } from "./fixtures/settlement-markets.ts";
import { type SeatedMeter, writeMarket } from "./fixtures/settlement-state.ts";
import { type Sharer, sharer, signedProfile } from "./fixtures/settlement-street.ts";
import { emptyStreet, loadFixture, type Street } from "./fixtures/street.ts";

const DAY = FIRST_DAY;
const MAX_METERS = 60;
/** The dust of a meter-day is below this many hundredths of a base unit; see docs/mechanism/money.md. */
const DUST_HUNDREDTHS = 106n;

/** `SETTLE_MARKETS=2000 SETTLE_SEED=7 npx hardhat test mocha test/settle-differential.ts` runs the long campaign. */
const MARKETS = Number(process.env["SETTLE_MARKETS"] ?? 150);
const SEED = Number(process.env["SETTLE_SEED"] ?? 1);

type Seated = SeatedMeter & { of: Sharer; profile: SignedProfile };

/** A meter with a seat, a word to continue and the profile its device signed; one in eight on the other curve. */
function seatOf(
  street: Street,
  dice: Dice,
  sharers: readonly Sharer[],
  meter: Market["meters"][number],
  index: number,
): Seated {
  const of = sharers[index];
  if (of === undefined) throw new Error("More meters than keys.");
  const importRegister = dice.once(3) ? 0n : BigInt(dice.int(0, 2 ** 40));
  const exportRegister = dice.once(3) ? 0n : BigInt(dice.int(0, 2 ** 40));
  const profile = signedProfile(street, of, {
    day: DAY,
    importRegister: importRegister + BigInt(sum(meter.imports) + (dice.once(3) ? dice.int(0, 50) : 0)),
    exportRegister: exportRegister + BigInt(sum(meter.exports)),
    quality: dice.once(6) ? 1n : 0n,
    intervals: encodeIntervals(meter.imports, meter.exports) as Hex,
  });
  const word = { lastDay: dice.pick([0, DAY - 1]), importRegister, exportRegister, capUnits: MAX_UNITS };
  return { meter, device: of.device, seat: (index * 37 + 11) % 256, ...word, of, profile };
}

async function settleMarket(street: Street, seats: readonly Seated[], { tariff }: Market): Promise<void> {
  const bitmap = await writeMarket(street, DAY, tariff, seats);
  const treasury = await street.neighbourhood.treasuryBalance();
  const plan = planSettlement({
    day: DAY,
    tariff,
    bitmap,
    forced: [],
    meters: await Promise.all(
      seats.map(async ({ device, profile }) => ({ device, state: await stateOf(street, device), profile })),
    ),
  });
  const byMeter = new Map(seats.map(({ meter }) => [meter.meter, meter]));
  const inOrder = plan.clearing.payments.map(({ meter }) => byMeter.get(meter) ?? expect.fail(`meter ${meter}`));
  const reference = referenceOf(inOrder, tariff, plan.clearing);

  const settling = settle(street, plan.args);

  await expectSettled(street, settling, plan.args, reference);
  expect((await street.neighbourhood.treasuryBalance()) - treasury).to.equal(reference.treasuryBaseUnits);
  const paid = new Map(reference.payments.map(({ meter, baseUnits }) => [meter, baseUnits]));
  for (const { meter, device, profile } of seats) {
    const { balanceBaseUnits, lastDay, importRegister, exportRegister } = await stateOf(street, device);
    expect(balanceBaseUnits).to.equal(meter.balanceBaseUnits - (paid.get(meter.meter) ?? 0n));
    expect([lastDay, importRegister, exportRegister]).to.deep.equal([
      DAY,
      profile.importRegister,
      profile.exportRegister,
    ]);
  }
  await expectUnfunded(street, settling, reference.unfunded);
  expectDust(reference, tariff.networkChargeTicks, seats.length);
}

async function expectUnfunded(
  { neighbourhood }: Street,
  settling: ReturnType<typeof settle>,
  unfunded: ReturnType<typeof referenceOf>["unfunded"],
): Promise<void> {
  const receipt = await (await settling).wait();
  const logged = (receipt?.logs ?? []).flatMap((log) => {
    const parsed = neighbourhood.interface.parseLog(log);
    if (parsed?.name !== "MeterUnfunded") return [];
    const [meter, , balanceBaseUnits, neededBaseUnits] = parsed.args.toArray() as bigint[];
    return [{ meter: Number(meter), balanceBaseUnits, neededBaseUnits }];
  });
  expect(logged).to.deep.equal(unfunded);
}

/** What is left of the payments after the network charge: below 1.06 base units per meter, never negative. */
function expectDust(
  { treasuryBaseUnits, clearedWh }: ReturnType<typeof referenceOf>,
  charge: number,
  meters: number,
): void {
  const tenths = treasuryBaseUnits * 10n - clearedWh * BigInt(charge);
  expect(tenths >= 0n).to.equal(true, `${tenths} tenths of dust`);
  expect(tenths === 0n || tenths * 10n < DUST_HUNDREDTHS * BigInt(meters)).to.equal(
    true,
    `${tenths} tenths of dust of ${meters} meters`,
  );
}

describe("settleDay against the reference", () => {
  const keys = (street: Street): Sharer[] =>
    Array.from({ length: MAX_METERS }, (_, index) =>
      sharer(street.accounts.alice, 1_000 + index, { p256: index % 8 === 7 }),
    );

  it(`settles ${MARKETS} random markets to the base unit`, async function () {
    this.timeout(MARKETS * 5_000);
    const street = await loadFixture(emptyStreet);
    const sharers = keys(street);
    for (let run = 0; run < MARKETS; run++) {
      const dice = new Dice(SEED * 1_000_003 + run);
      const market = marketOf(dice, dice.once(4) ? MAX_METERS : 12);
      const seats = market.meters.map((meter, index) => seatOf(street, dice, sharers, meter, index));
      try {
        await settleMarket(street, seats, market);
      } catch (error) {
        throw new Error(`Market ${run} of seed ${SEED} differs.`, { cause: error });
      }
    }
  });

  it("settles every interval at the extremes of energy, price, unit and charge", async () => {
    const street = await loadFixture(emptyStreet);
    const sharers = keys(street);
    const full = Array.from({ length: 96 }, () => MAX_UNITS);
    const none = full.map(() => 0);
    for (const [askTicks, bidTicks, networkChargeTicks] of [
      [0, 0, 0],
      [0, 65_535, 0],
      [65_535, 65_535, 0],
      [0, 65_535, 65_535],
      [32_767, 65_535, 32_768],
      [1, 65_535, 65_535],
    ] as const) {
      for (const sellers of [1, 2, 3]) {
        const meters = Array.from({ length: 4 }, (_, index) => ({
          meter: 1_000 + index,
          exponent: 2,
          community: false,
          askTicks,
          bidTicks,
          balanceBaseUnits: 5_000_000_000_000n,
          imports: index < sellers ? none : full,
          exports: index < sellers ? full : none,
        }));
        const market = { tariff: { communityPriceTicks: 0, networkChargeTicks }, meters };
        const seats = meters.map((meter, index) => seatOf(street, new Dice(index), sharers, meter, index));
        await settleMarket(street, seats, market);
      }
    }
  });

  it("lets a meter buy with exactly the balance it needs, and nothing with one base unit less", async () => {
    const street = await loadFixture(emptyStreet);
    const sharers = keys(street);
    for (const exponent of [0, 1, 2]) {
      for (const community of [false, true]) {
        const limits = community ? { askTicks: 0, bidTicks: 0 } : { askTicks: 600, bidTicks: 1_301 };
        const market = { tariff: { communityPriceTicks: 901, networkChargeTicks: 300 } };
        const lanes = {
          imports: Array.from({ length: 96 }, (_, at) => at % 7),
          exports: new Array<number>(96).fill(0),
        };
        const buyer = { meter: 1_000, exponent, community, ...limits, balanceBaseUnits: 0n, ...lanes };
        const seller = { ...buyer, meter: 1_001, imports: lanes.exports, exports: lanes.imports };
        const needed = fundsNeeded(buyer, market.tariff);
        for (const short of [0n, 1n]) {
          const meters = [{ ...buyer, balanceBaseUnits: needed - short }, seller];
          const seats = meters.map((meter, index) => seatOf(street, new Dice(5), sharers, meter, index));
          await settleMarket(street, seats, { ...market, meters });
          const { balanceBaseUnits } = await stateOf(street, sharers[1]?.device ?? expect.fail("no seller"));
          expect(balanceBaseUnits > 0n).to.equal(short === 0n);
        }
      }
    }
  });

  it("settles a day of nobody", async () => {
    const street = await loadFixture(emptyStreet);
    await settleMarket(street, [], { tariff: { communityPriceTicks: 1, networkChargeTicks: 1 }, meters: [] });
  });
});
