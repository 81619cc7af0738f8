import { numberToHex } from "viem";
import { describe, expect, it } from "vitest";

import { Random } from "../../test/random.ts";
import { DAY, randomProfile } from "../../test/samples.ts";
import { Story } from "../../test/story.ts";
import { meterNumber } from "../ids.ts";
import { day, firstInterval, interval } from "../time.ts";
import { assembleLedger } from "./assemble.ts";
import { daysOf, ledgerOfDay } from "./day.ts";
import type { Ledger } from "./types.ts";

const ADA = numberToHex(0xadan, { size: 20 });
const BOB = numberToHex(0xb0bn, { size: 20 });
const M7 = meterNumber(7);
const NEXT = day(DAY + 1);
const SIGNATURE = `0x${"11".repeat(65)}` as const;
const LAST_OF_DAY = interval(firstInterval(NEXT) - 1);

const profile = randomProfile(new Random(1));
const story = new Story()
  .meter(M7, ADA)
  .block()
  .profile(M7, ADA, { ...profile, day: NEXT }, SIGNATURE)
  .profile(M7, ADA, profile, SIGNATURE)
  .block()
  .move(ADA, BOB, M7, firstInterval(NEXT), [5])
  .trade(ADA, BOB, M7, firstInterval(NEXT), 5n, 1n)
  .block()
  .move(ADA, BOB, M7, LAST_OF_DAY, [5, 6])
  .trade(ADA, BOB, M7, LAST_OF_DAY, 11n, 2n)
  .block()
  .retired(M7, NEXT, BOB, 0n)
  .trade(ADA, BOB, M7, firstInterval(NEXT), 8n, 3n);

const ledger: Ledger = {
  ...assembleLedger([], story.events()),
  fromBlock: 10n,
  toBlock: 20n,
  complete: true,
  retirementWindowDays: 28,
  unknownLogs: [],
};

describe("ledgerOfDay", () => {
  it("has what concerns the energy of that day; a trade over midnight is part of both, one without delivery of its first", () => {
    const first = ledgerOfDay(ledger, DAY);
    expect(first.profiles.map((entry) => entry.day)).toEqual([DAY]);
    expect(first.trades.map(({ nonce }) => nonce)).toEqual([2n]);
    expect(first.transfers).toHaveLength(1);
    expect(first.retirements).toEqual([]);

    const second = ledgerOfDay(ledger, NEXT);
    expect(second.profiles.map((entry) => entry.day)).toEqual([NEXT]);
    expect(second.trades.map(({ nonce }) => nonce)).toEqual([1n, 2n, 3n]);
    expect(second.transfers).toHaveLength(2);
    expect(second.retirements).toHaveLength(1);
  });

  it("is empty for a day on which nothing was measured", () => {
    expect(ledgerOfDay(ledger, day(5))).toEqual({ day: 5, profiles: [], transfers: [], trades: [], retirements: [] });
  });
});

describe("daysOf", () => {
  it("names each day with a profile once, earliest first", () => {
    expect(daysOf(ledger)).toEqual([DAY, NEXT]);
  });
});
