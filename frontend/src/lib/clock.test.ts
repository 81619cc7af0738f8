import { describe, expect, it } from "vitest";

import { addSample, type ClockSample, clockSpeed, isSimulated } from "./clock.ts";

describe("the chain's clock", () => {
  it("is known only after five seconds of watching", () => {
    const samples = [
      { wallMs: 0, chainSeconds: 0 },
      { wallMs: 4_999, chainSeconds: 86_400 },
    ];
    expect(clockSpeed(samples)).toBeUndefined();
    expect(clockSpeed([])).toBeUndefined();
  });

  it("runs at 1 on a real chain and at 1,440 where a day passes in a minute", () => {
    expect(
      clockSpeed([
        { wallMs: 0, chainSeconds: 100 },
        { wallMs: 12_000, chainSeconds: 112 },
      ]),
    ).toBe(1);
    const speed = clockSpeed([
      { wallMs: 0, chainSeconds: 0 },
      { wallMs: 60_000, chainSeconds: 86_400 },
    ]);
    expect(speed).toBe(1_440);
    expect(isSimulated(speed)).toBe(true);
    expect(isSimulated(1)).toBe(false);
    expect(isSimulated(undefined)).toBe(false);
  });

  it("never runs backwards, and forgets old samples", () => {
    expect(
      clockSpeed([
        { wallMs: 0, chainSeconds: 500 },
        { wallMs: 9_000, chainSeconds: 0 },
      ]),
    ).toBe(0);
    let samples: readonly ClockSample[] = [];
    for (let second = 0; second < 100; second++) {
      samples = addSample(samples, { wallMs: second * 1_000, chainSeconds: second });
    }
    expect(samples).toHaveLength(30);
    expect(samples[0]?.chainSeconds).toBe(70);
  });
});
