import { describe, expect, test } from "vitest";

import { toJeelib } from "../../test/support/frames.ts";
import { createNodeTable } from "../sources/decode/node-table.ts";
import { decodeFrame, parseJeelib } from "../sources/decode/radio.ts";
import { createObservations, observe } from "./observations.ts";
import { propose } from "./propose.ts";

type Values = Record<string, number>;

/** What is proposed after these messages of one node. */
function proposeFor(node: string, messages: readonly Values[], source = "mqtt:gateway") {
  const seen = createObservations();
  for (const values of messages)
    observe(seen, { messages: [{ node, timeMs: 1, values: new Map(Object.entries(values)), source }], refusals: [] });
  const { meters, findings, remarks } = propose(seen, []);
  return { meter: meters[0], remarks: findings[0]?.remarks ?? [], finding: findings[0], general: remarks };
}

const emonTx4 = (p1: number, p2: number, e1: number, more: Values = {}): Values => ({
  ...{ MSG: 1, Vrms: 239.6, P1: p1, P2: p2, P3: 0, P4: 0, P5: 0, P6: 0 },
  ...{ E1: e1, E2: 9_000, E3: 0, E4: 0, E5: 0, E6: 0, ...more },
});

describe("a device with a profile", () => {
  test("that exported is wired by its signs: what became negative is the connection", () => {
    const { meter, remarks } = proposeFor("emontx4", [emonTx4(400, 900, 100), emonTx4(-700, 1_500, 98)]);
    expect(meter).toEqual({
      ...{ meter: 1, node: "emontx4", fuseWatts: 17_250, profile: "emonTx4" },
      ...{ wiring: "type2", channel: 1, generationChannel: 2 },
    });
    expect(remarks).toEqual([]);
  });

  test("whose connection is on another channel is wired to that", () => {
    const swapped = [emonTx4(1_500, 400, 100), emonTx4(1_600, -700, 98)];
    expect(proposeFor("emontx4", swapped).meter).toMatchObject({ wiring: "type2", channel: 2, generationChannel: 1 });
    expect(proposeFor("emontx4", [emonTx4(-300, 0, 98)]).meter).toMatchObject({ wiring: "grid", channel: 1 });
  });

  test("that exported nothing is left to its owner: no sign tells the connection from a load", () => {
    const { meter, remarks } = proposeFor("emontx4", [emonTx4(400, 900, 100), emonTx4(300, 800, 101)]);
    expect(meter).toEqual({ meter: 1, node: "emontx4", fuseWatts: 17_250, profile: "emonTx4" });
    expect(remarks[0]).toMatch(/^nothing was exported while listening/u);
  });

  test("with several channels below 0, or several loads beside the connection, says so", () => {
    expect(proposeFor("emontx4", [emonTx4(-300, -400, 1)]).remarks[0]).toMatch(/^channels 1, 2 were all negative/u);
    expect(proposeFor("emontx4", [emonTx4(-300, 900, 1, { P3: 500 })]).remarks[0]).toMatch(
      /^channels 2, 3 are active/u,
    );
  });

  test.each<[string, string, Values, string]>([
    ["emonPi", "emonpi", { power1: -5, power2: 0, power1pluspower2: 0, vrms: 240, pulsecount: 0 }, "emonPi"],
    ["emonPi with counters", "emonpi", { power1: 5, power2: 1, vrms: 240, E1: 5, E2: 6 }, "emonPiCM"],
    ["emonPi2", "EmonPi2", emonTx4(1, 1, 1), "emonPi2"],
    ["emonTx3", "emontx3cm15", { Vrms: 240, P1: 1, P2: 1, P3: 0, P4: 0, E1: 1, E2: 1, E3: 0, E4: 0 }, "emonTx3CM"],
    ["emonTx5", "emonTx5", { ...emonTx4(1, 1, 1), Vrms1: 240 }, "emonTx5"],
    ["EmonESP", "emonesp", { ct1: 3_935, ct2: 325, t1: 12.5 }, "EmonESP"],
    ["Shelly EM", "shellyem-1", { emeter0_total: 5, emeter0_total_returned: 1, emeter0_power: 3 }, "ShellyEM"],
    [
      "Shelly EM Gen3",
      "s",
      { em1data_0_total_act_energy: 5, em1data_0_total_act_ret_energy: 1, em1_0_act_power: 3 },
      "ShellyEMGen3",
    ],
    ["smart meter", "home", { import_wh: 5, export_wh: 1, power_w: 3 }, "P1"],
    ["IoTaWatt", "iotawatt", { grid: -5, solar: 9 }, "IoTaWatt"],
  ])("is recognised by its inputs: %s", (_name, node, values, profile) => {
    expect(proposeFor(node, [values, values]).meter?.profile).toBe(profile);
  });

  test("without AC voltage sensing is not proposed, and the reason is said", () => {
    const { meter, remarks } = proposeFor("emontx4", [emonTx4(400, 900, 100, { Vrms: 0 })]);
    expect(meter).toBeUndefined();
    expect(remarks[0]).toMatch(/^cannot be billed: it shows 0 V, .*export looks like import$/u);
  });

  test("that sends its inputs one by one is told what that rules out", () => {
    expect(proposeFor("emonpi", [{ power1: 500 }, { power2: 20 }]).remarks.at(-1)).toMatch(
      /^sends every input in a message of its own/u,
    );
  });
});

describe("a node that is no known device", () => {
  test.each<[string, Values[], object[]]>([
    ["a net counter", [{ E9: 5 }, { E9: 4 }], [{ input: "E9", meaning: "netWh" }]],
    [
      "counters of import and export",
      [
        { total_import: 5, export_total: 1 },
        { total_import: 6, export_total: 1 },
      ],
      [
        { input: "total_import", meaning: "importWh" },
        { input: "export_total", meaning: "exportWh" },
      ],
    ],
    ["a signed power", [{ mains_power: 50 }, { mains_power: -40 }], [{ input: "mains_power", meaning: "netPowerW" }]],
    ["a nameless counter", [{ a: 500 }, { a: 510 }, { a: 520 }], [{ input: "a", meaning: "importWh" }]],
  ])("is proposed by what its inputs look like: %s", (_name, messages, inputs) => {
    expect(proposeFor("x", messages).meter?.inputs).toEqual(inputs);
  });

  test.each<[string, Values[], RegExp]>([
    ["an unsigned power", [{ power: 50 }, { power: 40 }], /^power was never negative/u],
    ["kWh", [{ energy_kwh: 50.1 }], /^energy_kwh looks like kWh: counters must be Wh/u],
    ["temperatures", [{ temperature: 18.1, humidity: 54, battery: 2.8 }], /^has no energy and no power/u],
    ["one CSV value", [{ 0: 5 }], /^has no energy and no power/u],
  ])("is not proposed, and the reason is said: %s", (_name, messages, remark) => {
    const { meter, remarks } = proposeFor("x", messages);
    expect(meter).toBeUndefined();
    expect(remarks).toContainEqual(expect.stringMatching(remark));
  });
});

describe("what was heard", () => {
  test("in two ways is pointed out", () => {
    const seen = createObservations();
    for (const source of ["mqtt:a", "http:b"])
      observe(seen, {
        messages: [{ node: "n", timeMs: undefined, values: new Map([["E1", 1]]), source }],
        refusals: [],
      });
    expect(propose(seen, []).findings[0]?.remarks[0]).toMatch(/^comes from mqtt:a and http:b/u);
  });

  test("and is in the config already is not proposed again; new meters get free numbers", () => {
    const seen = createObservations();
    for (const node of ["known", "new"])
      observe(seen, {
        messages: [
          {
            node,
            timeMs: 1,
            values: new Map([
              ["import_wh", 1],
              ["export_wh", 2],
            ]),
          },
        ],
        refusals: [],
      });
    const { meters, findings } = propose(seen, [{ meter: 7, node: "known" }]);
    expect(meters.map(({ meter, node }) => [meter, node])).toEqual([[8, "new"]]);
    expect(findings.map(({ node, known }) => [node, known])).toEqual([
      ["known", true],
      ["new", false],
    ]);
  });

  test("of radio nodes without a definition becomes nodes with the profile that their frames fit", () => {
    const seen = createObservations();
    for (const [id, bytes] of [
      [17, 52],
      [3, 52],
      [24, 11],
    ] as const)
      observe(seen, decodeFrame(parseJeelib(toJeelib(id, Buffer.alloc(bytes))), createNodeTable([])));
    const { nodes, remarks } = propose(seen, []);
    expect(nodes).toEqual([
      { id: 17, name: "node17", profile: "emonTx4" },
      { id: 3, name: "node3" },
      { id: 24, name: "node24" },
    ]);
    expect(remarks).toEqual([
      "radio node 3 sends frames of 52 bytes: set its profile to emonTx4 or emonTx5",
      expect.stringMatching(/^radio node 24 sends frames of 11 bytes: no ready profile/u),
    ]);
  });

  test("is bounded, however many names there are", () => {
    const seen = createObservations();
    for (let index = 0; index < 1_500; index++) {
      const values = new Map(Array.from({ length: 80 }, (_, input) => [`x${input}`, 1] as const));
      observe(seen, {
        messages: [{ node: `n${index}`, timeMs: 1, values, source: `mqtt:${index}` }],
        refusals: [{ reason: "malformed-json", node: `n${index}`, detail: "x" }],
      });
      for (let source = 0; source < 10; source++)
        observe(seen, {
          messages: [{ node: "n0", timeMs: 1, values: new Map([["x0", 1]]), source: `http:${source}` }],
          refusals: [],
        });
    }
    expect(seen.nodes.size).toBe(1_000);
    expect(seen.strangers).toBe(500);
    expect(seen.nodes.get("n0")?.inputs.size).toBe(64);
    expect(seen.nodes.get("n0")?.sources.size).toBe(4);
    expect(seen.refused.size).toBe(1);
    expect(propose(seen, []).remarks).toContainEqual("500 messages came from more nodes than there was room for");
  });
});
