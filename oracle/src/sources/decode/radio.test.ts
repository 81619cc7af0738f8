import { describe, expect, test } from "vitest";

import { crc16Arc, crc16Modbus } from "./crc16.ts";
import { createNodeTable } from "./node-table.ts";
import { decodeFrame, parseJeelib, parseRfm69 } from "./radio.ts";
import { CODE_BYTES } from "./struct.ts";
import { toJeelib, toRfm69 } from "../../../test/support/frames.ts";

const CODES = Object.keys(CODE_BYTES) as (keyof typeof CODE_BYTES)[];
const NODES = createNodeTable([
  {
    id: 8,
    name: "emontx3",
    names: ["power1", "vrms", "temp1", "pulse"],
    codes: ["h", "h", "h", "L"],
    scales: [1, 0.01, 0.1, 1],
  },
  { id: 15, name: "emontx4", names: ["MSG", "Vrms", "P1", "E1"], codes: ["L", "h", "h", "l"], scales: [1, 0.01, 1, 1] },
  {
    id: 20,
    name: "every",
    names: CODES.map((code) => `v_${code}`),
    codes: CODES,
    scales: 1,
  },
  { id: 21, name: "same", names: ["a", "b", "c"], codes: "h", scales: 0.5 },
]);

const jeelib = (line: string) => decodeFrame(parseJeelib(line), NODES);
const rfm69 = (line: string) => decodeFrame(parseRfm69(line), NODES);
const valuesOf = ({ messages }: ReturnType<typeof jeelib>) => Object.fromEntries(messages[0]?.values ?? []);

test("the checksums are those of their standards", () => {
  expect(crc16Modbus(Buffer.from("123456789"))).toBe(0x4b37);
  expect(crc16Arc(Buffer.from("123456789"))).toBe(0xbb3d);
});

describe("a JeeLib frame", () => {
  test("is read by the node's definition, little endian, scaled without a trace of binary fractions", () => {
    const decoded = jeelib("OK 8 116 9 8 50 37 2 1 0 1 0 (-63)");
    expect(decoded.refusals).toEqual([]);
    expect(decoded.messages).toMatchObject([{ node: "emontx3", timeMs: undefined }]);
    expect(valuesOf(decoded)).toEqual({ power1: 2420, vrms: 128.08, temp1: 54.9, pulse: 65_537, rssi: -63 });
  });

  test("may go without a signal strength, and may be negative", () => {
    expect(valuesOf(jeelib("OK 8 255 255 0 0 0 0 255 255 255 255"))).toEqual({
      power1: -1,
      vrms: 0,
      temp1: 0,
      pulse: 4_294_967_295,
    });
  });

  test("may have values of every code", () => {
    const bytes = Buffer.alloc(50);
    let at = bytes.writeInt8(-100);
    at = bytes.writeUInt8(200, at);
    at = bytes.writeInt16LE(-30_000, at);
    at = bytes.writeUInt16LE(60_000, at);
    at = bytes.writeInt32LE(-2_000_000_000, at);
    at = bytes.writeUInt32LE(4_000_000_000, at);
    at = bytes.writeInt32LE(-2_147_483_648, at);
    at = bytes.writeUInt32LE(4_294_967_295, at);
    at = bytes.writeBigInt64LE(-9_007_199_254_740_991n, at);
    at = bytes.writeBigUInt64LE(9_007_199_254_740_991n, at);
    at = bytes.writeFloatLE(1.5, at);
    at = bytes.writeDoubleLE(-0.1, at);
    expect(at).toBe(50);
    expect(valuesOf(jeelib(toJeelib(20, bytes)))).toEqual({
      v_b: -100,
      v_B: 200,
      v_h: -30_000,
      v_H: 60_000,
      v_i: -2_000_000_000,
      v_I: 4_000_000_000,
      v_l: -2_147_483_648,
      v_L: 4_294_967_295,
      v_q: -9_007_199_254_740_991,
      v_Q: 9_007_199_254_740_991,
      v_f: 1.5,
      v_d: -0.1,
    });
  });

  test("keeps the values that are numbers beside those that are none, or too large to be exact", () => {
    const bytes = Buffer.alloc(50);
    bytes.writeBigUInt64LE(2n ** 63n, 30);
    bytes.writeFloatLE(Number.NaN, 38);
    bytes.writeDoubleLE(Infinity, 42);
    const { messages, refusals } = jeelib(toJeelib(20, bytes));
    expect(messages[0]?.values.size).toBe(9);
    expect(refusals.map(({ reason, input }) => [reason, input])).toEqual([
      ["out-of-range", "v_Q"],
      ["not-a-number", "v_f"],
      ["not-a-number", "v_d"],
    ]);
  });

  test("may have one code and one scale for all", () => {
    expect(valuesOf(jeelib("OK 21 1 0 2 0 3 0"))).toEqual({ a: 0.5, b: 1, c: 1.5 });
  });

  test("of another length than the node's definition is refused", () => {
    expect(jeelib("OK 8 116 9 8 50 37 2 1 0 1")).toMatchObject({
      messages: [],
      refusals: [
        {
          reason: "malformed-frame",
          node: "emontx3",
          detail: "9 bytes of values, expected 10 for the 4 of the node in the config",
        },
      ],
    });
  });

  test("of a node that the config does not name is refused, with what it would need", () => {
    expect(jeelib("OK 24 164 0 0 0").refusals).toEqual([
      { reason: "unknown-node", node: "24", detail: "a frame of 4 bytes, expected a node of the config with id 24" },
    ]);
  });

  test.each([
    "OK",
    "OK 8",
    "OK 8 256",
    "OK 8 1 -1",
    "OK 8 1  2",
    "OK 8 1 2 (x)",
    "OK 8 0x10",
    `OK 8${" 1".repeat(5_000)}`,
    "OKAY",
  ])("that is none is refused: %.30s", (line) => {
    expect(jeelib(line).refusals).toMatchObject([{ reason: "malformed-frame" }]);
  });

  test.each(["[RF12demo.12] A i1 g210 @ 433 MHz", "? 1 2 3", "-> ack", "", "> 1 2"])(
    "is not what a receiver says on its own behalf: %s",
    (line) => {
      expect(jeelib(line)).toEqual({ messages: [], refusals: [] });
    },
  );
});

describe("an RFM69 frame", () => {
  const payload = Buffer.alloc(12);
  payload.writeUInt32LE(15, 0);
  payload.writeInt16LE(25_006, 4);
  payload.writeInt16LE(-1_500, 6);
  payload.writeInt32LE(-2_147_483_648, 8);
  const frame = toRfm69(15, payload);

  test("is checked, unveiled and read by the node's definition", () => {
    expect(valuesOf(rfm69(frame))).toEqual({ MSG: 15, Vrms: 250.06, P1: -1_500, E1: -2_147_483_648 });
    expect(valuesOf(rfm69(frame.toUpperCase()))).toMatchObject({ MSG: 15 });
  });

  test("has the node in the lower five bits of its header", () => {
    expect(rfm69(toRfm69(0x80 | 15, payload)).messages).toMatchObject([{ node: "emontx4" }]);
  });

  test("in which any one bit was lost is refused", () => {
    const bytes = Buffer.from(frame, "hex");
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = Buffer.from(bytes);
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(rfm69(damaged.toString("hex")).messages, `bit ${bit}`).toEqual([]);
    }
  });

  test.each(["", "d2", "xyz", frame.slice(0, -1), frame.slice(0, -2), `${frame}00`, "0".repeat(100_000), `${frame} `])(
    "that is none is refused: %.20s",
    (line) => {
      expect(rfm69(line).refusals).toMatchObject([{ reason: "malformed-frame" }]);
    },
  );
});
