import { describe, expect, it } from "vitest";

import { AVERAGE_DAYS, coverOf } from "./cover.ts";

describe("coverOf", () => {
  it("divides the balance by the average cost of the settled days, days of income included", () => {
    expect(coverOf(10_000_000n, [3_000_000n, -1_000_000n, 1_000_000n])).toEqual({
      kind: "days",
      days: 10,
      perDayBaseUnits: 1_000_000n,
      ofDays: 3,
    });
  });

  it("rounds days down and the cost up: nobody is promised more than there is", () => {
    expect(coverOf(1_999_999n, [1_000_000n])).toMatchObject({ days: 1 });
    expect(coverOf(999_999n, [1_000_000n])).toMatchObject({ days: 0 });
    expect(coverOf(100n, [1n, 2n])).toMatchObject({ perDayBaseUnits: 2n });
  });

  it("looks at the newest days only", () => {
    const payments = [...Array.from({ length: AVERAGE_DAYS }, () => 10n), 1_000_000n];
    expect(coverOf(100n, payments)).toMatchObject({ days: 10, ofDays: AVERAGE_DAYS });
  });

  it("says that a meter which earns on average needs no cover", () => {
    expect(coverOf(0n, [-3n, 1n])).toEqual({ kind: "earning", perDayBaseUnits: 1n, ofDays: 2 });
    expect(coverOf(5n, [0n])).toMatchObject({ kind: "earning" });
  });

  it("knows nothing before the first settled day", () => {
    expect(coverOf(5n, [])).toEqual({ kind: "unknown" });
  });
});
