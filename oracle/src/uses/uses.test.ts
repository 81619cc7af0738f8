import { interval as asInterval } from "@commonwatt/sdk/time";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { createHarness, HARNESS_START } from "../../test/support/pipeline-harness.ts";
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

/** A day of a meter with a heating circuit, whose every number contains 7654, and everything the oracle says of it. */
async function liveWithUses() {
  const said: string[] = [];
  const log = pino({ level: "trace", timestamp: false, base: null }, { write: (line: string) => void said.push(line) });
  const inputs = [
    { input: "I", meaning: "importWh" },
    { input: "E5", meaning: "useWh", use: "heating" },
    { input: "P6", meaning: "useW", use: "cooking" },
  ];
  const meters = [{ meter: 1, node: "a", fuseWatts: 34_500, inputs }];
  const harness = await createHarness({ meters }, database, log);
  for (let quarter = 0; quarter <= 96; quarter++) {
    const E5 = quarter < 50 ? 76_540_000 + 7_654 * quarter : quarter === 50 ? 0 : 76_541 + quarter;
    await harness.send(quarter * 900, { I: 100 * quarter, E5, P6: 765.4 });
    await harness.send(quarter * 900 + 60, { I: 100 * quarter, P6: 765.4 });
  }
  // Everything that can be refused of it, the restart included.
  await harness.send(86_500, { E5: 76_540_000, P6: 76_540 });
  await harness.send(86_500, { E5: 2 ** 50 + 7_654, P6: 1e12 + 7_654 });
  await harness.sendRaw("emon/a/E5", "7654x");
  await harness.sendRaw("emon/a", '{"E5":7654');
  await harness.sendRaw("emon/a", '{"E5":"7654","P6":[7654]}');
  const [day] = await harness.closeAt(86_400 + 3 * 3_600);
  return { harness, said: said.join(""), day };
}

describe("energy by use", () => {
  test("stands in the database and nowhere else", async () => {
    const { harness, said, day } = await liveWithUses();
    const rows = await createUseStore(database).usesOf(
      1,
      asInterval(HARNESS_START / 900),
      asInterval(HARNESS_START / 900 + 96),
    );
    const total = (use: string) => rows.reduce((sum, row) => (row.use === use ? sum + row.energyWh : sum), 0);
    expect(total("heating")).toBeGreaterThan(49 * 7_654);
    // 765.4 W in each first minute, and up to two minutes before each quarter-hour.
    expect(total("cooking")).toBe(Math.floor((765.4 * 96 * 3) / 60));
    expect(said).toContain("counter-restarted");
    expect(said).toContain('"reason":"out-of-range"');
    expect(said).toContain('"reason":"malformed-json"');
    expect(said).not.toMatch(/7\D?6\D?5\D?4/u);
    // What is signed is the same as without the circuits; health reports times and counts.
    expect(day?.profile).toMatchObject({ importRegister: 9_600n, imports: Array(96).fill(100) });
    expect(day?.disagreement).toBeUndefined();
    const reported = JSON.stringify([harness.refusals(), harness.pipeline.status(), day?.profile.quality]);
    expect(reported).not.toContain("7654");
  });

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
    expect(await store.removeBefore(at(3), 100)).toBe(3);
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
