import { describe, expect, test } from "vitest";

import { decodeTelegram } from "./p1.ts";
import { toTelegram } from "../../../test/support/frames.ts";

const TIME = "0-0:1.0.0(240704100000S)";
const OBJECTS = [
  "1-3:0.2.8(50)",
  TIME,
  "0-0:96.1.1(4530303433303036383831323334353637)",
  "1-0:1.8.1(001234.567*kWh)",
  "1-0:1.8.2(002345.678*kWh)",
  "1-0:2.8.1(000100.001*kWh)",
  "1-0:2.8.2(000200.002*kWh)",
  "0-0:96.14.0(0002)",
  "1-0:1.7.0(00.431*kW)",
  "1-0:2.7.0(01.500*kW)",
  "1-0:99.97.0(2)(0-0:96.7.19)(240101000000W)(0000000240*s)",
  "1-0:32.7.0(230.1*V)",
  "1-0:21.7.0(00.431*kW)",
  "0-1:24.2.1(240704095500S)(00123.456*m3)",
];

const decode = (objects: readonly string[]) => decodeTelegram("p1", toTelegram(objects));
const valuesOf = (objects: readonly string[]) => Object.fromEntries(decode(objects).messages[0]?.values ?? []);

describe("a telegram", () => {
  test("gives the registers of all tariffs together in Wh, the powers in W, and its time", () => {
    const { messages, refusals } = decode(OBJECTS);
    expect(refusals).toEqual([]);
    expect(messages).toMatchObject([{ node: "p1", timeMs: Date.parse("2024-07-04T08:00:00Z") }]);
    expect(valuesOf(OBJECTS)).toEqual({
      import_wh: 1_234_567 + 2_345_678,
      import_w: 431,
      export_wh: 100_001 + 200_002,
      export_w: 1_500,
      power_w: -1_069,
    });
  });

  test("is exact to the Wh however large its registers are", () => {
    expect(valuesOf([TIME, "1-0:1.8.1(999999999.999*kWh)", "1-0:1.8.2(000000000.001*kWh)"])).toEqual({
      import_wh: 1_000_000_000_000,
    });
    // 4.35 and 1.005 are where a product with 1000 goes wrong in binary fractions.
    expect(valuesOf([TIME, "1-0:1.8.1(000004.35*kWh)", "1-0:2.8.1(1.005*kWh)"])).toEqual({
      import_wh: 4_350,
      export_wh: 1_005,
    });
  });

  test("with a register of all tariffs has that, not the sum", () => {
    expect(valuesOf([TIME, "1-0:1.8.0(10*kWh)", "1-0:1.8.1(4*kWh)", "1-0:1.8.2(6*kWh)"])).toEqual({
      import_wh: 10_000,
    });
  });

  test.each([
    ["240704100000S", "2024-07-04T08:00:00Z"],
    ["241027023000S", "2024-10-27T00:30:00Z"],
    ["241027023000W", "2024-10-27T01:30:00Z"],
    ["240331030000S", "2024-03-31T01:00:00Z"],
    ["240101000000W", "2023-12-31T23:00:00Z"],
    ["240229120000W", "2024-02-29T11:00:00Z"],
  ])("of %s was at %s: W and S tell the doubled hour of autumn apart", (stamp, iso) => {
    expect(decode([`0-0:1.0.0(${stamp})`, "1-0:1.8.1(1*kWh)"]).messages).toMatchObject([{ timeMs: Date.parse(iso) }]);
  });

  test("in which any one byte is another is refused", () => {
    const telegram = toTelegram([TIME, "1-0:1.8.1(001234.567*kWh)"]);
    for (let at = 0; at < telegram.length - 2; at++) {
      const damaged = Buffer.from(telegram);
      damaged[at] = (damaged[at] ?? 0) ^ 0x04;
      expect(decodeTelegram("p1", damaged).messages, `byte ${at}`).toEqual([]);
    }
  });

  test("may have its checksum in small letters, and a blank line behind it", () => {
    const text = toTelegram(OBJECTS).toString("latin1");
    const end = text.lastIndexOf("!");
    const other = Buffer.from(`${text.slice(0, end)}${text.slice(end).toLowerCase()}\r\n`, "latin1");
    expect(decodeTelegram("p1", other).messages).toHaveLength(1);
  });

  test.each([
    ["no checksum, as DSMR 3 has it", Buffer.from("/ABC5\r\n\r\n1-0:1.8.1(1*kWh)\r\n!\r\n"), "malformed-telegram"],
    ["no beginning", toTelegram(OBJECTS).subarray(1), "malformed-telegram"],
    ["nothing", Buffer.alloc(0), "malformed-telegram"],
    ["another checksum", Buffer.from("/ABC5\r\n\r\n1-0:1.8.1(1*kWh)\r\n!0000\r\n"), "bad-checksum"],
    ["too many bytes", Buffer.alloc(20_000, 0x2f), "too-large"],
  ])("with %s is refused", (_name, bytes, reason) => {
    expect(decodeTelegram("p1", bytes)).toMatchObject({ messages: [], refusals: [{ reason, node: "p1" }] });
  });

  test.each([
    ["another unit", "1-0:1.8.1(001234.567*Wh)"],
    ["a power in a register's unit", "1-0:1.7.0(01.000*kWh)"],
    ["four decimals", "1-0:1.8.1(1.2345*kWh)"],
    ["ten digits", "1-0:1.8.1(1234567890*kWh)"],
    ["a sign", "1-0:1.8.1(-1*kWh)"],
    ["no digits", "1-0:1.8.1(*kWh)"],
    ["a comma", "1-0:1.8.1(1,5*kWh)"],
  ])("whose register has %s is refused as a whole", (_name, line) => {
    const { messages, refusals } = decode([TIME, line, "1-0:2.8.1(5*kWh)"]);
    expect(messages).toEqual([]);
    expect(refusals).toMatchObject([{ reason: "malformed-telegram" }]);
    expect(refusals[0]?.detail).toContain(line);
  });

  test("that names a register twice is refused", () => {
    expect(decode([TIME, "1-0:1.8.1(1*kWh)", "1-0:1.8.1(2*kWh)"]).refusals[0]?.detail).toMatch(/twice/u);
    expect(decode([TIME, TIME, "1-0:1.8.1(1*kWh)"]).refusals[0]?.detail).toMatch(/twice/u);
  });

  test.each(["240704250000S", "241301000000W", "240230000000W", "240704100000", "240704100000X"])(
    "with a time that is none is refused: %s",
    (stamp) => {
      expect(decode([`0-0:1.0.0(${stamp})`, "1-0:1.8.1(1*kWh)"]).refusals).toMatchObject([
        { reason: "malformed-telegram" },
      ]);
    },
  );

  test("without a time, or without a register, holds nothing to bill", () => {
    expect(decode(["1-0:1.8.1(1*kWh)"]).refusals).toMatchObject([{ reason: "malformed-telegram" }]);
    expect(decode([TIME, "1-0:32.7.0(230.1*V)"])).toEqual({ messages: [], refusals: [] });
  });
});
