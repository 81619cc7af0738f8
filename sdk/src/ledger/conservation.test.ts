import { numberToHex, zeroAddress } from "viem";
import { describe, expect, it } from "vitest";

import { forSeeds, Random } from "../../test/random.ts";
import { DAY } from "../../test/samples.ts";
import { Story } from "../../test/story.ts";
import { meterNumber } from "../ids.ts";
import { MEASURED, type Quality, sumUnits } from "../profile.ts";
import { day, dayStart, firstInterval, interval } from "../time.ts";
import { assembleLedger } from "./assemble.ts";
import { balancesOf, conservation } from "./conservation.ts";
import type { Ledger } from "./types.ts";

const WINDOW = 28;
const DEVICE = numberToHex(0xdeadn, { size: 20 });
const SIGNATURE = `0x${"11".repeat(65)}` as const;
const holders = [1n, 2n, 3n].map((number) => numberToHex(number, { size: 20 }));

function ledgerOf(story: Story): Ledger {
  const entries = assembleLedger([], story.events());
  const range = { fromBlock: 10n, toBlock: 99n, complete: true, unknownLogs: [] };
  return { ...range, retirementWindowDays: WINDOW, ...entries };
}

function holder(random: Random) {
  return random.pick(holders);
}

/** A few days of a few meters: recorded, minted, moved about and used, never more than is there. */
function randomStory(random: Random) {
  const story = new Story();
  const balances = new Map<string, number>();
  const days = random.integer(1, 4);
  for (let number = 1; number <= 3; number++) story.meter(meterNumber(number), holder(random));
  for (let offset = 0; offset < days; offset++) {
    for (let number = 1; number <= 3; number++) {
      story.block();
      const exports = random.list(96, () => (random.chance(90) ? 0 : random.integer(1, 500)));
      const profile = {
        day: day(DAY + offset),
        importRegister: 0n,
        exportRegister: sumUnits(exports),
        quality: new Array<Quality>(96).fill(MEASURED),
        imports: new Array<number>(96).fill(0),
        exports,
      };
      const owner = holder(random);
      const meter = meterNumber(number);
      const first = firstInterval(profile.day);
      story.profile(meter, DEVICE, profile, SIGNATURE).mint(meter, owner, first, exports);
      exports.forEach((units, index) => {
        if (units > 0) balances.set(`${owner} ${meter} ${first + index}`, units);
      });
    }
  }
  for (let step = 0; step < 40; step++) {
    const key = random.pick([...balances.keys()]);
    const held = balances.get(key) ?? 0;
    const energy = random.integer(0, held);
    if (energy === 0) continue;
    const [owner = "", meter, at] = key.split(" ");
    const from = owner as `0x${string}`;
    const M = meterNumber(Number(meter));
    const first = interval(Number(at));
    balances.set(key, held - energy);
    story.block();
    if (random.chance(40)) {
      story.retired(M, Math.floor(first / 96), from, BigInt(energy)).move(from, zeroAddress, M, first, [energy]);
    } else {
      const to = holder(random);
      const target = `${to} ${meter} ${at}`;
      balances.set(target, (balances.get(target) ?? 0) + energy);
      story.trade(from, to, M, first, BigInt(energy)).move(from, to, M, first, [energy]);
    }
  }
  return { story, balances };
}

describe("conservation", () => {
  it("holds at every moment for any history in which nothing is lost", () => {
    forSeeds(60, (random) => {
      const { story, balances } = randomStory(random);
      const ledger = ledgerOf(story);
      const now = dayStart(day(DAY + random.integer(0, WINDOW + 6)));
      const result = conservation(ledger, now);
      expect(result.holds).toBe(true);
      const live = [...balances].filter(([key]) => {
        const at = Number(key.split(" ")[2]);
        return Math.floor(at / 96) + WINDOW + 1 > now / 86_400;
      });
      expect(result.liveWh).toBe(BigInt(live.reduce((sum, [, energy]) => sum + energy, 0)));
      expect(result.mintedWh).toBe(result.retiredWh + result.expiredWh + result.liveWh);
      const held = balancesOf(ledger);
      expect(held.every(({ wh }) => wh > 0n)).toBe(true);
      expect(
        new Map(held.map((one) => [`${one.holder.toLowerCase()} ${one.meter} ${one.interval}`, Number(one.wh)])),
      ).toEqual(new Map([...balances].filter(([, energy]) => energy > 0)));
    });
  });

  it("counts a token as live until the very second its window closes", () => {
    const story = new Story().meter(meterNumber(1), zeroAddress);
    const profile = {
      day: DAY,
      importRegister: 0n,
      exportRegister: 7n,
      quality: new Array<Quality>(96).fill(MEASURED),
      imports: new Array<number>(96).fill(0),
      exports: new Array<number>(96).fill(0).with(0, 7),
    };
    const owner = holder(new Random(1));
    story.profile(meterNumber(1), DEVICE, profile, SIGNATURE).mint(meterNumber(1), owner, firstInterval(DAY), [7]);
    const closes = dayStart(day(DAY + WINDOW + 1));
    expect(conservation(ledgerOf(story), closes - 1)).toMatchObject({ liveWh: 7n, expiredWh: 0n, holds: true });
    expect(conservation(ledgerOf(story), BigInt(closes))).toMatchObject({ liveWh: 0n, expiredWh: 7n, holds: true });
  });

  it("notices energy from nowhere, energy that vanished, and energy nobody had", () => {
    const seeded = () => randomStory(new Random(9)).story.block();
    const M1 = meterNumber(1);
    const at = firstInterval(DAY);
    const [ada, bob] = [holders[0] ?? zeroAddress, holders[1] ?? zeroAddress];
    expect(conservation(ledgerOf(seeded()), 0).holds).toBe(true);
    expect(conservation(ledgerOf(seeded().mint(M1, ada, at, [5])), 0).holds).toBe(false);
    expect(conservation(ledgerOf(seeded().retired(M1, DAY, ada, 5n)), 0).holds).toBe(false);
    const stolen = seeded().move(ada, bob, meterNumber(99), at, [5]).move(bob, zeroAddress, meterNumber(99), at, [5]);
    expect(conservation(ledgerOf(stolen), 0).holds).toBe(false);
  });

  it("refuses to judge a part of the history", () => {
    const part = { ...ledgerOf(new Story()), complete: false, fromBlock: 12n };
    expect(() => conservation(part, 0)).toThrow("Balances need the ledger from its deployment on, not from block 12");
  });
});
