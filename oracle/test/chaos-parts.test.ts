import { describe, expect, test } from "vitest";

import { differences } from "./chaos/compare.ts";
import { ESTIMATED, expectedDays, MEASURED, MISSING } from "./chaos/expected.ts";
import { type ChaosMeter, makeMeters } from "./chaos/meters.ts";
import { parseOptions } from "./chaos/options.ts";
import { DEEPEST_REORG, makePlan } from "./chaos/plan.ts";

const plan = {
  seed: 5,
  days: 10,
  meters: 6,
  kills: 40,
  database: "postgres",
  broker: "mosquitto",
  oracles: 1,
} as const;

/** A net counter that rises by 7 Wh a step for half a day and falls by 3 Wh afterwards. */
const meter: ChaosMeter = {
  meter: 9,
  node: "home-9",
  unitExponent: 0,
  counters: [{ input: "E1", meaning: "netWh", values: Array.from({ length: 193 }, (_, step) => valueAt(step)) }],
};
function valueAt(step: number): number {
  return 1_000 + 7 * Math.min(step, 48) - 3 * Math.max(step - 48, 0);
}
const steps = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe("what the chain must hold", () => {
  test("is every interval as measured where every reading was acknowledged", () => {
    const [day] = expectedDays(meter, steps(0, 96), 1);
    expect(day).toMatchObject({ importRegister: 336, exportRegister: 144 });
    expect(day?.quality.every((quality) => quality === MEASURED)).toBe(true);
    expect(day?.imports.slice(46, 50)).toEqual([7, 7, 0, 0]);
    expect(day?.exports.slice(46, 50)).toEqual([0, 0, 3, 3]);
  });

  test("is estimated across an hour, in whole Wh that add up, and missing across more", () => {
    const [day] = expectedDays(meter, [...steps(0, 10), ...steps(14, 20), ...steps(25, 96)], 1);
    expect(day?.quality.slice(9, 15)).toEqual([MEASURED, ESTIMATED, ESTIMATED, ESTIMATED, ESTIMATED, MEASURED]);
    expect(day?.imports.slice(10, 14)).toEqual([7, 7, 7, 7]);
    expect(day?.quality.slice(19, 26)).toEqual([MEASURED, ...Array<number>(5).fill(MISSING), MEASURED]);
    expect(day?.imports.slice(20, 25)).toEqual([0, 0, 0, 0, 0]);
    expect(day?.importRegister).toBe(336);
  });

  test("has no profile of a day without news", () => {
    expect(expectedDays(meter, [...steps(0, 40), ...steps(180, 192)], 2).map(({ day }) => day)).toEqual([0, 1]);
    expect(expectedDays(meter, steps(96, 192), 2).map(({ day }) => day)).toEqual([1]);
  });
});

describe("the comparison", () => {
  const expected = expectedDays(meter, steps(0, 192), 2);
  const recorded = expected.map((day) => ({ ...day, transaction: "0x1" }));
  const [first, second] = recorded;
  if (first === undefined || second === undefined) throw new Error("two days were expected");

  test("is content with what is the same", () => {
    expect(differences(expected, recorded)).toEqual([]);
  });

  test.each([
    ["missing", [second], "meter 9, day 0: missing on chain"],
    ["twice", [first, second, { ...first, transaction: "0x2" }], "meter 9, day 0: there again, in 0x2"],
    ["too much", [first, second, { ...second, day: 2 }], "meter 9, day 2: on chain, but no acknowledged"],
    ["another register", [{ ...first, importRegister: 337 }, second], "importRegister is 337, expected 336"],
    [
      "another interval",
      [{ ...first, imports: first.imports.toSpliced(3, 1, 8) }, second],
      "imports[3] is 8, expected 7",
    ],
    [
      "another quality",
      [{ ...first, quality: first.quality.toSpliced(0, 2, 2, 2) }, second],
      "expected 0 (and 1 more)",
    ],
  ])("names what is %s", (_what, wrong, words) => {
    expect(differences(expected, wrong).join("\n")).toContain(words);
  });
});

describe("the plan", () => {
  test("is the same for the same seed, and another for another", () => {
    expect(makePlan(plan)).toEqual(makePlan(plan));
    expect(makePlan({ ...plan, seed: 6 })).not.toEqual(makePlan(plan));
    expect(makeMeters(5, 3, 100)).toEqual(makeMeters(5, 3, 100));
  });

  test("kills as often as it is told to, every kind of process, and loses no more of the chain than it may", () => {
    const { mishaps } = makePlan(plan);
    const kills = mishaps.filter((mishap) => mishap.kind === "kill");
    expect(kills).toHaveLength(plan.kills);
    expect(new Set(kills.map(({ target }) => target))).toEqual(
      new Set(["oracle", "signer", "database", "broker", "chain"]),
    );
    const losses = mishaps.flatMap((mishap) => ("depth" in mishap ? [mishap] : []));
    expect(Math.max(...losses.map(({ depth }) => depth))).toBe(DEEPEST_REORG);
    for (const [index, loss] of losses.entries()) {
      const before = losses[index - 1];
      expect(loss.step - loss.depth).toBeGreaterThan(before?.step ?? -1);
    }
  });
});

describe("the command line of the chaos run", () => {
  test("runs with both databases unless told otherwise", () => {
    expect(parseOptions(["--kills", "7"])).toMatchObject([
      { database: "sqlite", broker: "embedded", kills: 7, days: 30, meters: 20 },
      { database: "postgres", broker: "mosquitto", kills: 7 },
    ]);
    expect(parseOptions(["--help"])).toBeUndefined();
  });

  test.each([
    [["--days", "0"], /--days is "0", expected a whole number from 1 to 365/u],
    [["--database", "mysql"], /--database is "mysql", expected sqlite or postgres/u],
    [["--nonsense"], /nonsense/u],
  ])("refuses %j and says what it expects", (args, words) => {
    expect(() => parseOptions(args)).toThrow(words);
  });
});
