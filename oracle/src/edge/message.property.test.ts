import { encodeIntervals, encodeQuality, type Quality } from "@commonwatt/sdk/profile";
import { day } from "@commonwatt/sdk/time";
import fc from "fast-check";
import { expect, test } from "vitest";

import {
  decodeReceipt,
  decodeShown,
  encodeReceipt,
  encodeShown,
  MAX_MESSAGE_BYTES,
  RECEIPT_STATES,
} from "./message.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const hexOf = (length: number) =>
  fc
    .uint8Array({ minLength: length, maxLength: length })
    .map((value): `0x${string}` => `0x${Buffer.from(value).toString("hex")}`);
const lanes = fc.array(fc.integer({ min: 0, max: 32_767 }), { minLength: 96, maxLength: 96 });

const shown = fc.record({
  chainId: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  neighbourhood: hexOf(20),
  meter: fc.integer({ min: 1, max: 0xffff_ffff }),
  device: hexOf(20),
  profile: fc.record({
    day: fc.integer({ min: 0, max: 0xffff }),
    importRegister: fc.bigInt({ min: 0n, max: (1n << 44n) - 1n }),
    exportRegister: fc.bigInt({ min: 0n, max: (1n << 44n) - 1n }),
    quality: fc
      .array(fc.constantFrom<Quality>(0, 1, 2), { minLength: 96, maxLength: 96 })
      .map((quality) => encodeQuality(quality)),
    intervals: fc.tuple(lanes, lanes).map(([imports, exports]) => encodeIntervals(imports, exports)),
    signature: fc.oneof(hexOf(65), hexOf(128)),
  }),
});

test("a signed day is read back as it was written, and fits", () => {
  fc.assert(
    fc.property(shown, (value) => {
      const payload = bytes(encodeShown(value));
      expect(payload.length).toBeLessThan(MAX_MESSAGE_BYTES);
      expect(decodeShown(payload)).toEqual(value);
    }),
  );
});

test("a receipt is read back as it was written", () => {
  const receipt = fc.record({
    meter: fc.integer({ min: 1, max: 0xffff_ffff }),
    day: fc.integer({ min: 0, max: 0xffff }).map((value) => day(value)),
    state: fc.constantFrom(...RECEIPT_STATES),
    digest: hexOf(32),
    transaction: hexOf(32),
    at: fc.integer({ min: 0, max: 0xffff_ffff }),
  });
  fc.assert(
    fc.property(receipt, (value) => {
      expect(decodeReceipt(bytes(encodeReceipt(value)))).toEqual(value);
    }),
  );
});

test("whatever else comes is refused by name, never taken for something", () => {
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 6_000 }), fc.json().map(bytes)), (payload) => {
      expect(() => decodeShown(payload)).toThrow(/ is .*, expected /u);
      expect(() => decodeReceipt(payload)).toThrow(/ is .*, expected /u);
    }),
  );
});

test("a message that is changed in one field is another message or none", () => {
  fc.assert(
    fc.property(shown, fc.nat(), fc.string(), (value, which, replacement) => {
      const fields = JSON.parse(encodeShown(value)) as Record<string, unknown>;
      const names = Object.keys(fields);
      const name = names[which % names.length] ?? "";
      const changed = bytes(JSON.stringify({ ...fields, [name]: replacement }));
      if (fields[name] === replacement) return;
      let read: unknown;
      try {
        read = decodeShown(changed);
      } catch {
        return;
      }
      expect(read).not.toEqual(value);
    }),
  );
});
