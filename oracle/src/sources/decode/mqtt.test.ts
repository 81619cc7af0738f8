import { describe, expect, test } from "vitest";

import { decodeMqtt, mqttTopics } from "./mqtt.ts";
import { createNodeTable } from "./node-table.ts";

const NODES = createNodeTable([
  { id: 10, name: "emontx", names: ["power1", "power2", "vrms"], codes: "h", scales: [1, 1, 0.01] },
]);

const decode = (topic: string, payload: string, retained = false) =>
  decodeMqtt({ topic, payload: Buffer.from(payload), retained }, { baseTopic: "emon", nodes: NODES });

const reasonOf = (topic: string, payload: string, retained = false) =>
  decode(topic, payload, retained).refusals[0]?.reason;

/** Node and values of the one message that came of it. */
function only(topic: string, payload: string) {
  const { messages } = decode(topic, payload);
  expect(messages).toHaveLength(1);
  return { node: messages[0]?.node, timeMs: messages[0]?.timeMs, ...Object.fromEntries(messages[0]?.values ?? []) };
}

const untimed = (node: string, values: Record<string, number>) => ({ node, timeMs: undefined, ...values });

describe("a nodevar message", () => {
  test.each([
    ["412", 412],
    ["239.61", 239.61],
    ["-1500", -1500],
    ["54.900000000000006", 54.900000000000006],
    [" 7 \n", 7],
    ["1e3", 1000],
  ])("carries one number and no time: %s", (payload, expected) => {
    expect(decode("emon/emonTx_3/power1", payload)).toEqual({
      messages: [{ node: "emonTx_3", timeMs: undefined, values: new Map([["power1", expected]]) }],
      refusals: [],
    });
  });

  test("of EmonESP is one as well", () => {
    expect(only("emon/emonesp/ct1", "3935")).toEqual(untimed("emonesp", { ct1: 3935 }));
  });

  test.each([
    ...["", "nan", "NaN", "Infinity", "-inf", "null", "0x10", "0b1", "12 W", "1,5", '"5"', "[5]", "true"],
    ...["1e999", "1e308", "-9007199254740993", "1".repeat(41), "1".repeat(60_000), `1e${"9".repeat(50_000)}`],
  ])("that is no number a meter sends is refused: %.20j", (payload) => {
    const { messages, refusals } = decode("emon/emonTx_3/power1", payload);
    expect(messages).toEqual([]);
    expect(refusals).toMatchObject([{ reason: "malformed-number", node: "emonTx_3", input: "power1" }]);
    expect(refusals[0]?.detail.length).toBeLessThan(250);
  });

  test("that the broker had retained is refused: its time is unknown", () => {
    expect(reasonOf("emon/a/E1", "5", true)).toBe("retained-without-time");
    expect(reasonOf("emon/a", '{"E1":5}', true)).toBe("retained-without-time");
    expect(reasonOf("emon/a", "1,2", true)).toBe("retained-without-time");
    expect(reasonOf("emonhub/rx/10/values", "1,2,3", true)).toBe("retained-without-time");
    expect(decode("emon/a", '{"E1":5,"time":1720080000}', true)).toMatchObject({ refusals: [] });
  });
});

describe("a JSON message", () => {
  test("carries many numbers and its time, as float seconds", () => {
    expect(only("emon/emonPi", '{"P1":100,"E1":1234,"time":1720080000.123,"rssi":-60}')).toEqual({
      node: "emonPi",
      timeMs: 1_720_080_000_123,
      P1: 100,
      E1: 1234,
      rssi: -60,
    });
  });

  test.each([
    ["2024-07-04T08:00:00Z", 1_720_080_000_000],
    ["2024-07-04T10:00:00+02:00", 1_720_080_000_000],
    ["2024-07-04 08:00:00.5", 1_720_080_000_500],
    ["2024-07-04T08:00", 1_720_080_000_000],
  ])("may carry its time as ISO 8601, UTC where no zone is given: %s", (time, expected) => {
    expect(only("emon/a", JSON.stringify({ E1: 1, time }))).toMatchObject({ timeMs: expected });
  });

  test("may carry its time as a number in quotes, as Emoncms takes it", () => {
    expect(only("emon/a", '{"E1":1,"time":" 1720080000.5 "}')).toMatchObject({ timeMs: 1_720_080_000_500 });
  });

  test("whose time is null, for its sender has none yet, counts at its arrival", () => {
    expect(only("emon/a", '{"E1":1,"time":null}')).toEqual({ node: "a", timeMs: undefined, E1: 1 });
  });

  test.each(["yesterday", "2024-13-40T00:00:00Z", -1, 1e300, true, [], "04/07/2024", "", "1720080000123"])(
    "with a time that is none is refused: %j",
    (time) => {
      expect(reasonOf("emon/a", JSON.stringify({ E1: 1, time }))).toBe("malformed-time");
    },
  );

  test("in milliseconds instead of seconds is refused, not taken for a year to come", () => {
    expect(reasonOf("emon/a", '{"E1":1,"time":1720080000123}')).toBe("malformed-time");
  });

  test("refuses the inputs that are no numbers and keeps the others: null is not 0", () => {
    const { messages, refusals } = decode("emon/a", '{"E1":null,"E2":"12","E3":7,"E4":true,"E5":{},"E6":[1]}');
    expect(Object.fromEntries(messages[0]?.values ?? [])).toEqual({ E3: 7 });
    expect(
      refusals.map(({ reason, input, detail }) => `${reason} ${input ?? ""} ${detail.split(",")[0] ?? ""}`),
    ).toEqual([
      "not-a-number E1 null",
      'not-a-number E2 "12"',
      "not-a-number E4 true",
      "not-a-number E5 an object",
      "not-a-number E6 a list",
    ]);
  });

  test("refuses numbers that are infinite or larger than any meter's", () => {
    const { messages, refusals } = decode("emon/a", '{"E1":1e999,"E2":1e308,"E3":-9007199254740993,"E4":2}');
    expect(Object.fromEntries(messages[0]?.values ?? [])).toEqual({ E4: 2 });
    expect(refusals).toMatchObject([
      { input: "E1", reason: "not-a-number" },
      { input: "E2", reason: "out-of-range" },
      { input: "E3", reason: "out-of-range" },
    ]);
  });

  test("in which the sender wrote a number that is none keeps the others", () => {
    const { messages, refusals } = decode("emon/a", '{"T1": NaN, "E1": 7, "T2": -Infinity}');
    expect(Object.fromEntries(messages[0]?.values ?? [])).toEqual({ E1: 7 });
    expect(refusals).toMatchObject([
      { input: "T1", reason: "not-a-number" },
      { input: "T2", reason: "not-a-number" },
    ]);
  });

  test.each(["{", '{"E1":nan}', "[1,2]", "null", '"E1:5"', "MSG:1,E1:5", "", "on", "\u0000\u0001"])(
    "that is neither an object nor a list of numbers is refused: %j",
    (payload) => {
      expect(decode("emon/a", payload)).toMatchObject({
        messages: [],
        refusals: [{ reason: "malformed-json", node: "a" }],
      });
    },
  );

  test("with keys such as __proto__ and constructor harms nothing", () => {
    const { messages } = decode("emon/a", '{"__proto__":5,"constructor":6,"toString":7,"E1":1}');
    expect([...(messages[0]?.values ?? [])]).toEqual([
      ["__proto__", 5],
      ["constructor", 6],
      ["toString", 7],
      ["E1", 1],
    ]);
    expect(({} as Record<string, unknown>)["E1"]).toBeUndefined();
  });

  test("without a single usable value is no message", () => {
    expect(decode("emon/a", "{}")).toEqual({ messages: [], refusals: [] });
    expect(decode("emon/a", '{"E1":null}').messages).toEqual([]);
  });
});

describe("a CSV message", () => {
  test("names its values by their place, from 0", () => {
    expect(only("emon/a", "10,11,12")).toEqual(untimed("a", { 0: 10, 1: 11, 2: 12 }));
    expect(only("emon/a", "5")).toEqual(untimed("a", { 0: 5 }));
  });

  test("names them as the config does, and a further one is the signal strength", () => {
    expect(only("emon/emontx", "10,11,240.1")).toEqual(untimed("emontx", { power1: 10, power2: 11, vrms: 240.1 }));
    expect(only("emon/emontx", "10,11,240.1,-60")).toMatchObject({ vrms: 240.1, rssi: -60 });
  });

  test("with more or fewer values than the config names is refused: nobody knows which is which", () => {
    expect(reasonOf("emon/emontx", "10,11")).toBe("malformed-csv");
    expect(reasonOf("emon/emontx", "1,2,3,4,5")).toBe("malformed-csv");
  });

  test("keeps the places of values that are none", () => {
    const { messages, refusals } = decode("emon/a", "10,,nan,13");
    expect([...(messages[0]?.values ?? [])]).toEqual([
      ["0", 10],
      ["3", 13],
    ]);
    expect(refusals).toMatchObject([
      { reason: "not-a-number", input: "1" },
      { reason: "not-a-number", input: "2" },
    ]);
  });
});

describe("a nested message", () => {
  test("puts its prefix before the names", () => {
    expect(only("emon/a/phase1", '{"ct1":10,"ct2":20,"time":1720080000}')).toEqual({
      node: "a",
      timeMs: 1_720_080_000_000,
      phase1_ct1: 10,
      phase1_ct2: 20,
    });
  });

  test("names what it refuses in full, and refuses names that become too long", () => {
    expect(decode("emon/a/phase1", '{"ct1":null}').refusals).toMatchObject([{ input: "phase1_ct1" }]);
    expect(reasonOf(`emon/a/${"p".repeat(60)}`, '{"ct1_long":1}')).toBe("malformed-name");
  });
});

describe("a legacy message", () => {
  test("names its values as the config does", () => {
    expect(only("emonhub/rx/10/values", "100,200,239.5")).toEqual(
      untimed("emontx", { power1: 100, power2: 200, vrms: 239.5 }),
    );
    expect(only("emonhub/rx/10/values", "100,200,239.5,-71")).toMatchObject({ rssi: -71 });
    expect(only("emonhub/rx/10/rssi", "-71")).toEqual(untimed("emontx", { rssi: -71 }));
  });

  test("of a node without a name goes by its number", () => {
    expect(only("emonhub/rx/19/values", "18.1,0,54.900000000000006,-49")).toEqual(
      untimed("19", { 0: 18.1, 1: 0, 2: 54.900000000000006, 3: -49 }),
    );
  });

  test.each([
    "emonhub/rx/x/values",
    "emonhub/rx/10",
    "emonhub/rx/10/other",
    "emonhub/rx/10/values/1",
    "emonhub/rx/123456/values",
  ])("on another topic is refused: %s", (topic) => {
    expect(reasonOf(topic, "1,2,3")).toBe("unknown-topic");
  });
});

describe("a topic", () => {
  test.each([
    ...["emon", "emon/", "other/a", "emonx/a", "emon/a/b/c", "emon//E1", "emon/a/", "$SYS/x", "", "/"],
    ...["emon/a\u0000b/E1", "emon/a+/E1", "emon/a/E#", `emon/${"n".repeat(65)}`, `emon/${"a/".repeat(400)}`],
  ])("that is none of ours is refused: %.30s", (topic) => {
    expect(reasonOf(topic, "1")).toBe("unknown-topic");
  });

  test("of a megabyte is refused before it is looked at, with nothing of it kept", () => {
    const { refusals } = decode(`emon/${"a/".repeat(524_288)}`, "1");
    expect(refusals).toEqual([
      { reason: "unknown-topic", node: "", detail: "topic of 1048581 characters, expected at most 1024" },
    ]);
  });

  test("may have a base of several levels", () => {
    const raw = { topic: "street/7/emon/a/E1", payload: Buffer.from("5"), retained: false };
    expect(decodeMqtt(raw, { baseTopic: "street/7/emon", nodes: NODES })).toMatchObject({ messages: [{ node: "a" }] });
  });

  test("is subscribed to wherever a format has its own base, and once", () => {
    expect(mqttTopics("street/emon")).toEqual(["street/emon/#", "emonhub/rx/#", "shellies/#"]);
    expect(mqttTopics("shellies")).toEqual(["shellies/#", "emonhub/rx/#"]);
  });
});

describe("a payload", () => {
  test("that is too large is refused, whatever it holds", () => {
    expect(reasonOf("emon/a", `{"E1":${"1".repeat(70_000)}}`)).toBe("too-large");
    expect(reasonOf("emon/a/E1", "1".repeat(70_000))).toBe("too-large");
  });

  test("of too many inputs is refused", () => {
    const many = Object.fromEntries(Array.from({ length: 257 }, (_, index) => [`x${index}`, 1]));
    expect(reasonOf("emon/a", JSON.stringify(many))).toBe("too-large");
    expect(reasonOf("emon/a", Array(257).fill("1").join(","))).toBe("too-large");
    expect(decode("emon/a", Array(256).fill("1").join(",")).messages[0]?.values.size).toBe(256);
  });

  test("nested as deep as its size allows is refused like any other", () => {
    expect(reasonOf("emon/a", "[".repeat(65_000))).toBe("malformed-json");
    expect(reasonOf("emon/a", `${"[".repeat(32_000)}1${"]".repeat(32_000)}`)).toBe("malformed-json");
    expect(reasonOf("emon/a", `{"E1":${"[".repeat(32_000)}${"]".repeat(32_000)}}`)).toBe("not-a-number");
    expect(reasonOf("emon/a", `${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}`)).toBe("not-a-number");
  });
});
