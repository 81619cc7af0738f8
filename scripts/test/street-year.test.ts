import { describe, expect, it } from "vitest";

import { calendarOf } from "../src/street-year/calendar.ts";
import { runStreetYear } from "../src/street-year/run.ts";

/** The short form of `npm run test:street-year`: the same processes and everything that happens, in ten days. */
const SHORT = { days: 10, meters: 12, seed: 2, json: undefined, keep: false };

describe("a neighbourhood in which everything happens that happens in a year", () => {
  it("has in ledger and money what its meters' messages come to, to the watt-hour and the base unit", async () => {
    const days: number[] = [];
    const onDay = (done: number): void => {
      days.push(done);
    };
    const result = await runStreetYear(SHORT, { say: () => undefined, onDay }, new AbortController().signal);
    expect(result.failures).toEqual([]);
    expect(days).toEqual(Array.from({ length: SHORT.days }, (_, index) => index + 1));
    // All but the first day of the new contract, which is recorded by hand.
    expect(result.settledDays).toBe(SHORT.days - 1);
    expect(result.clearedWh).toBeGreaterThan(0n);
    expect(result.expectation.left).toEqual([8]);
    const gone = SHORT.days - calendarOf(SHORT.days).leaving - 2;
    expect(result.expectation.days.size).toBe(SHORT.days * SHORT.meters - gone);
    for (const what of [
      "tariff",
      "killed while",
      "takes over meter 1",
      "counter",
      "gateway",
      "left with",
      "went over",
      "killed between",
    ]) {
      expect(result.story.join("\n")).toContain(what);
    }
    // Each start after the first: two crashes, a new gateway, a new contract.
    expect(result.samples.at(-1)?.life).toBe(5);
  }, 900_000);
});
