import { describe, expect, it } from "vitest";

import { parseStreetYearOptions } from "./options.ts";

describe("parseStreetYearOptions", () => {
  it("asks for a year of thirty meters unless told otherwise", () => {
    expect(parseStreetYearOptions([])).toEqual({ days: 366, meters: 30, seed: 1, json: undefined, keep: false });
    expect(parseStreetYearOptions("--days 12 --meters 20 --seed 7 --json out.json --keep".split(" "))).toEqual({
      days: 12,
      meters: 20,
      seed: 7,
      json: "out.json",
      keep: true,
    });
  });

  it("answers --help with nothing to do", () => {
    expect(parseStreetYearOptions(["--help"])).toBeUndefined();
  });

  it.each([
    ["--days 9", '--days is "9", expected a whole number from 10 to 1000'],
    ["--meters 201", '--meters is "201", expected a whole number from 12 to 200'],
    ["--seed x", '--seed is "x", expected a whole number'],
    ["--year", "Unknown option '--year'"],
  ])("refuses %s and says what is expected", (text, message) => {
    expect(() => parseStreetYearOptions(text.split(" "))).toThrow(message);
  });
});
