import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import { day, dayStart, parseIsoDay } from "@commonwatt/sdk/time";
import { afterAll, describe, expect, it } from "vitest";

import { readHouseholds, type Selection } from "./csv.ts";

const folder = mkdtempSync(join(tmpdir(), "commonwatt-csv-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

let files = 0;
function file(text: string): string {
  const path = join(folder, `${files++}.csv`);
  writeFileSync(path, text);
  return path;
}

/** Whole days of rows of `stepMinutes`, from 2020-01-01. */
function table(households: readonly string[], stepMinutes: number, days: number): string {
  const start = Date.UTC(2020, 0, 1);
  const rows = households.flatMap((name) =>
    Array.from({ length: (days * 1440) / stepMinutes }, (_, index) => {
      const ts = new Date(start + index * stepMinutes * 60_000).toISOString().slice(0, 16);
      return `${name},${ts},${index}.25,1.5`;
    }),
  );
  return `household,ts,load_wh,pv_wh\n${rows.join("\n")}\n`;
}

const FIRST = parseIsoDay("2020-01-01");

describe("readHouseholds", () => {
  it("reads rows, selects days and homes, and finds columns by name", async () => {
    const lines = table(["b", "a"], 60, 3).replaceAll("\n", "\r\n");
    const shuffled = lines.replace("household,ts,load_wh,pv_wh", "household,ts,load_wh,pv_wh,note");
    const street = await readHouseholds(file(shuffled), { fromDay: day(FIRST + 1), days: 1, homes: ["a"] });
    expect(street).toMatchObject({ stepSeconds: 3600, firstDay: FIRST + 1, days: 1 });
    expect(street.homes.map(({ name }) => name)).toEqual(["a"]);
    expect(street.homes[0]?.rowsOfDay(day(FIRST + 1))).toHaveLength(24);
    expect(street.homes[0]?.rowsOfDay(FIRST)).toEqual([]);
    expect(street.homes[0]?.rowsOfDay(day(FIRST + 1))[0]).toEqual({
      startSeconds: dayStart(day(FIRST + 1)),
      netMilliWh: 24_250 - 1_500,
      generationMilliWh: 1_500,
    });
  });

  it("takes all whole days where none are named, and reads .gz", async () => {
    const path = join(folder, "whole.csv.gz");
    const text = table(["a"], 30, 3).replace("a,2020-01-01T00:00,0.25,1.5\n", "");
    writeFileSync(path, gzipSync(text));
    expect(await readHouseholds(path)).toMatchObject({ stepSeconds: 1800, firstDay: FIRST + 1, days: 2 });
  });

  it("leaves out rows with an empty value", async () => {
    const text = table(["a"], 60, 1).replace(",3.25,1.5", ",3.25,").replace(",4.25,1.5", ",,1.5");
    const street = await readHouseholds(file(text));
    expect(street.homes[0]?.rowsOfDay(FIRST)).toHaveLength(22);
  });

  it("accepts rows that are not there at all", async () => {
    const text = table(["a"], 15, 1).replace(/a,2020-01-01T0[1-3].*\n/gu, "");
    const street = await readHouseholds(file(text));
    expect(street.stepSeconds).toBe(900);
    expect(street.homes[0]?.rowsOfDay(FIRST)).toHaveLength(96 - 12);
  });

  it.each<[string, string, Selection, string]>([
    ["a missing column", "household,ts,load_wh\na,2020-01-01T00:00,1\n", {}, 'column "pv_wh" is missing; expected'],
    ["an empty file", "", {}, "is empty"],
    ["a bad value", table(["a"], 60, 1).replace("3.25", "3.2x"), {}, 'line 5: load_wh is "3.2x", expected Wh'],
    ["a bad time", table(["a"], 60, 1).replace("T03:00", " 3:00"), {}, 'line 5: ts is "2020-01-01 3:00", expected'],
    ["a short row", table(["a"], 60, 1).replace(",3.25,1.5", ",3.25"), {}, "line 5:"],
    ["a time twice", table(["a"], 60, 1).replace("T03:00", "T02:00"), {}, "line 5: ts"],
    ["an odd time", table(["a"], 60, 1).replace("T03:00", "T03:10"), {}, "line 5: this row"],
    ["an odd step", table(["a"], 40, 1), {}, "rows are 2400 s apart, expected a multiple or a divisor"],
    ["a step that divides no day", table(["a"], 7 * 15, 7), {}, "rows are 6300 s apart, expected a step that divides"],
    ["a shifted table", table(["a"], 60, 2).replaceAll(":00,", ":20,"), {}, "starts 1200 s after a full step"],
    ["too much power", table(["a"], 60, 1).replace("3.25", "131069.6"), {}, "at 2020-01-01 03:00 UTC the load of"],
    ["an unknown home", table(["a", "b"], 60, 1), { homes: ["c"] }, 'no household "c"; it has a, b'],
    ["a day outside", table(["a"], 60, 1), { fromDay: day(FIRST + 1) }, "has the days 2020-01-01 to 2020-01-01"],
    [
      "too many days",
      table(["a"], 60, 1),
      { fromDay: FIRST, days: 2 },
      "expected to contain all 2 days from 2020-01-01 on",
    ],
    ["one row", "household,ts,load_wh,pv_wh\na,2020-01-01T00:00,1,1\n", {}, "the step cannot be told"],
  ])("refuses %s", async (_, text, selection, message) => {
    await expect(readHouseholds(file(text), selection)).rejects.toThrow(message);
  });

  it("names a file that does not exist, or is no gzip", async () => {
    await expect(readHouseholds(join(folder, "none.csv"))).rejects.toThrow("none.csv: no such file");
    const path = join(folder, "broken.csv.gz");
    writeFileSync(path, "household,ts,load_wh,pv_wh\n");
    await expect(readHouseholds(path)).rejects.toThrow("broken.csv.gz cannot be read");
  });
});
