import { existsSync, readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import type { Message } from "./message.ts";
import { parseMessage } from "./parse-message.ts";

const parse = (topic: string, payload: string, retained = false) =>
  parseMessage({ topic, payload: Buffer.from(payload), retained }, "emon");

const reasonOf = (topic: string, payload: string, retained = false) => {
  const result = parse(topic, payload, retained);
  return "reason" in result ? result.reason : undefined;
};

function values(topic: string, payload: string): Record<string, number> {
  return Object.fromEntries((parse(topic, payload) as Message).values);
}

describe("a nodevar message", () => {
  test.each([
    ["412", 412],
    ["239.61", 239.61],
    ["-1500", -1500],
    ["54.900000000000006", 54.900000000000006],
    [" 7 \n", 7],
    ["1e3", 1000],
  ])("carries one number and no time: %s", (payload, expected) => {
    expect(parse("emon/emonTx_3/power1", payload)).toEqual({
      node: "emonTx_3",
      timeMs: undefined,
      values: new Map([["power1", expected]]),
      refusals: [],
    });
  });

  test.each(["", "nan", "NaN", "Infinity", "-inf", "null", "0x10", "12 W", "1,5", "1e999", '"5"'])(
    "that is no number is refused: %j",
    (payload) => {
      expect(parse("emon/emonTx_3/power1", payload)).toMatchObject({
        reason: "malformed-number",
        node: "emonTx_3",
        input: "power1",
      });
    },
  );

  test("that the broker had retained is refused: its time is unknown", () => {
    expect(reasonOf("emon/a/E1", "5", true)).toBe("retained-without-time");
    expect(reasonOf("emon/a", '{"E1":5,"time":1720080000}', true)).toBeUndefined();
  });
});

describe("a JSON message", () => {
  test("carries many numbers and its time, as float seconds", () => {
    const text = '{"P1":100,"E1":1234,"time":1720080000.123,"rssi":-60}';
    expect(parse("emon/emonPi", text)).toMatchObject({ node: "emonPi", timeMs: 1_720_080_000_123 });
    expect(values("emon/emonPi", text)).toEqual({ P1: 100, E1: 1234, rssi: -60 });
  });

  test.each([
    ["2024-07-04T08:00:00Z", 1_720_080_000_000],
    ["2024-07-04T10:00:00+02:00", 1_720_080_000_000],
    ["2024-07-04 08:00:00.5", 1_720_080_000_500],
    ["2024-07-04T08:00", 1_720_080_000_000],
  ])("may carry its time as ISO 8601, UTC where no zone is given: %s", (time, expected) => {
    expect(parse("emon/a", JSON.stringify({ E1: 1, time }))).toMatchObject({ timeMs: expected });
  });

  test.each([null, "yesterday", "2024-13-40T00:00:00Z", -1, 1e300, true, [], "04/07/2024"])(
    "with a time that is none is refused: %j",
    (time) => {
      expect(reasonOf("emon/a", JSON.stringify({ E1: 1, time }))).toBe("malformed-time");
    },
  );

  test("in milliseconds instead of seconds is refused, not taken for a year to come", () => {
    expect(reasonOf("emon/a", '{"E1":1,"time":1720080000123}')).toBe("malformed-time");
  });

  test("refuses the inputs that are no numbers and keeps the others: null is not 0", () => {
    const message = parse("emon/a", '{"E1":null,"E2":"12","E3":7,"E4":true,"E5":{}}') as Message;
    expect(Object.fromEntries(message.values)).toEqual({ E3: 7 });
    expect(message.refusals.map(({ reason, input, detail }) => `${reason} ${input ?? ""} ${detail}`)).toEqual([
      "not-a-number E1 null, expected a number",
      'not-a-number E2 "12", expected a number',
      "not-a-number E4 true, expected a number",
      "not-a-number E5 {}, expected a number",
    ]);
  });

  test("refuses a number so huge that it is infinite", () => {
    expect((parse("emon/a", '{"E1":1e999,"E2":2}') as Message).refusals).toMatchObject([
      { input: "E1", reason: "not-a-number" },
    ]);
  });

  test.each(["{", '{"E1":NaN}', "[1,2]", "5", "null", '"E1:5"', "10,11,12", "MSG:1,E1:5"])(
    "that is not one object is refused: %s",
    (payload) => {
      expect(parse("emon/a", payload)).toMatchObject({ reason: "malformed-json", node: "a" });
    },
  );

  test("with a key such as __proto__ harms nothing", () => {
    expect(values("emon/a", '{"__proto__":5,"E1":1}')).toMatchObject({ E1: 1 });
    expect(({} as Record<string, unknown>)["E1"]).toBeUndefined();
  });

  test("that is too large is refused", () => {
    expect(reasonOf("emon/a", `{"E1":${"1".repeat(70_000)}}`)).toBe("too-large");
    const many = Object.fromEntries(Array.from({ length: 257 }, (_, index) => [`x${index}`, 1]));
    expect(reasonOf("emon/a", JSON.stringify(many))).toBe("too-large");
  });
});

describe("a topic", () => {
  test.each(["emon", "emon/", "other/a", "emonx/a", "emon/a/b/c", "emon//E1", "emon/a/", "$SYS/x"])(
    "that is none of ours is refused: %s",
    (topic) => {
      expect(reasonOf(topic, "1")).toBe("unknown-topic");
    },
  );

  test("may have a base of several levels", () => {
    expect(
      parseMessage({ topic: "street/7/emon/a/E1", payload: Buffer.from("5"), retained: false }, "street/7/emon"),
    ).toMatchObject({ node: "a" });
  });
});

const SAMPLES = new URL("../../../../shared/data/oem/messages.jsonl", import.meta.url);
const withSamples = existsSync(SAMPLES);

describe(
  withSamples ? "messages from the field" : "messages from the field (skipped: shared/data/oem is not here)",
  () => {
    test.skipIf(!withSamples)("of MQTT are understood", () => {
      type Sample = { kind: string; topic: string; payload: string };
      const samples = readFileSync(SAMPLES, "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as Sample)
        .filter(({ kind, topic }) => kind === "mqtt" && topic.startsWith("emon/"));
      expect(samples.length).toBeGreaterThan(0);
      for (const { topic, payload } of samples) {
        const [, node, input] = topic.split("/");
        expect(parse(topic, payload)).toMatchObject({ node, timeMs: undefined });
        expect(values(topic, payload)).toEqual({ [input ?? ""]: Number(payload) });
      }
    });

    test.skipIf(!withSamples)("of serial devices, as a gateway puts them into JSON, keep every value", () => {
      type Sample = { expected?: Record<string, number> };
      const samples = readFileSync(SAMPLES, "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => (JSON.parse(line) as Sample).expected)
        .filter((expected) => expected !== undefined);
      expect(samples.length).toBeGreaterThan(0);
      for (const expected of samples) expect(values("emon/gateway", JSON.stringify(expected))).toEqual(expected);
    });
  },
);
