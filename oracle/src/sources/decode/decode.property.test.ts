import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { toJeelib, toRfm69, toTelegram } from "../../../test/support/frames.ts";
import type { NodeConfig } from "../../config/schema.ts";
import type { Decoded } from "../../intake/intake.ts";
import { MAX_INPUTS, MAX_MAGNITUDE, MAX_NAME_CHARACTERS } from "./limits.ts";
import { decodeMqtt } from "./mqtt.ts";
import { createNodeTable } from "./node-table.ts";
import { decodeTelegram } from "./p1.ts";
import { isName } from "./scalars.ts";
import { decodeSerial } from "./serial.ts";
import { CODE_BYTES } from "./struct.ts";
import { decodeTextLine } from "./text-line.ts";

const CODES = Object.keys(CODE_BYTES) as (keyof typeof CODE_BYTES)[];
const NODES = createNodeTable([
  { id: 8, name: "all", names: CODES.map((code) => `v_${code}`), codes: CODES, scales: 1 },
  { id: 9, name: "three", names: ["a", "b", "c"], codes: "h", scales: 0.01 },
]);

const fromMqtt = (topic: string, payload: Uint8Array) =>
  decodeMqtt({ topic, payload, retained: false }, { baseTopic: "emon", nodes: NODES });

/** What holds of everything that was decoded, whatever it was decoded from. */
function expectBounded({ messages, refusals }: Decoded): void {
  expect(messages.length).toBeLessThanOrEqual(1);
  expect(refusals.length).toBeLessThanOrEqual(MAX_INPUTS);
  for (const { node, timeMs, values } of messages) {
    expect(isName(node)).toBe(true);
    expect(timeMs === undefined || (Number.isSafeInteger(timeMs) && timeMs >= 0)).toBe(true);
    expect(values.size).toBeGreaterThan(0);
    expect(values.size).toBeLessThanOrEqual(MAX_INPUTS);
    for (const [name, value] of values) {
      expect(isName(name)).toBe(true);
      expect(Number.isFinite(value) && Math.abs(value) <= MAX_MAGNITUDE).toBe(true);
    }
  }
  for (const { node, input = "", detail } of refusals) {
    expect(node.length).toBeLessThanOrEqual(MAX_NAME_CHARACTERS);
    expect(input.length).toBeLessThanOrEqual(MAX_NAME_CHARACTERS);
    expect(detail.length).toBeLessThanOrEqual(2_000);
  }
}

const level = fc.oneof(
  fc.constantFrom(
    "emon",
    "emonhub",
    "rx",
    "values",
    "shellies",
    "emeter",
    "status",
    "events",
    "rpc",
    "em1data:0",
    "0",
    "8",
  ),
  fc.string({ unit: "binary", maxLength: 80 }),
);
const topic = fc.array(level, { maxLength: 6 }).map((levels) => levels.join("/"));
const scalar = fc.oneof(fc.double(), fc.integer(), fc.constantFrom("NaN", "-0", "1e308", "0x1F", "", "null", "١٢"));
const payload = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.json().map((text) => Buffer.from(text)),
  fc
    .dictionary(fc.string({ unit: "binary", maxLength: 70 }), fc.jsonValue())
    .map((body) => Buffer.from(JSON.stringify(body))),
  fc.array(scalar, { maxLength: 300 }).map((fields) => Buffer.from(fields.join(","))),
  fc.array(fc.tuple(fc.string(), scalar)).map((pairs) => Buffer.from(pairs.map((pair) => pair.join(":")).join(","))),
);

describe("whatever arrives", () => {
  test("over MQTT comes to bounded, finite values or a refusal, and never throws", () => {
    fc.assert(
      fc.property(topic, payload, (name, bytes) => {
        expectBounded(fromMqtt(name, bytes));
        expectBounded(fromMqtt(`emon/a`, bytes));
        expectBounded(fromMqtt(`emon/a/b`, bytes));
        expectBounded(fromMqtt(`shellies/s/events/rpc`, bytes));
        expectBounded(fromMqtt(`shellies/s/status/em1data:0`, bytes));
        expectBounded(fromMqtt(`emonhub/rx/9/values`, bytes));
      }),
    );
  });

  test("over a serial line comes to bounded, finite values or a refusal, and never throws", () => {
    const frame = fc
      .tuple(fc.constantFrom(8, 9, 31), fc.uint8Array({ maxLength: 60 }))
      .chain(([node, bytes]) => fc.constantFrom(toJeelib(node, bytes, -60), toRfm69(node, bytes)))
      .map((line) => Buffer.from(line));
    const telegram = fc
      .array(fc.oneof(fc.constantFrom("1-0:1.8.1(", "0-0:1.0.0("), fc.string()).map((text) => text.replaceAll("!", "")))
      .map(toTelegram);
    fc.assert(
      fc.property(fc.oneof(payload, frame, telegram), (bytes) => {
        for (const format of ["text", "jeelib", "rfm69", "p1"] as const)
          expectBounded(decodeSerial(bytes, { format, node: "port" }, NODES));
      }),
    );
  });
});

describe("what a device encodes is what is decoded", () => {
  const name = fc
    .string({ unit: "grapheme", minLength: 1, maxLength: 20 })
    .filter((text) => isName(text) && text.trim() === text && text !== "time");
  const value = fc.double({ noNaN: true, min: -1e9, max: 1e9 }).map((number) => (number === 0 ? 0 : number));

  test("in JSON, with its time to the millisecond", () => {
    fc.assert(
      fc.property(
        fc.dictionary(name, value, { minKeys: 1 }),
        fc.integer({ min: 0, max: 0xffff_ffff * 1000 }),
        (values, timeMs) => {
          const body = JSON.stringify({ ...values, time: timeMs / 1000 });
          const { messages, refusals } = fromMqtt("emon/a", Buffer.from(body));
          expect(refusals).toEqual([]);
          expect(messages).toEqual([{ node: "a", timeMs, values: new Map(Object.entries(values)) }]);
        },
      ),
    );
  });

  test("in CSV and in lines of text", () => {
    const plain = name.filter((text) => !/[,:{]/u.test(text));
    fc.assert(
      fc.property(fc.dictionary(plain, value, { minKeys: 1 }), (values) => {
        const list = fromMqtt("emon/a", Buffer.from(Object.values(values).join(",")));
        expect([...(list.messages[0]?.values.values() ?? [])]).toEqual(Object.values(values));
        const pairs = Object.entries(values).map(([key, number]) => `${key}:${number}`);
        expect(decodeTextLine("a", pairs.join(",")).messages[0]?.values).toEqual(new Map(Object.entries(values)));
      }),
    );
  });

  test("in radio frames, whatever the codes and decimal scales", () => {
    const field = fc.constantFrom(
      { code: "b" as const, min: -128, max: 127 },
      { code: "B" as const, min: 0, max: 255 },
      { code: "h" as const, min: -32_768, max: 32_767 },
      { code: "H" as const, min: 0, max: 65_535 },
      { code: "l" as const, min: -2_147_483_648, max: 2_147_483_647 },
      { code: "L" as const, min: 0, max: 4_294_967_295 },
    );
    const sample = field.chain(({ code, min, max }) =>
      fc.record({ code: fc.constant(code), raw: fc.integer({ min, max }), digits: fc.integer({ min: 0, max: 3 }) }),
    );
    fc.assert(
      fc.property(fc.array(sample, { minLength: 1, maxLength: 30 }), (samples) => {
        const node: NodeConfig = {
          id: 5,
          name: "n",
          names: samples.map((_, index) => `v${index}`),
          codes: samples.map(({ code }) => code),
          scales: samples.map(({ digits }) => Number(`1e-${digits}`)),
        };
        const bytes = Buffer.concat(
          samples.map(({ code, raw }) => {
            const part = Buffer.alloc(CODE_BYTES[code]);
            if (raw < 0) part.writeIntLE(raw, 0, part.length);
            else part.writeUIntLE(raw, 0, part.length);
            return part;
          }),
        );
        const expected = samples.map(({ raw, digits }, index) => [`v${index}`, Number(`${raw}e-${digits}`)] as const);
        for (const [format, line] of [
          ["jeelib", toJeelib(5, bytes)],
          ["rfm69", toRfm69(5, bytes)],
        ] as const) {
          const { messages } = decodeSerial(Buffer.from(line), { format }, createNodeTable([node]));
          expect([...(messages[0]?.values ?? [])]).toEqual(
            expected.map(([key, number]) => [key, number === 0 ? 0 : number]),
          );
        }
      }),
    );
  });

  test("in telegrams, to the Wh", () => {
    const wh = fc.integer({ min: 0, max: 999_999_999_999 });
    const kwh = (value: number) => `${Math.floor(value / 1000)}.${String(value % 1000).padStart(3, "0")}`;
    fc.assert(
      fc.property(wh, wh, wh, (first, second, exported) => {
        const telegram = toTelegram([
          "0-0:1.0.0(240101000000W)",
          `1-0:1.8.1(${kwh(first)}*kWh)`,
          `1-0:1.8.2(${kwh(second)}*kWh)`,
          `1-0:2.8.1(${kwh(exported)}*kWh)`,
        ]);
        expect(decodeTelegram("p", telegram).messages[0]?.values).toEqual(
          new Map([
            ["import_wh", first + second],
            ["export_wh", exported],
          ]),
        );
      }),
    );
  });
});
