import { describe, expect, test } from "vitest";

import { advancePower, type PowerState } from "./power.ts";

const limits = { fuseWatts: 17_250, holdMs: 120_000 };

function feed(samples: readonly (readonly [seconds: number, watts: number])[]) {
  let state: PowerState | undefined;
  const total = { importWh: 0, exportWh: 0, unknown: 0, refused: [] as string[] };
  for (const [seconds, watts] of samples) {
    const step = advancePower(state, { timeMs: seconds * 1_000, milliwatts: Math.round(watts * 1_000) }, limits);
    if (step.outcome === "refused") {
      total.refused.push(step.reason);
      continue;
    }
    state = step.state;
    if (step.outcome === "first") continue;
    for (const segment of step.segments) {
      total.importWh += segment.importWh;
      total.exportWh += segment.exportWh;
      if (!segment.known) total.unknown++;
    }
  }
  return total;
}

describe("a net power", () => {
  test("holds until the next reading: positive is import, negative is export", () => {
    expect(
      feed([
        [0, 3_600],
        [60, -7_200],
        [120, 0],
      ]),
    ).toMatchObject({ importWh: 60, exportWh: 120 });
  });

  test("carries what is below 1 Wh, so that ten-second readings add up exactly", () => {
    const samples = Array.from({ length: 361 }, (_, index) => [index * 10, 239.61] as const);
    // One hour of 239.61 W.
    expect(feed(samples)).toMatchObject({ importWh: 239, exportWh: 0 });
  });

  test("is not known beyond the hold time: nothing is counted, nothing invented", () => {
    expect(
      feed([
        [0, 3_600],
        [121, 3_600],
      ]),
    ).toEqual({ importWh: 0, exportWh: 0, unknown: 1, refused: [] });
    expect(
      feed([
        [0, 3_600],
        [120, 3_600],
      ]),
    ).toEqual({ importWh: 120, exportWh: 0, unknown: 0, refused: [] });
  });

  test("above the fuse is refused, in both directions, and the one before goes on", () => {
    expect(
      feed([
        [0, 3_600],
        [60, 17_251],
        [70, -20_000],
        [100, 0],
      ]),
    ).toEqual({
      importWh: 100,
      exportWh: 0,
      unknown: 0,
      refused: ["spike", "spike"],
    });
  });

  test("of the same or an earlier time is refused", () => {
    expect(
      feed([
        [10, 1],
        [10, 2],
        [9, 3],
      ]).refused,
    ).toEqual(["duplicate", "out-of-order"]);
  });
});
