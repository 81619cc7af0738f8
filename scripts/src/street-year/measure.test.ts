import { describe, expect, it } from "vitest";

import { lineThrough, memoryOf, type Sample, trends } from "./measure.ts";

const sample = (day: number, life: number, oracleKb: number, databaseBytes: number): Sample => ({
  day,
  life,
  oracleKb,
  signerKb: 1_024,
  databaseBytes,
});

describe("a line through points", () => {
  it("is found with its slope, and explains what lies on it wholly", () => {
    expect(lineThrough([0, 1, 2, 3].map((x) => [x, 5 + 3 * x] as const))).toEqual({ slope: 3, start: 5, explained: 1 });
    const bent = lineThrough([0, 1, 2, 3, 4, 5].map((x) => [x, x ** 4] as const));
    expect(bent.explained).toBeLessThan(0.9);
  });
});

describe("the year's trends", () => {
  it("judge memory within the longest life, after its first days, and the database over all", () => {
    const short = [0, 1, 2].map((day) => sample(day, 1, 500_000, 1_000 * day));
    const long = Array.from({ length: 40 }, (_, index) =>
      sample(3 + index, 2, 100_000 + (index < 10 ? 5_000 * index : 45_000 + index), 1_000 * (3 + index)),
    );
    const { oracleMegabytes, database } = trends([...short, ...long]);
    expect(oracleMegabytes).toMatchObject({ daysWithoutRestart: 40, slopeKbPerDay: 1, most: 488.3 });
    expect(database).toMatchObject({ bytesPerDay: 1_000, explainedByALine: 1 });
  });

  it("rest on what the system says a process takes", async () => {
    const { oracleKb, signerKb } = await memoryOf(process.pid);
    expect(oracleKb).toBeGreaterThan(10_000);
    expect(signerKb).toBeGreaterThanOrEqual(0);
  });
});
