import { describe, expect, it } from "vitest";

import { forSeeds } from "../test/random.ts";
import { meterNumber, parseTokenId, tokenId } from "./ids.ts";
import { interval } from "./time.ts";

describe("token ids", () => {
  it("are meter x 2^32 + interval", () => {
    expect(tokenId(meterNumber(7), interval(1_662_528))).toBe(7n * 2n ** 32n + 1_662_528n);
  });

  it("come apart again", () => {
    forSeeds(500, (random) => {
      const meter = meterNumber(random.integer(1, 0xffff_ffff));
      const at = interval(random.integer(0, 0xffff_ffff));
      expect(parseTokenId(tokenId(meter, at))).toEqual({ meter, interval: at });
    });
  });

  it.each([0n, 0xffff_ffffn, 1n << 64n, -1n])("refuse %s, which no meter can have issued", (id) => {
    expect(() => parseTokenId(id)).toThrow(`token id is ${id}, expected meter x 2^32 + interval`);
  });
});

describe("meter numbers", () => {
  it.each([0, -1, 1.5, 2 ** 32])("refuse %s", (value) => {
    expect(() => meterNumber(value)).toThrow(`meter is ${value}, expected a whole number from 1 to 4294967295`);
  });
});
