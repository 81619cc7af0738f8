import { describe, expect, test } from "vitest";

import { MAX_INPUTS } from "../sources/decode/limits.ts";
import { parseForm } from "./params.ts";
import { decodePost } from "./post.ts";

function post(query: string, node = "emontx") {
  const params = parseForm(query);
  if (params === undefined) throw new Error("too many parameters");
  const upload = decodePost(params, node, "http:1");
  if ("failure" in upload) return upload.failure;
  const { messages, refusals } = upload.decoded;
  return {
    values: Object.fromEntries(messages[0]?.values ?? []),
    timeMs: messages[0]?.timeMs,
    refused: refusals.map(({ reason, input }) => `${reason} ${input ?? ""}`.trim()),
    absolute: upload.absolute,
  };
}

const values = (query: string) => {
  const read = post(query);
  return typeof read === "string" ? read : read.values;
};

describe("input/post", () => {
  test("reads strict JSON, lenient JSON, CSV, and either of the last two", () => {
    expect(values('fulljson={"power1":100,"power2":-200.5}')).toEqual({ power1: 100, power2: -200.5 });
    expect(values("json={power1:100,power2:200}")).toEqual({ power1: 100, power2: 200 });
    expect(values('json={ "power1" : 100 , "power2": "200" }')).toEqual({ power1: 100, power2: 200 });
    expect(values("csv=100,200.5,-3")).toEqual({ 1: 100, 2: 200.5, 3: -3 });
    expect(values("data=100,200")).toEqual({ 1: 100, 2: 200 });
    expect(values("data={power1:100}")).toEqual({ power1: 100 });
    expect(values("data=power1:100,7,power2:200,8")).toEqual({ power1: 100, 1: 7, power2: 200, 2: 8 });
  });

  test("drops what Emoncms drops of a name", () => {
    expect(values("json={power(W):1,Küche-Süd_1.2:3}")).toEqual({ powerW: 1, "Küche-Süd_1.2": 3 });
    expect(values('fulljson={"power(W)":1,"a/b%2Bc%23d":2}')).toEqual({ powerW: 1, abcd: 2 });
  });

  test("takes null and nothing for no reading, never for 0, and keeps the places of the others", () => {
    expect(values("csv=100,null,200,,300")).toEqual({ 1: 100, 3: 200, 5: 300 });
    expect(values("json={power1:null,power2:0}")).toEqual({ power2: 0 });
    expect(values('fulljson={"power1":null,"power2":""}')).toEqual({});
  });

  test("refuses a value that is none for itself, and the whole request when nothing else is in it", () => {
    expect(post("json={power1:100,power2:nan}")).toMatchObject({
      values: { power1: 100 },
      refused: ["not-a-number power2"],
    });
    expect(post('fulljson={"power1":1e308,"power2":1}')).toMatchObject({
      values: { power2: 1 },
      refused: ["out-of-range power1"],
    });
    expect(post("json={power1:nan}")).toBe("Format error, json value is not numeric");
    expect(post("csv=abc")).toBe("Format error, csv value is not numeric");
    expect(post('fulljson={"power1":true}')).toBe("Format error, json value is not numeric");
  });

  test("says what it expected where nothing can be read", () => {
    expect(post("")).toBe("Request contains no data via csv, json or data tag");
    expect(post("fulljson={power1:1}")).toBe("Error decoding JSON string (invalid or too deeply nested)");
    expect(post('fulljson={"a":{"b":1}}')).toBe("Error decoding JSON string (invalid or too deeply nested)");
    expect(post("fulljson=[100,200]")).toBe("Input must be a JSON object");
    expect(post("fulljson=100")).toBe("Input must be a JSON object");
    expect(post("json={:100}")).toBe("Format error, json key missing or invalid character");
    expect(post('data=[[0,"emontx",100]]')).toBe("Format error, rows belong to input/bulk");
    expect(post("csv=1", "n".repeat(65))).toMatch(/^Format error, node /u);
    expect(post(`csv=${"1,".repeat(MAX_INPUTS)}1`)).toBe("Format error, more than 256 values");
  });

  test("takes names that mean something to JavaScript as names", () => {
    const read = post('fulljson={"__proto__":1,"constructor":2}');
    expect(read).toMatchObject({ refused: [] });
    const params = parseForm('fulljson={"__proto__":1,"constructor":2}');
    const upload = decodePost(params ?? new Map(), "emontx", "http:1");
    const message = "decoded" in upload ? upload.decoded.messages[0] : undefined;
    expect([...(message?.values ?? [])]).toEqual([
      ["__proto__", 1],
      ["constructor", 2],
    ]);
  });

  describe("the time", () => {
    test("is unix seconds or ISO, of the parameter before that of the values", () => {
      expect(post("csv=1&time=1720080000")).toMatchObject({ timeMs: 1_720_080_000_000, absolute: true });
      expect(post("csv=1&time=1720080000.25")).toMatchObject({ timeMs: 1_720_080_000_250 });
      expect(post("csv=1&time=2024-07-04T08:00:00Z")).toMatchObject({ timeMs: 1_720_080_000_000 });
      expect(post('fulljson={"P":1,"time":1720080000}')).toMatchObject({ timeMs: 1_720_080_000_000, values: { P: 1 } });
      expect(post('fulljson={"P":1,"time":"2024-07-04T10:00:00%2B02:00"}')).toMatchObject({
        timeMs: 1_720_080_000_000,
      });
      expect(post('fulljson={"P":1,"time":5}&time=1720080000')).toMatchObject({ timeMs: 1_720_080_000_000 });
      expect(post("json={P:1,time:1720080000}")).toMatchObject({ timeMs: 1_720_080_000_000, values: { P: 1 } });
    });

    test("is the server's where it is none", () => {
      for (const time of ["", "now", "-5", "1720080000000", "NaN", "2024-13-45T00:00:00Z"]) {
        expect(post(`csv=1&time=${time}`)).toMatchObject({ timeMs: undefined, absolute: false });
      }
    });
  });
});
