import { describe, expect, it } from "vitest";

import { progressBar } from "./progress.ts";

function draw(isTTY: boolean, calls: readonly (readonly [done: number, atMs: number])[]): string[] {
  const texts: string[] = [];
  let nowMs = 0;
  const bar = progressBar("Settled", { isTTY, write: (text) => texts.push(text) }, () => nowMs);
  for (const [done, atMs] of calls) {
    nowMs = atMs;
    bar(done, 100);
  }
  return texts;
}

describe("progressBar", () => {
  it("redraws one line on a terminal, with what is left by the pace so far", () => {
    const [half, whole] = draw(true, [
      [50, 100_000],
      [100, 200_000],
    ]);
    expect(half).toBe(`\rSettled [${"#".repeat(20)}${"-".repeat(20)}] 50/100, 1 min 40 s left `);
    expect(whole).toBe(`\rSettled [${"#".repeat(40)}] 100/100, 0 s left \n`);
  });

  it("writes a line per twentieth elsewhere", () => {
    const calls = Array.from({ length: 100 }, (_, index) => [index + 1, 0] as const);
    const texts = draw(false, calls);
    expect(texts).toHaveLength(20);
    expect(texts.every((text) => text.endsWith("left\n"))).toBe(true);
  });
});
