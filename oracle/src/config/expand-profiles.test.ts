import { describe, expect, test } from "vitest";

import { PROFILE_NAMES } from "../devices/profile.ts";
import { PROFILES } from "../devices/profiles.ts";
import { CODE_BYTES } from "../sources/decode/struct.ts";
import { ConfigError, parseConfig } from "./load.ts";

const parse = (change: { meters?: object[]; nodes?: object[]; serial?: object[] }) =>
  parseConfig(
    {
      broker: { kind: "embedded" },
      dataDir: "data",
      keystoreDir: "keystore",
      passphraseFile: "passphrase",
      deploymentFile: "deployment.json",
      rpcUrls: ["http://127.0.0.1:8545"],
      meters: [{ meter: 1, node: "a", fuseWatts: 10_000, profile: "P1" }],
      ...change,
    },
    "/srv",
  );

const meter = (more: object) => ({ meter: 1, node: "a", fuseWatts: 17_250, ...more });
const inputsOf = (more: object) => parse({ meters: [meter(more)] }).meters[0]?.inputs;

function problemsOf(change: Parameters<typeof parse>[0]): readonly string[] {
  try {
    parse(change);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe("a meter with a profile", () => {
  test("has the inputs of its device and wiring", () => {
    expect(inputsOf({ profile: "emonPi2", wiring: "type2" })).toEqual([
      { input: "E1", meaning: "netWh" },
      { input: "P1", meaning: "checkPowerW" },
      { input: "E2", meaning: "generationWh" },
    ]);
    expect(inputsOf({ profile: "emonPi", wiring: "grid" })).toEqual([{ input: "power1", meaning: "netPowerW" }]);
    expect(inputsOf({ profile: "P1" })).toMatchObject([
      { input: "import_wh", meaning: "importWh" },
      { input: "export_wh", meaning: "exportWh" },
      { input: "power_w" },
    ]);
  });

  test("that measures use and generation takes the one from the other", () => {
    expect(inputsOf({ profile: "emonPi", wiring: "type1" })).toEqual([
      { input: "power1", minus: ["power2"], meaning: "netPowerW" },
      { input: "power2", meaning: "generationW" },
    ]);
    expect(inputsOf({ profile: "emonTx4", wiring: "type1" })?.[0]).toEqual({
      input: "E1",
      minus: ["E2"],
      meaning: "netWh",
    });
  });

  test("may say which channels are meant", () => {
    expect(
      inputsOf({ profile: "emonTx4", wiring: "type2", channel: 4, generationChannel: 6 })?.map(({ input }) => input),
    ).toEqual(["E4", "P4", "E6"]);
    expect(inputsOf({ profile: "ShellyEM", wiring: "type2", channel: 1 })?.map(({ input }) => input)).toEqual([
      "emeter1_total",
      "emeter1_total_returned",
      "emeter1_power",
      "emeter0_total",
    ]);
    expect(inputsOf({ profile: "emonPi2", wiring: "threePhase", channel: 4 })?.[0]).toEqual({
      input: "E4",
      plus: ["E5", "E6"],
      meaning: "netWh",
    });
  });

  test("may have inputs beside it: of the same name they replace the profile's, billing ones its way of billing", () => {
    const heating = { input: "E3", meaning: "useWh", use: "heating" };
    expect(inputsOf({ profile: "emonPi2", wiring: "grid", inputs: [heating] })).toEqual([
      { input: "E1", meaning: "netWh" },
      { input: "P1", meaning: "checkPowerW" },
      heating,
    ]);
    const momentary = { input: "P1", meaning: "checkPowerW", powerIs: "momentary" };
    expect(inputsOf({ profile: "emonPi2", wiring: "grid", inputs: [momentary] })).toEqual([
      { input: "E1", meaning: "netWh" },
      momentary,
    ]);
    expect(inputsOf({ profile: "emonPi2", wiring: "grid", inputs: [{ input: "I", meaning: "importWh" }] })).toEqual([
      { input: "P1", meaning: "checkPowerW" },
      { input: "I", meaning: "importWh" },
    ]);
  });

  test.each<[string, object, RegExp]>([
    [
      "no wiring where there are several",
      { profile: "emonPi2" },
      /^meters\[0\]\.wiring: missing, expected one of grid, type2, type1, threePhase, for the profile emonPi2$/u,
    ],
    [
      "a wiring it cannot have",
      { profile: "ShellyEM", wiring: "type1" },
      /^meters\[0\]\.wiring: type1, expected grid or type2, for the profile ShellyEM$/u,
    ],
    [
      "a channel it has not",
      { profile: "emonPi", wiring: "grid", channel: 3 },
      /^meters\[0\]\.channel: 3, expected 1 to 2, for the profile emonPi$/u,
    ],
    [
      "three phases beyond its last channel",
      { profile: "emonTx5", wiring: "threePhase", channel: 5 },
      /^meters\[0\]\.channel: 5, expected 1 to 4/u,
    ],
    ["a channel where there is none", { profile: "P1", channel: 1 }, /^meters\[0\]\.channel: 1, expected none/u],
    [
      "one channel for both",
      { profile: "emonPi2", wiring: "type2", channel: 2, generationChannel: 2 },
      /^meters\[0\]\.generationChannel: 2, expected another channel/u,
    ],
    [
      "generation in a wiring without",
      { profile: "emonPi2", wiring: "grid", generationChannel: 2 },
      /^meters\[0\]\.generationChannel: 2, expected none with the wiring grid/u,
    ],
    [
      "a fuse beyond 16 bits of power and no counter",
      { profile: "emonPi", wiring: "grid", fuseWatts: 43_000 },
      /^meters\[0\]\.fuseWatts: 43000, expected at most 32767 .*it has no counter$/u,
    ],
    [
      "no profile but a wiring",
      { wiring: "grid", inputs: [{ input: "E1", meaning: "netWh" }] },
      /^meters\[0\]\.wiring: grid, expected only beside a profile$/u,
    ],
    ["neither inputs nor profile", {}, /^meters\[0\]\.inputs: missing, expected inputs or a profile$/u],
    [
      "no voltage sensing",
      { profile: "emonTx4", wiring: "grid", voltageSensing: false },
      /^meters\[0\]\.voltageSensing: false, expected true/u,
    ],
    [
      "an input that counts itself twice",
      { inputs: [{ input: "E1", minus: ["E1"], meaning: "netWh" }] },
      /^meters\[0\]\.inputs\[0\]: takes "E1" into account twice/u,
    ],
  ])("is refused with %s", (_name, more, expected) => {
    const problems = problemsOf({ meters: [meter(more)] });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(expected);
  });

  test("is a whole config in every wiring of every device", () => {
    for (const name of PROFILE_NAMES) {
      for (const wiring of Object.keys(PROFILES[name].wirings)) {
        const inputs = inputsOf({ profile: name, wiring });
        expect(JSON.stringify(inputs)).not.toMatch(/[#%&$]/u);
      }
    }
  });
});

describe("a node with a profile", () => {
  test("has the layout of its device's frames", () => {
    const [node] = parse({ nodes: [{ id: 17, name: "emontx4", profile: "emonTx4" }] }).nodes;
    expect(node?.names.slice(0, 4)).toEqual(["MSG", "Vrms", "P1", "P2"]);
    expect(node?.codes).toHaveLength(18);
  });

  test("every layout has a name, a code and a scale for each value", () => {
    for (const name of PROFILE_NAMES) {
      const { frame } = PROFILES[name];
      if (frame === undefined) continue;
      expect([frame.codes, frame.scales].map((list) => [list].flat().length)).toEqual([
        frame.names.length,
        frame.names.length,
      ]);
      const bytes = [frame.codes].flat().reduce((sum, code) => sum + CODE_BYTES[code], 0);
      // What an RFM69 sends in one frame of JeeLib's format.
      expect(bytes).toBeLessThanOrEqual(62);
    }
  });

  test.each<[string, object, RegExp]>([
    [
      "a device without a radio",
      { name: "a", profile: "P1" },
      /^nodes\[0\]\.profile: P1, expected one with a radio: emonPi, /u,
    ],
    [
      "names as well",
      { name: "a", profile: "emonTx4", names: ["x"] },
      /^nodes\[0\]\.names: given beside the profile emonTx4/u,
    ],
    ["neither", { name: "a" }, /^nodes\[0\]\.names: missing, expected names or a profile$/u],
    [
      "codes of another number",
      { name: "a", names: ["x", "y"], codes: ["h"] },
      /^nodes\[0\]\.codes: 1 of them, expected one for all or 2/u,
    ],
    ["a name twice", { name: "a", names: ["x", "x"] }, /^nodes\[0\]\.names: "x" is there twice/u],
  ])("is refused with %s", (_name, node, expected) => {
    expect(problemsOf({ nodes: [node] })).toEqual([expect.stringMatching(expected)]);
  });

  test("has a number and a name of its own", () => {
    const node = { id: 8, name: "a", names: ["x"] };
    expect(problemsOf({ nodes: [node, node] })).toEqual([
      "nodes[1].id: 8 is there twice, expected it once",
      'nodes[1].name: "a" is there twice, expected it once',
    ]);
  });
});

describe("a serial line", () => {
  test.each<[object, RegExp]>([
    [{ path: "p", format: "text" }, /^serial\[0\]\.node: missing/u],
    [{ path: "p", format: "p1" }, /^serial\[0\]\.node: missing/u],
    [{ path: "p", format: "jeelib", node: "x" }, /^serial\[0\]\.node: "x", expected none/u],
  ])("is refused where its node does not fit its format: %j", (line, expected) => {
    expect(problemsOf({ serial: [line] })).toEqual([expect.stringMatching(expected)]);
  });

  test("is refused where it is there twice", () => {
    const line = { path: "p", format: "jeelib" };
    expect(problemsOf({ serial: [line, line] })).toEqual([
      expect.stringMatching(/^serial\[1\]\.path: "p" is there twice/u),
    ]);
  });
});
