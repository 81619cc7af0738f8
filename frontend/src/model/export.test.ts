import { describe, expect, it } from "vitest";

import { encodeQuality, MEASURED, MISSING } from "@commonwatt/sdk/profile";

import {
  at,
  BUYER,
  DAY,
  line,
  MARKETPLACE,
  profileEntry,
  retirementEntry,
  SELLER,
  series,
  TOKEN,
  tradeEntry,
  transferEntry,
  ZERO,
} from "../testing/chunk.ts";
import type { DayBook } from "./books.ts";
import { averageTicks, qualityCounts, summarize } from "./day-summary.ts";
import { dayCsv, dayJson } from "./export.ts";

const quality = encodeQuality(Array.from({ length: 96 }, (_, index) => (index === 3 ? MISSING : MEASURED)));
const book: DayBook = {
  profiles: [
    profileEntry(2, DAY, series({ 50: 70 }), series({})),
    profileEntry(1, DAY, series({}), series({ 50: 100 }), { quality }),
  ],
  mints: [transferEntry(ZERO, SELLER, [line(1, at(50), 100)])],
  trades: [tradeEntry(1n, 1, at(50), 40, 6_000n)],
  retirements: [retirementEntry(2, DAY, 30, series({ 50: 40 }), [line(1, at(50), 30)])],
};

describe("a day as CSV", () => {
  const lines = dayCsv(DAY, book).split("\n");

  it("has a line for each meter and quarter-hour, meters in order", () => {
    expect(lines).toHaveLength(1 + 2 * 96 + 1);
    expect(lines[0]).toBe("meter,interval_start_utc,import_wh,export_wh,quality,sold_wh,used_wh");
    expect(lines[1]).toBe("1,2024-10-04T00:00:00Z,0,0,measured,0,0");
  });

  it("gives the seller's meter its sale and the buyer's meter its use", () => {
    expect(lines).toContain("1,2024-10-04T12:30:00Z,0,100,measured,40,0");
    expect(lines).toContain("2,2024-10-04T12:30:00Z,70,0,measured,0,30");
    expect(lines).toContain("1,2024-10-04T00:45:00Z,0,0,missing,0,0");
  });
});

describe("a day as JSON", () => {
  it("names chain and contracts and keeps signatures; big integers are strings", () => {
    const deployment = {
      name: "Street",
      chainId: 31337,
      deploymentBlock: 0,
      neighbourhood: BUYER,
      token: TOKEN,
      marketplace: MARKETPLACE,
      currency: TOKEN,
      deviceRegistry: TOKEN,
      accessManager: TOKEN,
      demo: { accounts: [{ name: "x", role: "y", address: BUYER, privateKey: "0x12" as const }] },
    };
    const text = dayJson(deployment, DAY, book);
    expect(JSON.parse(text)).toMatchObject({
      name: "Street",
      chainId: 31337,
      date: "2024-10-04",
      trades: [{ energyWh: "40", paidBaseUnits: "6000" }],
    });
    expect(text).not.toContain("privateKey");
  });
});

describe("a day in sums", () => {
  it("adds up meters, sales and uses", () => {
    const summary = summarize(DAY, book);
    expect(summary).toMatchObject({ exportWh: 100n, importWh: 70n, soldWh: 40n, usedWh: 30n, paidBaseUnits: 6_000n });
    expect(summary.sold).toEqual(series({ 50: 40 }));
    expect(summary.covered).toEqual(series({ 50: 30 }));
    expect(averageTicks(summary.soldWh, summary.paidBaseUnits)).toBe(1_500);
    expect(averageTicks(0n, 0n)).toBeUndefined();
  });

  it("counts the quality of quarter-hours", () => {
    const profile = book.profiles[1];
    expect(profile === undefined ? undefined : qualityCounts(profile)).toEqual({
      measured: 95,
      estimated: 0,
      missing: 1,
    });
  });
});
