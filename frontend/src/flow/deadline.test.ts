import { describe, expect, it } from "vitest";

import { deadlineFrom } from "./deadline.ts";

describe("deadlineFrom", () => {
  it("is half an hour of the reader's time away, however fast the chain's clock runs", () => {
    expect(deadlineFrom(1_000, 1, 1)).toBe(2_800n);
    expect(deadlineFrom(1_000, 0, 1)).toBe(2_800n);
    expect(deadlineFrom(1_000, 100, 31_337)).toBe(181_000n);
  });

  it("allows for the fastest demo where a local chain's speed is not known yet, and for nothing on another", () => {
    expect(deadlineFrom(0, undefined, 31_337)).toBe(BigInt(1_800 * 8_640));
    expect(deadlineFrom(0, undefined, 10)).toBe(1_800n);
  });
});
