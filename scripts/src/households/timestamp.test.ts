import { describe, expect, it } from "vitest";

import { parseTimestamp } from "./timestamp.ts";

describe("parseTimestamp", () => {
  it("reads UTC with and without seconds and suffix", () => {
    const seconds = Date.UTC(2017, 5, 1, 13, 15) / 1000;
    for (const text of ["2017-06-01T13:15", "2017-06-01T13:15Z", "2017-06-01T13:15:00", "2017-06-01T13:15:00Z"]) {
      expect(parseTimestamp(text)).toBe(seconds);
    }
  });

  it.each(["2017-02-30T00:00", "2017-06-01T24:00", "2017-06-01 13:15", "2017-06-01", "2017-06-01T13:15+02:00", ""])(
    "refuses %j",
    (text) => {
      expect(parseTimestamp(text)).toBeUndefined();
    },
  );
});
