import { describe, expect, it } from "vitest";

import { forSeeds } from "../test/random.ts";
import {
  day,
  dayEnd,
  dayOf,
  dayOfInterval,
  dayStart,
  firstInterval,
  formatInstant,
  formatInterval,
  indexInDay,
  interval,
  intervalOf,
  intervalStart,
  isoDay,
  parseIsoDay,
} from "./time.ts";

const JUNE_1 = 1_496_275_200;

describe("days and intervals", () => {
  it("count from the unix epoch, in UTC", () => {
    expect(dayOf(JUNE_1)).toBe(17_318);
    expect(dayOf(JUNE_1 - 0.001)).toBe(17_317);
    expect(dayOf(BigInt(JUNE_1))).toBe(17_318);
    expect(intervalOf(JUNE_1 + 899.9)).toBe(17_318 * 96);
    expect(intervalOf(JUNE_1 + 900)).toBe(17_318 * 96 + 1);
  });

  it("lie in one another", () => {
    forSeeds(500, (random) => {
      const seconds = random.integer(0, 4_000_000_000);
      const at = intervalOf(seconds);
      expect(dayOfInterval(at)).toBe(dayOf(seconds));
      expect(intervalStart(at)).toBeLessThanOrEqual(seconds);
      expect(intervalStart(at) + 900).toBeGreaterThan(seconds);
      expect(firstInterval(dayOf(seconds)) + indexInDay(at)).toBe(at);
      expect(dayStart(dayOf(seconds))).toBe(intervalStart(firstInterval(dayOf(seconds))));
      expect(dayEnd(dayOf(seconds))).toBe(dayStart(dayOf(seconds)) + 86_400);
    });
  });

  it.each([-1, 0.5, Number.NaN, 2 ** 32])("refuse %s", (value) => {
    expect(() => interval(value)).toThrow(/^interval is .*, expected a whole number/u);
    expect(() => day(value)).toThrow(/^day is .*, expected a whole number/u);
  });

  it("refuse a moment before 1970 or beyond 32-bit intervals", () => {
    expect(() => dayOf(-1)).toThrow("time is -1, expected unix seconds from 0 to");
    expect(() => intervalOf(Number.NaN)).toThrow("time is NaN");
    expect(() => dayOf(1n << 60n)).toThrow("time is 1152921504606846976");
  });
});

describe("ISO dates", () => {
  it("are read and written", () => {
    expect(parseIsoDay("2017-06-01")).toBe(17_318);
    expect(isoDay(day(17_318))).toBe("2017-06-01");
    expect(parseIsoDay("1970-01-01")).toBe(0);
  });

  it("come back the same for every day of a century", () => {
    for (let number = 0; number < 36_525; number++) expect(parseIsoDay(isoDay(day(number)))).toBe(number);
  });

  it.each(["2017-6-1", "2017-02-30", "2017-13-01", "1969-12-31", "", "2017-06-01T00:00", "yesterday"])(
    "refuse %j",
    (text) => {
      expect(() => parseIsoDay(text)).toThrow(`day is ${JSON.stringify(text)}, expected a date from 1970 on`);
    },
  );
});

describe("times for people", () => {
  it("name day, hour, minute and the time zone", () => {
    expect(formatInterval(interval(17_318 * 96 + 53))).toBe("2017-06-01 13:15 UTC");
    expect(formatInstant(JUNE_1 + 59)).toBe("2017-06-01 00:00 UTC");
  });
});
