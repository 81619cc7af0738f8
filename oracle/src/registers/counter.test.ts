import { describe, expect, test } from "vitest";

import { advanceCounter, type CounterKind, type CounterState, type CounterStep, type Sample } from "./counter.ts";

/** 17.25 kW carry 2,875 Wh in 10 minutes. */
const net: CounterKind = { meaning: "netWh", fuseWatts: 17_250 };
const imports: CounterKind = { meaning: "importWh", fuseWatts: 17_250 };
const exports: CounterKind = { meaning: "exportWh", fuseWatts: 17_250 };

const INT32_MAX = 2_147_483_647;
const INT32_MIN = -2_147_483_648;

/** Feeds a counter one value each 10 minutes; undefined: no message. Returns the steps and what was counted in all. */
function feed(kind: CounterKind, values: readonly (number | undefined)[]) {
  let state: CounterState | undefined;
  const steps: CounterStep[] = [];
  values.forEach((value, index) => {
    if (value === undefined) return;
    const step = advanceCounter(state, { timeMs: index * 600_000, value }, kind);
    steps.push(step);
    if (step.outcome !== "refused") state = step.state;
  });
  const segments = steps.flatMap((step) => (step.outcome === "advanced" ? step.segments : []));
  return {
    steps,
    segments,
    outcomes: steps.map((step) => ("reason" in step ? step.reason : step.outcome)),
    importWh: segments.reduce((sum, { importWh }) => sum + importWh, 0),
    exportWh: segments.reduce((sum, { exportWh }) => sum + exportWh, 0),
  };
}

describe("a counter", () => {
  test("counts nothing at its first reading", () => {
    expect(feed(imports, [5_000]).outcomes).toEqual(["first"]);
  });

  test("of import counts what it rises by, and so does one of export", () => {
    expect(feed(imports, [5_000, 5_100, 5_100, 5_150])).toMatchObject({ importWh: 150, exportWh: 0 });
    expect(feed(exports, [5_000, 5_100, 5_150])).toMatchObject({ importWh: 0, exportWh: 150 });
  });

  test("of net energy splits by sign: what it falls by, within the fuse, is export", () => {
    expect(feed(net, [1_000, 1_300, 900, 950, -500])).toMatchObject({ importWh: 350, exportWh: 1_850 });
  });

  test("that skips readings loses nothing", () => {
    expect(feed(imports, [0, undefined, undefined, 900])).toMatchObject({ importWh: 900 });
  });
});

describe("a reading", () => {
  test("of the same time is a duplicate, of an earlier time is out of order", () => {
    const state: CounterState = { timeMs: 1_000, value: 5, suspects: [] };
    expect(advanceCounter(state, { timeMs: 1_000, value: 5 }, imports)).toEqual({
      outcome: "refused",
      reason: "duplicate",
    });
    expect(advanceCounter(state, { timeMs: 999, value: 4 }, imports)).toEqual({
      outcome: "refused",
      reason: "out-of-order",
    });
  });

  test("that implies more power than the fuse allows is held, and forgotten when the counter goes on as before", () => {
    // 2,876 Wh is the most: the fuse's 2,875 and one for the counter's rounding.
    expect(feed(imports, [0, 2_876]).outcomes).toEqual(["first", "advanced"]);
    const spike = feed(imports, [0, 2_877, 100]);
    expect(spike.outcomes).toEqual(["first", "spike", "advanced"]);
    expect(spike.importWh).toBe(100);
  });

  test("of 53.7 MWh in one slot bills nothing", () => {
    expect(feed(imports, [53_700_000, 0, 53_700_050])).toMatchObject({ importWh: 50, exportWh: 0 });
    expect(feed(imports, [0, 53_700_000, 10])).toMatchObject({ importWh: 10, exportWh: 0 });
    expect(feed(net, [53_700_000, 0, 53_700_050])).toMatchObject({ importWh: 50, exportWh: 0 });
  });
});

describe("a counter that reads 0 for a moment", () => {
  test.each<[string, CounterKind, readonly number[]]>([
    ["import counter, once", imports, [1_000, 0, 1_200]],
    ["import counter, twice", imports, [1_000, 0, 0, 1_200]],
    ["import counter, so long that it looks like a restart", imports, [1_000, 0, 0, 0, 0, 1_200]],
    ["net counter, once", net, [1_000, 0, 1_200]],
    ["net counter, twice", net, [1_000, 0, 0, 1_200]],
    ["net counter far from 0, long", net, [90_000, 0, 0, 0, 0, 90_200]],
    ["negative net counter", net, [-1_000, 0, -800]],
    ["near the int32 limit", net, [INT32_MAX - 100, 0, INT32_MAX]],
  ])("loses nothing and invents nothing: %s", (_name, kind, values) => {
    const first = values[0] ?? 0;
    const last = values.at(-1) ?? 0;
    expect(feed(kind, values)).toMatchObject({ importWh: last - first, exportWh: 0 });
  });

  test("bills nothing when 0 was its very first reading", () => {
    const values = [0, 40_000, 40_100, 40_200, 40_300];
    // The three readings that prove the true value are 40,000, 40,100 and 40,200.
    expect(feed(net, values)).toMatchObject({ importWh: 300, exportWh: 0 });
  });
});

describe("a net counter that truly passes through 0", () => {
  test("exports down to 0 and on", () => {
    const { importWh, exportWh, segments } = feed(net, [700, 0, -650]);
    expect({ importWh, exportWh }).toEqual({ importWh: 0, exportWh: 1_350 });
    // With the resolution of the readings, although the first was held.
    expect(segments.map((segment) => segment.exportWh)).toEqual([700, 650]);
  });

  test("imports up to 0 and rests there", () => {
    expect(feed(net, [-700, 0, 0, 0, 0, 10])).toMatchObject({ importWh: 710, exportWh: 0 });
  });

  test("starts at 0 like any other value", () => {
    expect(feed(net, [0, -100, -200])).toMatchObject({ importWh: 0, exportWh: 200 });
  });
});

describe("the first reading after a long gap", () => {
  const twoHours = Array.from({ length: 12 }, () => undefined);

  test("waits for the next, for the fuse would allow almost anything, and then nothing of it is lost", () => {
    const { outcomes, importWh, segments } = feed(imports, [0, ...twoHours, 20_000, 20_100]);
    expect(outcomes).toEqual(["first", "unconfirmed", "advanced"]);
    expect(importWh).toBe(20_100);
    expect(segments.map((segment) => segment.importWh)).toEqual([20_000, 100]);
  });

  test("bills nothing when it was a glitch", () => {
    expect(feed(imports, [0, ...twoHours, 20_000, 150, 160])).toMatchObject({ importWh: 160 });
    expect(feed(imports, [0, ...twoHours, 20_000, 5_000, 5_100])).toMatchObject({ importWh: 5_100 });
    expect(feed(net, [0, ...twoHours, -20_000, 5_000, 5_100])).toMatchObject({ importWh: 5_100, exportWh: 0 });
  });

  test("is taken at once when it is small", () => {
    expect(feed(imports, [0, ...twoHours, 1_000]).outcomes).toEqual(["first", "advanced"]);
  });

  test("waits one reading behind where all are so far apart", () => {
    const { importWh, outcomes } = feed(imports, [0, ...twoHours, 2_000, ...twoHours, 4_000, ...twoHours, 6_000]);
    expect(outcomes).toEqual(["first", "unconfirmed", "advanced", "unconfirmed"]);
    expect(importWh).toBe(4_000);
  });
});

describe("an int32 counter that wraps", () => {
  test.each<[string, CounterKind, readonly number[], { importWh: number; exportWh: number }]>([
    ["to its lowest value", imports, [INT32_MAX - 49, INT32_MIN + 50], { importWh: 100, exportWh: 0 }],
    ["to 0", imports, [INT32_MAX - 49, 50], { importWh: 100, exportWh: 0 }],
    ["exactly to 0", imports, [INT32_MAX, 0, 10], { importWh: 11, exportWh: 0 }],
    ["and is unsigned", imports, [4_294_967_200, 104], { importWh: 200, exportWh: 0 }],
    ["as export counter", exports, [INT32_MAX, INT32_MIN + 9], { importWh: 0, exportWh: 10 }],
    ["as net counter that rises", net, [INT32_MAX - 49, INT32_MIN + 50], { importWh: 100, exportWh: 0 }],
    ["as net counter that falls", net, [INT32_MIN + 50, INT32_MAX - 49], { importWh: 0, exportWh: 100 }],
  ])("goes on counting: %s", (_name, kind, values, expected) => {
    expect(feed(kind, values)).toMatchObject(expected);
  });
});

describe("a counter that restarts", () => {
  test("goes on after three readings that continue each other, counting what it shows since 0", () => {
    const { outcomes, segments, importWh } = feed(imports, [80_000, 80_500, 300, 700, 900, 1_000]);
    expect(outcomes).toEqual(["first", "advanced", "counter-fell", "counter-fell", "advanced", "advanced"]);
    expect(importWh).toBe(500 + 300 + 600 + 100);
    // When within the first segment the 300 Wh passed, nobody knows.
    expect(segments.map(({ known }) => known)).toEqual([true, false, true, true, true]);
  });

  test("counts nothing for the step when it was replaced by one that shows more", () => {
    expect(feed(imports, [1_000, 9_000_000, 9_000_100, 9_000_200])).toMatchObject({ importWh: 200 });
  });

  test("counts nothing for the step when it shows more than the fuse could have carried", () => {
    expect(feed(imports, [90_000_000, 50_000, 50_100, 50_200])).toMatchObject({ importWh: 200 });
  });

  test("is not believed within a minute, however many readings there are", () => {
    let state: CounterState = { timeMs: 0, value: 100_000, suspects: [] };
    for (let second = 1; second < 60; second++) {
      const step = advanceCounter(state, { timeMs: second * 1_000, value: 1 }, imports);
      expect(step.outcome).toBe("held");
      if (step.outcome === "held") state = step.state;
    }
    expect(advanceCounter(state, { timeMs: 60_000, value: 100_010 }, imports)).toMatchObject({
      outcome: "advanced",
      restarted: false,
      segments: [{ importWh: 10 }],
    });
  });

  test("remembers a bounded number of suspects", () => {
    let state: CounterState = { timeMs: 0, value: 100_000, suspects: [] };
    for (let tick = 1; tick < 500; tick++) {
      const step = advanceCounter(state, { timeMs: tick * 100, value: 1 }, imports);
      if (step.outcome === "held") state = step.state;
    }
    expect(state.suspects.length).toBeLessThanOrEqual(64);
    expect(state.suspects[0]).toEqual({ timeMs: 100, value: 1 } satisfies Sample);
  });

  test("while it was away, and is net, exports nothing: to have fallen to just there is not likely", () => {
    const sixHours = Array.from({ length: 35 }, () => undefined);
    // 100 kWh in six hours are within the fuse, and yet 20 Wh are what it counted since it began again.
    for (const before of [100_000, -100_000]) {
      const { importWh, exportWh, outcomes } = feed(net, [before, ...sixHours, 20, 30, 40, 50]);
      expect({ importWh, exportWh }).toEqual({ importWh: 50, exportWh: 0 });
      expect(outcomes.slice(-2)).toEqual(["advanced", "advanced"]);
    }
  });

  test("of two gateways under one name never mixes them", () => {
    const values = [10_000, 900_000, 10_010, 900_010, 10_020, 900_020, 10_030];
    expect(feed(imports, values)).toMatchObject({ importWh: 30, exportWh: 0 });
  });
});
