import { createHash } from "node:crypto";
import { deflateSync } from "node:zlib";

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { encrypt } from "../../test/support/emoncms-sender.ts";
import { MAX_INPUTS, MAX_MAGNITUDE, MAX_NAME_CHARACTERS } from "../sources/decode/limits.ts";
import { isName, parseTime } from "../sources/decode/scalars.ts";
import { decodeBulk, MAX_ROWS } from "./bulk.ts";
import { openEnvelope, parseEncryptedAuthorization, parseEnvelope, receiptOf } from "./encrypted.ts";
import { inflateBounded } from "./inflate.ts";
import { parseBoundedJson } from "./json.ts";
import { cleanName, cleanNode } from "./names.ts";
import { parseForm, parsePlain } from "./params.ts";
import { decodePost, type Upload } from "./post.ts";
import { parseRoute } from "./route.ts";

const NOW = 1_720_080_000;
const sender = { source: "http:1", allowed: undefined, strict: false, nowMs: NOW * 1000 };
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 200 }),
  fc.stringMatching(/^[[\]{}:,"'\-+.0-9eEnulatrINSp&=% /]{0,80}$/u),
  fc.json(),
);
/** Numbers that a meter can send and that survive being written down. */
const value = fc.double({ min: -1e9, max: 1e9, noNaN: true }).map((number) => Math.round(number * 1000) / 1000 + 0);
const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_\-.]{0,20}$/u).filter((word) => word !== "time");
const strange = fc.oneof(
  value,
  fc.constantFrom(null, true, "", "x", 1e308, "1e999", "null", "5"),
  fc.object({ maxDepth: 1 }),
);

/** What holds of everything that was read, whatever it was read from. */
function expectBounded(upload: Upload): void {
  if ("failure" in upload) {
    expect(upload.failure).not.toBe("");
    return;
  }
  for (const { node, timeMs, values } of upload.decoded.messages) {
    expect(isName(node)).toBe(true);
    expect(timeMs === undefined || (Number.isSafeInteger(timeMs) && timeMs >= 0)).toBe(true);
    expect(values.size).toBeGreaterThan(0);
    expect(values.size).toBeLessThanOrEqual(MAX_INPUTS);
    for (const [input, number] of values) {
      expect(isName(input)).toBe(true);
      expect(Math.abs(number)).toBeLessThanOrEqual(MAX_MAGNITUDE);
    }
  }
  for (const { node, input = "", detail } of upload.decoded.refusals) {
    expect(node.length).toBeLessThanOrEqual(MAX_NAME_CHARACTERS);
    expect(input.length).toBeLessThanOrEqual(MAX_NAME_CHARACTERS);
    expect(detail.length).toBeLessThan(400);
  }
}

describe("whatever comes in", () => {
  test("input/post reads it within its bounds, or refuses it", () => {
    fc.assert(
      fc.property(fc.constantFrom("fulljson", "json", "csv", "data"), text, text, text, (form, data, time, node) => {
        const params = new Map([
          [form, data],
          ["time", time],
        ]);
        expectBounded(decodePost(params, cleanNode(node), "http:1"));
      }),
    );
  });

  test("input/bulk reads it within its bounds, or refuses it", () => {
    const rows = fc.array(fc.oneof(fc.array(strange, { maxLength: 6 }), strange), { maxLength: 8 });
    const reference = fc.constantFrom("sentat", "offset", "time", "none");
    fc.assert(
      fc.property(
        fc.oneof(
          text,
          rows.map((list) => JSON.stringify(list)),
        ),
        reference,
        text,
        (data, which, time) => {
          expectBounded(decodeBulk(data, new Map([[which, time]]), sender));
        },
      ),
    );
  });

  test("paths, queries, times and envelopes are read or not, and never thrown at", () => {
    fc.assert(
      fc.property(text, (data) => {
        const route = parseRoute(`/input/post/${data}`);
        if (route?.node !== undefined) expect(cleanName(route.node)).toBe(route.node);
        expect(parseForm(data)?.size ?? 0).toBeLessThanOrEqual(64);
        expect(parsePlain(data)?.size ?? 0).toBeLessThanOrEqual(64);
        const timeMs = parseTime(data);
        expect(timeMs === undefined || Number.isSafeInteger(timeMs)).toBe(true);
        parseEncryptedAuthorization(data);
        const envelope = parseEnvelope(Buffer.from(data));
        if (envelope !== undefined) openEnvelope(envelope, Buffer.alloc(16), Buffer.alloc(32));
      }),
    );
  });

  test("JSON is what JSON.parse makes of it, up to the depth", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), fc.integer({ min: 0, max: 6 }), (json, depth) => {
        const parsed: unknown = JSON.parse(json);
        const deep = (part: unknown): number =>
          typeof part === "object" && part !== null ? 1 + Math.max(0, ...Object.values(part).map(deep)) : 0;
        expect(parseBoundedJson(json, depth)).toEqual(deep(parsed) <= depth ? parsed : undefined);
      }),
    );
  });

  test("compressed data comes out as it went in; anything else is refused", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2_000 }), async (data) => {
        expect(await inflateBounded(deflateSync(data))).toEqual(Buffer.from(data));
        const inflated = await inflateBounded(data);
        expect(inflated === undefined || Buffer.isBuffer(inflated)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});

describe("what a sender sends is what is read", () => {
  test("through input/post, in every form", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(name, value), { minLength: 1, maxLength: 20, selector: ([key]) => key }),
        (pairs) => {
          const expected = Object.fromEntries(pairs);
          const json = JSON.stringify(expected);
          const lenient = `{${pairs.map(([key, number]) => `${key}:${number}`).join(",")}}`;
          for (const params of [
            new Map([["fulljson", json]]),
            new Map([["json", json]]),
            new Map([["data", lenient]]),
          ]) {
            const upload = decodePost(params, "emontx", "http:1");
            if ("failure" in upload) throw new Error(upload.failure);
            expect(Object.fromEntries(upload.decoded.messages[0]?.values ?? [])).toEqual(expected);
          }
        },
      ),
    );
  });

  test("through input/bulk, with the sender's own times where its clock is right", () => {
    const row = fc.tuple(fc.integer({ min: -86_400, max: 0 }), name, fc.array(value, { minLength: 1, maxLength: 12 }));
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 30 }), fc.integer({ min: -5, max: 5 }), (rows, late) => {
        const sorted = rows.toSorted(([a], [b]) => a - b);
        const data = JSON.stringify(sorted.map(([ago, node, values]) => [NOW + ago, node, ...values]));
        const upload = decodeBulk(data, new Map([["sentat", String(NOW + late)]]), sender);
        if ("failure" in upload) throw new Error(upload.failure);
        expect(
          upload.decoded.messages.map(({ node, timeMs, values }) => [
            (timeMs ?? 0) / 1000 - NOW,
            node,
            [...values.values()],
          ]),
        ).toEqual(sorted);
        expect(upload.decoded.messages.length).toBeLessThanOrEqual(MAX_ROWS);
      }),
    );
  });

  test("through encryption, and nothing that was changed on the way", () => {
    const key = "00112233445566778899aabbccddeeff";
    const secret = Buffer.from(key, "hex");
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 200 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (plain, at, flip) => {
          const { body, headers, receipt } = encrypt(plain, { user: 7, key });
          const authorization = parseEncryptedAuthorization(headers["authorization"]);
          const envelope = parseEnvelope(Buffer.from(body));
          if (authorization === undefined || envelope === undefined) throw new Error("the envelope was not read");
          expect(authorization.user).toBe("7");
          const opened = openEnvelope(envelope, secret, authorization.mac);
          expect(opened?.toString()).toBe(Buffer.from(plain).toString());
          expect(receiptOf(opened ?? Buffer.alloc(0))).toBe(receipt);
          envelope[at % envelope.length] = (envelope[at % envelope.length] ?? 0) ^ flip;
          expect(openEnvelope(envelope, secret, authorization.mac)).toBeUndefined();
          expect(openEnvelope(envelope, createHash("md5").digest(), authorization.mac)).toBeUndefined();
        },
      ),
    );
  });
});
