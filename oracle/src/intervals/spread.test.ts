import { ESTIMATED, MEASURED, MISSING } from "@commonwatt/sdk/profile";
import { describe, expect, test } from "vitest";

import { spread, spreadBeforeFirst } from "./spread.ts";

const MINUTE = 60_000;
const DAY = 20_000;
const MIDNIGHT = DAY * 86_400_000;
const FIRST = DAY * 96;
const gaps = { maxGapMs: 60 * MINUTE, measuredGapMs: 15 * MINUTE };

/** Deposits as [interval of the day, import, export, quality]. */
function spreadMinutes(from: number, to: number, importWh: number, exportWh = 0, known = true) {
  const segment = { fromMs: MIDNIGHT + from * MINUTE, toMs: MIDNIGHT + to * MINUTE, importWh, exportWh, known };
  return spread(segment, gaps).map((deposit) => [
    deposit.interval - FIRST,
    deposit.importWh,
    deposit.exportWh,
    deposit.quality,
  ]);
}

describe("a segment", () => {
  test("within one interval goes there whole", () => {
    expect(spreadMinutes(1, 14, 7, 3)).toEqual([[0, 7, 3, MEASURED]]);
  });

  test("of exactly one interval touches no other", () => {
    expect(spreadMinutes(15, 30, 7)).toEqual([[1, 7, 0, MEASURED]]);
  });

  test("across a boundary is split by time, in whole Wh that add up", () => {
    expect(spreadMinutes(10, 20, 7)).toEqual([
      [0, 3, 0, MEASURED],
      [1, 4, 0, MEASURED],
    ]);
  });

  test("longer than a measured gap makes what it touches estimates", () => {
    expect(spreadMinutes(0, 30, 10)).toEqual([
      [0, 5, 0, ESTIMATED],
      [1, 5, 0, ESTIMATED],
    ]);
  });

  test("longer than the greatest gap makes what it touches missing, its energy in the last", () => {
    expect(spreadMinutes(10, 71, 100, 50)).toEqual([
      [0, 0, 0, MISSING],
      [1, 0, 0, MISSING],
      [2, 0, 0, MISSING],
      [3, 0, 0, MISSING],
      [4, 100, 50, MISSING],
    ]);
  });

  test("that is not known makes what it touches missing, however short", () => {
    expect(spreadMinutes(20, 25, 5, 0, false)).toEqual([[1, 5, 0, MISSING]]);
  });

  test("over several days marks only its first and last day", () => {
    const deposits = spreadMinutes(23 * 60, 3 * 24 * 60 + 10, 1_000);
    expect(deposits.map(([interval]) => interval)).toEqual([92, 93, 94, 95, 3 * 96]);
    expect(deposits.at(-1)).toEqual([3 * 96, 1_000, 0, MISSING]);
  });

  test("of no length leaves nothing", () => {
    expect(spreadMinutes(15, 15, 0)).toEqual([]);
  });

  test("always adds up, whatever its ends and energy", () => {
    let seed = 7;
    const random = (limit: number) => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % limit;
    };
    for (let round = 0; round < 2_000; round++) {
      const fromMs = MIDNIGHT + random(86_400_000);
      const segment = {
        fromMs,
        toMs: fromMs + 1 + random(7_200_000),
        importWh: random(50_000),
        exportWh: random(50_000),
        known: random(10) > 0,
      };
      const deposits = spread(segment, gaps);
      expect(deposits.reduce((sum, { importWh }) => sum + importWh, 0)).toBe(segment.importWh);
      expect(deposits.reduce((sum, { exportWh }) => sum + exportWh, 0)).toBe(segment.exportWh);
      expect(deposits.every(({ importWh, exportWh }) => importWh >= 0 && exportWh >= 0)).toBe(true);
    }
  });
});

describe("before its first reading", () => {
  test("a channel knows nothing of that day", () => {
    const deposits = spreadBeforeFirst(MIDNIGHT + 20 * MINUTE);
    expect(deposits.map(({ interval, quality }) => [interval - FIRST, quality])).toEqual([
      [0, MISSING],
      [1, MISSING],
    ]);
  });

  test("a channel that starts at midnight lacks nothing", () => {
    expect(spreadBeforeFirst(MIDNIGHT)).toEqual([]);
  });
});
