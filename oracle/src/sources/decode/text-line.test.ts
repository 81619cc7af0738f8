import { describe, expect, test } from "vitest";

import { decodeTextLine } from "./text-line.ts";

const decode = (line: string) => decodeTextLine("emontx", line);
const valuesOf = (line: string) => Object.fromEntries(decode(line).messages[0]?.values ?? []);

describe("a line from a serial port", () => {
  test.each([
    ["MSG:1,Vrms:245.1,P1:-100,E1:5", { MSG: 1, Vrms: 245.1, P1: -100, E1: 5 }],
    ["ct1:3935,ct2:325,t1:12.5\r", { ct1: 3935, ct2: 325, t1: 12.5 }],
    [" P1: 100 , E1: 5 ", { P1: 100, E1: 5 }],
    ['{"MSG":1,"P1":100}', { MSG: 1, P1: 100 }],
  ])("has names and values: %j", (line, expected) => {
    expect(valuesOf(line)).toEqual(expected);
    expect(decode(line).messages).toMatchObject([{ node: "emontx", timeMs: undefined }]);
    expect(decode(line).refusals).toEqual([]);
  });

  test("of JSON may carry its time", () => {
    expect(decode('{"P1":1,"time":1720080000}').messages).toMatchObject([{ timeMs: 1_720_080_000_000 }]);
  });

  test("keeps what is a number where the device has none for the rest", () => {
    const { messages, refusals } = decode("P1:100,T1:nan,E1:1e308");
    expect([...(messages[0]?.values ?? [])]).toEqual([["P1", 100]]);
    expect(refusals).toMatchObject([
      { reason: "not-a-number", input: "T1" },
      { reason: "not-a-number", input: "E1" },
    ]);
  });

  test.each(["emonTx4 V1.5.2", "P1:100,E1", "P1:100,:5", "P1:100,E1:", "P1:1:2", "P1:1,P1:2", "P1:100,,E1:5", "P/1:5"])(
    "that lost bytes, or says something else, is refused as a whole: %s",
    (line) => {
      expect(decode(line)).toMatchObject({ messages: [], refusals: [{ reason: "malformed-line", node: "emontx" }] });
    },
  );

  test("that is empty says nothing", () => {
    expect(decode("  \r")).toEqual({ messages: [], refusals: [] });
  });

  test("of too many pairs is refused", () => {
    const line = Array.from({ length: 257 }, (_, index) => `x${index}:1`).join(",");
    expect(decode(line).refusals).toMatchObject([{ reason: "too-large" }]);
    expect(decode(`P1:${"1".repeat(5_000)}`).refusals).toMatchObject([{ reason: "too-large" }]);
  });
});
