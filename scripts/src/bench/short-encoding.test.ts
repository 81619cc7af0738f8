import { describe, expect, it } from "vitest";

import { noise } from "../homes/noise.ts";
import { decodeShort, encodeShort } from "./short-encoding.ts";

describe("encodeShort", () => {
  it("comes back as it was, for any numbers of 16 bits", () => {
    for (let seed = 0; seed < 200; seed++) {
      const scale = [1, 3, 127, 128, 300, 16_383, 16_384, 65_536][seed % 8] ?? 1;
      const numbers = Array.from({ length: 192 }, (_, index) =>
        noise(seed, 0, index) < 0.4 ? 0 : Math.floor(noise(seed, 1, index) * scale),
      );
      expect(decodeShort(encodeShort(numbers))).toEqual(numbers);
    }
    expect(decodeShort(encodeShort([65_535, 0, 65_535]))).toEqual([65_535, 0, 65_535]);
  });

  it("takes two bytes for a night without export, and one or two for a small number", () => {
    expect(encodeShort(new Array<number>(192).fill(0))).toHaveLength(2);
    expect(encodeShort([127])).toHaveLength(2);
    expect(encodeShort([128])).toHaveLength(3);
  });
});
