import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { advancePower, type PowerKind, type PowerState } from "./power.ts";
import type { Segment } from "./segment.ts";

type Sample = readonly [seconds: number, watts: number];

function feed(samples: readonly Sample[], kind: PowerKind = "mean", fuseWatts = 17_250) {
  let state: PowerState | undefined;
  const refused: string[] = [];
  const segments: Segment[] = [];
  let saturated = 0;
  for (const [seconds, watts] of samples) {
    const sample = { timeMs: seconds * 1_000, milliwatts: Math.round(watts * 1_000) };
    const step = advancePower(state, sample, { kind, fuseWatts, holdMs: 120_000 });
    if (step.outcome === "refused") {
      refused.push(step.reason);
      continue;
    }
    if (step.saturated) saturated++;
    state = step.state;
    if (step.outcome === "advanced") segments.push(...step.segments);
  }
  const sum = (key: "importWh" | "exportWh") => segments.reduce((total, segment) => total + segment[key], 0);
  return {
    importWh: sum("importWh"),
    exportWh: sum("exportWh"),
    /** Times that nothing is known of, in seconds. */
    unknown: segments.filter(({ known }) => !known).map(({ fromMs, toMs }) => [fromMs / 1_000, toMs / 1_000]),
    segments,
    refused,
    saturated,
  };
}

describe("a power that is a mean", () => {
  test("counts for the time since the message before it: positive is import, negative is export", () => {
    const samples: Sample[] = [
      [0, 9_999],
      [60, 3_600],
      [120, -7_200],
    ];
    expect(feed(samples)).toMatchObject({ importWh: 60, exportWh: 120, unknown: [] });
  });

  test("after a gap counts for the hold time before its message; of the rest nothing is known", () => {
    const samples: Sample[] = [
      [0, 7_200],
      [400, 3_600],
    ];
    expect(feed(samples)).toMatchObject({ importWh: 120, unknown: [[0, 280]] });
    expect(feed([samples[0] ?? [0, 0], [120, 3_600]])).toMatchObject({ importWh: 120, unknown: [] });
  });

  test("of a load that comes and goes lands on the right side of the boundary", () => {
    // 3.6 kW until the quarter-hour, nothing afterwards: the message at 900 s speaks of the time before it.
    const samples = Array.from({ length: 181 }, (_, index) => [index * 10, index * 10 <= 900 ? 3_600 : 0] as const);
    const { segments } = feed(samples);
    const before = segments.filter(({ toMs }) => toMs <= 900_000).reduce((sum, { importWh }) => sum + importWh, 0);
    expect([before, feed(samples).importWh]).toEqual([900, 900]);
  });
});

describe("a power of the moment", () => {
  test("counts until the next message", () => {
    const samples: Sample[] = [
      [0, 3_600],
      [60, -7_200],
      [120, 9_999],
    ];
    expect(feed(samples, "momentary")).toMatchObject({ importWh: 60, exportWh: 120, unknown: [] });
  });

  test("counts no longer than the hold time", () => {
    const samples: Sample[] = [
      [0, 3_600],
      [400, 7_200],
    ];
    expect(feed(samples, "momentary")).toMatchObject({ importWh: 120, unknown: [[120, 400]] });
  });
});

describe.each(["mean", "momentary"] as const)("a power (%s)", (kind) => {
  test("carries what is below 1 Wh, so that ten-second readings add up exactly", () => {
    const samples = Array.from({ length: 361 }, (_, index) => [index * 10, 239.61] as const);
    // One hour of 239.61 W.
    expect(feed(samples, kind)).toMatchObject({ importWh: 239, exportWh: 0, unknown: [] });
  });

  test("above the fuse is refused, in both directions, and its time goes to the next", () => {
    const samples: Sample[] = [
      [0, 3_600],
      [60, 17_251],
      [70, -20_000],
      [100, 3_600],
    ];
    expect(feed(samples, kind)).toMatchObject({ importWh: 100, unknown: [], refused: ["spike", "spike"] });
  });

  test("at the end of 16 bits is no measurement: of its time nothing is known", () => {
    for (const end of [32_767, -32_767, -32_768]) {
      const { importWh, exportWh, unknown, saturated } = feed(
        [
          [0, 3_600],
          [10, 3_600],
          [20, end],
          [30, 3_600],
          [40, 3_600],
        ],
        kind,
        43_000,
      );
      expect({ importWh, exportWh, saturated }).toEqual({ importWh: 30, exportWh: 0, saturated: 1 });
      expect(unknown).toEqual([kind === "mean" ? [10, 20] : [20, 30]]);
    }
    const near: Sample[] = [
      [0, 32_766],
      [10, 32_766],
    ];
    expect(feed(near, kind, 43_000)).toMatchObject({ importWh: 91, unknown: [], saturated: 0 });
  });

  test("of the same or an earlier time is refused", () => {
    const samples: Sample[] = [
      [10, 1],
      [10, 2],
      [9, 3],
    ];
    expect(feed(samples, kind).refused).toEqual(["duplicate", "out-of-order"]);
  });

  test("covers its time without gaps and overlaps, and never more than the fuse carries", () => {
    const watts = fc.oneof(fc.integer({ min: -40_000, max: 40_000 }), fc.constantFrom(32_767, -32_768, 0));
    const steps = fc.array(fc.tuple(fc.integer({ min: 1, max: 600 }), watts), { minLength: 2, maxLength: 60 });
    fc.assert(
      fc.property(steps, (pairs) => {
        let at = 0;
        const samples = pairs.map(([gap, power]): Sample => [(at += gap), power]);
        const { segments } = feed(samples, kind, 34_500);
        for (const [index, segment] of segments.entries()) {
          expect(segment.fromMs).toBeLessThan(segment.toMs);
          if (index > 0) expect(segment.fromMs).toBe(segments[index - 1]?.toMs);
          const elapsedHours = (segment.toMs - segment.fromMs) / 3_600_000;
          expect(segment.importWh + segment.exportWh).toBeLessThanOrEqual(34_500 * elapsedHours + 1);
          if (!segment.known) expect(segment.importWh + segment.exportWh).toBe(0);
        }
      }),
      { numRuns: 200 },
    );
  });
});
