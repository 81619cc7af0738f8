import { interval as asInterval } from "@commonwatt/sdk/time";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import type { Segment } from "../registers/segment.ts";
import type { Database } from "../storage/sql.ts";
import { openSqlite } from "../storage/sqlite.ts";
import { isPrivate, takeUse } from "./take-use.ts";
import { createUseStore, type UseRow } from "./use-store.ts";

const FIRST = asInterval(1_920_000);
const at = (index: number) => asInterval(FIRST + index);
const gaps = { maxGapMs: 3_600_000, measuredGapMs: 900_000 };

let database: Database;
beforeEach(async () => {
  database = await openSqlite(":memory:");
});
afterEach(() => database.close());

describe("energy by use", () => {
  test("adds up by meter, use and interval, and is read by meter and time", async () => {
    const store = createUseStore(database);
    const row = (meter: number, use: UseRow["use"], index: number, energyWh: number): UseRow => ({
      meter,
      use,
      interval: at(index),
      energyWh,
    });
    await store.add([row(1, "heating", 0, 5), row(1, "cooking", 0, 7), row(2, "heating", 0, 11)]);
    await store.add([row(1, "heating", 0, 13), row(1, "heating", 3, 17)]);
    expect(await store.usesOf(1, at(0), at(3))).toEqual([row(1, "cooking", 0, 7), row(1, "heating", 0, 18)]);
    expect(await store.usesOf(1, at(1), at(4))).toEqual([row(1, "heating", 3, 17)]);
    expect(await store.removeBefore(at(3))).toBe(3);
    expect(await store.usesOf(1, at(0), at(99))).toEqual([row(1, "heating", 3, 17)]);
    expect(await store.usesOf(2, at(0), at(99))).toEqual([]);
  });

  test("is what a circuit drew, in the intervals it drew it in", () => {
    const inputs = [{ input: "E3", meaning: "useWh" as const, use: "heating" as const }];
    const reading = { meter: 1, input: "E3", meaning: "useWh" as const, timeMs: 0, value: 0 };
    const startMs = FIRST * 900_000;
    const segment: Segment = {
      fromMs: startMs + 600_000,
      toMs: startMs + 1_200_000,
      importWh: 7,
      exportWh: 3,
      known: true,
    };
    expect(takeUse(reading, [segment], { inputs }, gaps)).toEqual([
      { meter: 1, use: "heating", interval: at(0), energyWh: 3 },
      { meter: 1, use: "heating", interval: at(1), energyWh: 4 },
    ]);
    expect(takeUse({ ...reading, meaning: "importWh" }, [segment], { inputs }, gaps)).toEqual([]);
  });

  test("is all that is private", () => {
    expect((["useWh", "useW"] as const).map(isPrivate)).toEqual([true, true]);
    expect((["netWh", "netPowerW", "importWh", "exportWh", "generationWh"] as const).some(isPrivate)).toBe(false);
  });
});
