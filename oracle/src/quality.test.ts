import { readFileSync } from "node:fs";

import { ESTIMATED, MEASURED, MISSING } from "@commonwatt/sdk/profile";
import { describe, expect, test } from "vitest";

import { createHarness } from "../test/support/pipeline-harness.ts";

const METERING = readFileSync(new URL("../../docs/metering.md", import.meta.url), "utf8");
const DAY = 86_400;
const NAMES = { [MEASURED]: "measured", [ESTIMATED]: "estimated", [MISSING]: "missing" } as const;

type Day = {
  inputs?: readonly object[];
  maxUnits?: number;
  /** What is sent at a time of the day, in minutes; undefined: nothing. */
  at: (minute: number) => Record<string, number> | undefined;
  /** The intervals that the row is about, from the first to the last. */
  intervals: readonly [number, number];
  importWh: number;
  attributedWh: number;
};

const power = [{ input: "P", meaning: "netPowerW" }];
/** 1,200 W: 20 Wh a minute. */
const counter = (minute: number) => ({ I: 20 * minute });
const unless = (isSilent: boolean, values: Record<string, number>) => (isSilent ? undefined : values);

/** By the first column of the documentation's table. */
const ROWS: Readonly<Record<string, Day>> = {
  "readings at most `measuredGapSeconds` apart, or both within the interval": {
    at: (minute) => unless(minute > 300 && minute < 315, counter(minute)),
    intervals: [20, 20],
    importWh: 28_800,
    attributedWh: 28_800,
  },
  "readings farther apart, up to `maxGapSeconds`, across a boundary": {
    at: (minute) => unless(minute > 290 && minute < 350, counter(minute)),
    intervals: [19, 23],
    importWh: 28_800,
    attributedWh: 28_800,
  },
  "the power beside the counters contradicts them": {
    inputs: [
      { input: "I", meaning: "importWh" },
      { input: "P", meaning: "checkPowerW" },
    ],
    at: (minute) => ({ ...counter(minute), P: minute > 300 && minute <= 315 ? -1_200 : 1_200 }),
    intervals: [20, 20],
    importWh: 28_800,
    attributedWh: 28_800,
  },
  "readings farther apart than `maxGapSeconds`": {
    at: (minute) => unless(minute > 290 && minute < 351, counter(minute)),
    intervals: [19, 23],
    importWh: 28_800,
    // What was read in the first and the last of them is attributed nowhere either.
    attributedWh: 28_800 - 5 * 300,
  },
  "before the first reading of a channel, on its first day": {
    at: (minute) => unless(minute < 40, counter(minute)),
    intervals: [0, 2],
    importWh: 28_000,
    attributedWh: 93 * 300,
  },
  "after the last reading of a channel when the day is closed": {
    at: (minute) => unless(minute > 1_400, counter(minute)),
    intervals: [93, 95],
    importWh: 28_000,
    attributedWh: 93 * 300,
  },
  "a counter restarted": {
    at: (minute) => ({ I: minute < 300 ? 1_000_000 + 20 * minute : 20 * (minute - 300) + 8 }),
    intervals: [19, 19],
    importWh: 299 * 20 + 8 + 1_140 * 20,
    attributedWh: 95 * 300,
  },
  "a power did not speak of the time": {
    inputs: power,
    at: (minute) => unless(minute > 300 && minute < 310, { P: 1_200 }),
    intervals: [20, 20],
    importWh: 28_800 - 8 * 20,
    attributedWh: 95 * 300,
  },
  "a power at the end of its 16 bits": {
    inputs: power,
    at: (minute) => ({ P: minute === 301 ? 32_767 : 1_200 }),
    intervals: [20, 20],
    importWh: 28_800 - 20,
    attributedWh: 95 * 300,
  },
  "more energy than the chain accepts for an interval": {
    maxUnits: 400,
    at: (minute) => ({ I: 20 * minute + Math.min(Math.max(minute - 300, 0), 15) * 10 }),
    intervals: [20, 20],
    importWh: 28_950,
    attributedWh: 95 * 300,
  },
};

/** Cause and quality of each row of the documentation. */
function documentedRows(): [cause: string, quality: string][] {
  const table = METERING.slice(METERING.indexOf("## Quality"), METERING.indexOf("## Uses"));
  const lines = table.split("\n").filter((line) => line.startsWith("| ") && !/^\| (cause|-+) /u.test(line));
  return lines
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .map((cells) => [cells[1] ?? "", cells[2] ?? ""]);
}

describe("the quality of an interval", () => {
  test("is documented for every cause that is tested, and the other way round", () => {
    expect(documentedRows().map(([cause]) => cause)).toEqual(Object.keys(ROWS));
  });

  test.each(documentedRows())("%s: %s", async (cause, quality) => {
    const row = ROWS[cause];
    if (row === undefined) throw new Error(`there is no test for: ${cause}`);
    const inputs = row.inputs ?? [{ input: "I", meaning: "importWh" }];
    const harness = await createHarness({
      meters: [{ meter: 1, node: "a", fuseWatts: 43_000, inputs }],
      ...(row.maxUnits === undefined ? {} : { maxUnits: row.maxUnits }),
    });
    for (let minute = 0; minute <= 1_440; minute++) {
      const values = row.at(minute);
      if (values !== undefined) await harness.send(minute * 60, values);
    }
    const [day] = await harness.closeAt(DAY + 3 * 3_600);
    const [first, last] = row.intervals;
    const expected = Array.from({ length: 96 }, (_, index) => (index >= first && index <= last ? quality : "measured"));
    expect(day?.profile.quality.map((value) => NAMES[value])).toEqual(expected);
    expect(Number(day?.profile.importRegister)).toBe(row.importWh);
    expect(day?.profile.imports.reduce((sum, value) => sum + value, 0)).toBe(row.attributedWh);
  });
});
