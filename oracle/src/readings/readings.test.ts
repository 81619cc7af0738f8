import { describe, expect, test } from "vitest";

import type { MeterConfig } from "../config/schema.ts";
import { createReadingsMap, inputsOf } from "./readings.ts";

const meter = (inputs: MeterConfig["inputs"]): MeterConfig => ({
  ...{ meter: 7, node: "home", fuseWatts: 17_250, unitWh: 1, voltageSensing: true },
  ...{ openingImportWh: 0, openingExportWh: 0, inputs },
});

function read(inputs: MeterConfig["inputs"], values: Record<string, number>, node = "home") {
  const message = { node, timeMs: undefined, values: new Map(Object.entries(values)) };
  const { readings, refusals } = createReadingsMap([meter(inputs)])(message, 5_000);
  return {
    values: Object.fromEntries(readings.map(({ input, meaning, value }) => [`${input} ${meaning}`, value])),
    refusals: refusals.map(({ reason, input }) => `${reason} ${input ?? ""}`),
  };
}

describe("an input", () => {
  test("has a meter, a meaning and whole Wh or mW", () => {
    const inputs: MeterConfig["inputs"] = [
      { input: "E1", meaning: "netWh" },
      { input: "P1", meaning: "checkPowerW" },
    ];
    expect(read(inputs, { E1: 1234.9, P1: -0.4317 })).toEqual({
      values: { "E1 netWh": 1234, "P1 checkPowerW": -432 },
      refusals: [],
    });
  });

  test("that no meter uses, or of another node, is unknown", () => {
    expect(read([{ input: "E1", meaning: "netWh" }], { Vrms: 230 })).toEqual({
      values: {},
      refusals: ["unknown-input Vrms"],
    });
    expect(read([{ input: "E1", meaning: "netWh" }], { E1: 1 }, "else").refusals).toEqual(["unknown-input E1"]);
  });

  test.each([
    [2 ** 44, "netWh"],
    [-(2 ** 31) - 1, "netWh"],
    [1e8 + 1, "netPowerW"],
  ] as const)("beyond any meter's is refused: %d as %s", (value, meaning) => {
    expect(read([{ input: "x", meaning }], { x: value })).toEqual({ values: {}, refusals: ["out-of-range x"] });
  });
});

describe("inputs that are put together", () => {
  test("are no measurement when one of them is at the end of its 16 bits", () => {
    const phases: MeterConfig["inputs"] = [{ input: "P1", plus: ["P2"], meaning: "netPowerW" }];
    expect(read(phases, { P1: 100, P2: 32_767 }).values).toEqual({ "P1 netPowerW": 32_767_000 });
    const counters: MeterConfig["inputs"] = [{ input: "E1", plus: ["E2"], meaning: "netWh" }];
    expect(read(counters, { E1: 100, E2: 32_767 }).values).toEqual({ "E1 netWh": 32_867 });
  });

  const type1: MeterConfig["inputs"] = [
    { input: "E1", minus: ["E2"], meaning: "netWh" },
    { input: "E2", meaning: "generationWh" },
  ];

  test("are what passes the connection where use and generation are measured", () => {
    expect(read(type1, { E1: 5_000, E2: 7_500 }).values).toEqual({ "E1 netWh": -2_500, "E2 generationWh": 7_500 });
    const powers: MeterConfig["inputs"] = [{ input: "power1", minus: ["power2"], meaning: "netPowerW" }];
    expect(read(powers, { power1: 300, power2: 1_800 }).values).toEqual({ "power1 netPowerW": -1_500_000 });
  });

  test("are the sum of phases, each of which may have wrapped", () => {
    const phases: MeterConfig["inputs"] = [{ input: "E1", plus: ["E2", "E3"], meaning: "netWh" }];
    expect(read(phases, { E1: 10, E2: -4, E3: 5 }).values).toEqual({ "E1 netWh": 11 });
    const least = -(2 ** 31);
    expect(read(phases, { E1: least, E2: least, E3: least }).values).toEqual({ "E1 netWh": 3 * least });
  });

  test("of different messages are not put together: the difference of two moments is energy that never passed", () => {
    expect(read(type1, { E1: 5_000 })).toEqual({ values: {}, refusals: ["incomplete E1"] });
    expect(read(type1, { E2: 7_500 })).toEqual({ values: { "E2 generationWh": 7_500 }, refusals: [] });
  });

  test("are all known to the meter", () => {
    expect(inputsOf(meter(type1))).toEqual(["E1", "E2"]);
  });
});
