import { describe, expect, it } from "vitest";

import type { Row } from "../households/rows.ts";
import { Counters } from "./counters.ts";
import { meterMessage, toInt32 } from "./message.ts";

function rows(nets: readonly number[], stepSeconds: number): Row[] {
  return nets.map((netMilliWh, index) => ({ startSeconds: index * stepSeconds, netMilliWh, generationMilliWh: 0 }));
}

describe("Counters", () => {
  it("spreads an hour over its quarter-hours and keeps the total", () => {
    const counters = new Counters(3600);
    const readings = rows([1_001_501], 3600).flatMap((row) => [...counters.count(row)]);
    expect(readings.map(({ seconds }) => seconds)).toEqual([0, 900, 1800, 2700, 3600]);
    expect(readings.map(({ importWh }) => importWh)).toEqual([0, 250, 501, 751, 1002]);
    expect(readings.at(-1)).toMatchObject({ exportWh: 0, gridW: 1002 });
  });

  it("keeps import and export within 0.5 Wh of the exact sums, whatever the rows", () => {
    for (const stepSeconds of [60, 900, 3600]) {
      const nets = Array.from({ length: 500 }, (_, index) => ((index * 7919) % 4001) - 2000);
      const counters = new Counters(stepSeconds);
      const last = rows(nets, stepSeconds)
        .flatMap((row) => [...counters.count(row)])
        .at(-1);
      const imports = nets.reduce((sum, net) => sum + Math.max(0, net), 0);
      const exports = nets.reduce((sum, net) => sum + Math.max(0, -net), 0);
      expect(Math.abs((last?.importWh ?? 0) * 1000 - imports)).toBeLessThanOrEqual(500);
      expect(Math.abs((last?.exportWh ?? 0) * 1000 - exports)).toBeLessThanOrEqual(500);
    }
  });

  it("counts import and export of short rows within one quarter-hour, never both in one step", () => {
    const counters = new Counters(60);
    const readings = rows([3_000, -2_000, 1_000], 60).flatMap((row) => [...counters.count(row)]);
    expect(readings.map(({ importWh, exportWh }) => [importWh, exportWh])).toEqual([
      [0, 0],
      [3, 0],
      [3, 2],
      [4, 2],
    ]);
  });

  it("says where it starts after rows that are missing", () => {
    const counters = new Counters(900);
    const [first, , third] = rows([1_000, 1_000, 1_000], 900);
    const readings = [first, third].flatMap((row) => (row === undefined ? [] : [...counters.count(row)]));
    expect(readings.map(({ seconds, importWh }) => [seconds, importWh])).toEqual([
      [0, 0],
      [900, 1],
      [1800, 1],
      [2700, 2],
    ]);
  });
});

describe("meterMessage", () => {
  const reading = { seconds: 900, importWh: 100, exportWh: 0, generationWh: 7, gridW: 400, generationW: 28 };

  it("speaks like an emonPi2", () => {
    const meter = { node: "home1", hasGeneration: true, initialE1Wh: 0 };
    expect(JSON.parse(meterMessage(meter, { ...reading, exportWh: 250, gridW: -99_999 }, 11))).toEqual({
      time: 900,
      MSG: 12,
      Vrms: 235.7,
      P1: -32_768,
      P2: 28,
      E1: -150,
      E2: 7,
    });
  });

  it("leaves out the generator a home does not have, and wraps E1 at 32 bits", () => {
    const meter = { node: "home2", hasGeneration: false, initialE1Wh: 2_147_483_600 };
    expect(JSON.parse(meterMessage(meter, reading, 0))).toEqual({
      time: 900,
      MSG: 1,
      Vrms: 235,
      P1: 400,
      E1: 2_147_483_700 - 2 ** 32,
    });
    expect(toInt32(-2_147_483_649)).toBe(2_147_483_647);
  });
});
