import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { createPacketGuard } from "./packet-guard.ts";

/** A PUBLISH packet with so many bytes behind its header. */
function packet(bytes: number): Uint8Array {
  const length: number[] = [];
  let rest = bytes;
  do {
    length.push((rest % 128) + (rest >= 128 ? 128 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Uint8Array.from([0x30, ...length, ...new Uint8Array(bytes).fill(0xff)]);
}

describe("the packet guard", () => {
  test.each([0, 1, 127, 128, 16_383, 16_384, 100_000])("lets a packet of %i bytes pass, and the next", (bytes) => {
    const guard = createPacketGuard(100_000);
    expect(guard.take(packet(bytes))).toBeUndefined();
    expect(guard.take(packet(100_001))).toBe(100_001);
  });

  test("knows a packet that is too large by its header alone", () => {
    expect(createPacketGuard(100_000).take(packet(2_000_000).slice(0, 4))).toBeGreaterThan(100_000);
    expect(createPacketGuard(100_000).take(Uint8Array.from([0x30, 0xff, 0xff, 0xff, 0x7f]))).toBe(2_097_151);
  });

  test("finds the same however the bytes are cut", () => {
    const sizes = fc.array(fc.oneof(fc.integer({ min: 0, max: 300 }), fc.constantFrom(127, 128, 16_383, 16_384)), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 0, max: 20_000 }), fc.integer({ min: 1, max: 4_000 }), (all, most, cut) => {
        const bytes = Buffer.concat(all.map(packet));
        const guard = createPacketGuard(most);
        let found: number | undefined;
        for (let at = 0; at < bytes.length && found === undefined; at += cut)
          found = guard.take(bytes.subarray(at, at + cut));
        const tooLarge = all.find((size) => size > most);
        expect(found === undefined).toBe(tooLarge === undefined);
      }),
      { numRuns: 300 },
    );
  });
});
