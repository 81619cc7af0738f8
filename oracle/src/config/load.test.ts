import { readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { ConfigError, parseConfig } from "./load.ts";

const example = () =>
  JSON.parse(readFileSync(new URL("../../config.example.json", import.meta.url), "utf8")) as Record<string, unknown>;

function problemsOf(change: (config: ReturnType<typeof minimal>) => unknown): readonly string[] {
  const config = minimal();
  change(config);
  try {
    parseConfig(config, "/srv");
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

function minimal() {
  return {
    broker: { kind: "embedded" } as Record<string, unknown>,
    dataDir: "data",
    keystoreDir: "keystore",
    passphraseFile: "passphrase",
    deploymentFile: "deployment.json",
    rpcUrls: ["http://127.0.0.1:8545"],
    timing: {} as Record<string, unknown>,
    meters: [
      { meter: 1, node: "a", fuseWatts: 10_000, inputs: [{ input: "E1", meaning: "netWh" }] } as Record<
        string,
        unknown
      >,
    ],
  };
}

describe("the config", () => {
  test("of the example file is accepted", () => {
    const config = parseConfig(example(), "/srv/oracle");
    expect(config.meters.map((meter) => meter.meter)).toEqual([1, 2, 3]);
    expect(config.passphraseFile).toBe("/srv/oracle/passphrase");
  });

  test("of the example file names every key there is", () => {
    const { board, http, timing, submission, settlement } = parseConfig(example(), "/srv");
    expect(example()["http"]).toEqual({ ...http, keysFile: "http-keys" });
    expect(http?.keysFile).toBe("/srv/http-keys");
    expect(example()["timing"]).toEqual(timing);
    expect(example()["submission"]).toEqual(submission);
    expect(example()["settlement"]).toEqual(settlement);
    expect(example()["board"]).toEqual(board);
  });

  test("may leave out what has a default", () => {
    expect(problemsOf(() => undefined)).toEqual([]);
    expect(parseConfig(minimal(), "/srv").timing.maxGapSeconds).toBe(3_600);
  });

  test.each<[string, (config: ReturnType<typeof minimal>) => unknown, RegExp]>([
    [
      "unknown key",
      (config) => (config.timing["graceSecond"] = 5),
      /^timing: unknown key "graceSecond", expected one of graceSeconds, maxLateSeconds, maxGapSeconds,/u,
    ],
    [
      "unknown key of a meter",
      (config) => Object.assign(config.meters[0] ?? {}, { fuseWats: 1 }),
      /^meters\[0\]: unknown key "fuseWats", expected one of meter, node, profile, wiring, /u,
    ],
    [
      "unknown key of a broker",
      (config) => (config.broker["url"] = "mqtt://x"),
      /^broker: unknown key "url", expected one of kind, host, port, usersFile, readers, maxConnections$/u,
    ],
    [
      "wrong kind of broker",
      (config) => (config.broker["kind"] = "cloud"),
      /^broker.kind: "cloud" .*'embedded' \| 'external'/u,
    ],
    [
      "missing key",
      (config) => delete (config as Partial<typeof config>).dataDir,
      /^dataDir: missing, expected string$/u,
    ],
    [
      "out of range",
      (config) => (config.broker["port"] = 70_000),
      /^broker.port: 70000 is not allowed, expected number to be <=65535$/u,
    ],
    [
      "wrong type",
      (config) => (config.timing["graceSeconds"] = "60"),
      /^timing.graceSeconds: "60" is not allowed, expected number$/u,
    ],
    [
      "topic with a wildcard",
      (config) => Object.assign(config.meters[0] ?? {}, { node: "a/#" }),
      /^meters\[0\].node: "a\/#" .*without/u,
    ],
    [
      "same meter twice",
      (config) => config.meters.push({ ...config.meters[0], node: "b" }),
      /^meters\[1\].meter: 1 is already the number of meters\[0\]/u,
    ],
    [
      "same input twice",
      (config) => config.meters.push({ ...config.meters[0], meter: 2 }),
      /^meters\[1\].inputs\[0\].input: "a\/E1" is already used by meters\[0\].inputs\[0\].input/u,
    ],
    [
      "two ways of billing",
      (config) =>
        Object.assign(config.meters[0] ?? {}, {
          inputs: [
            { input: "E1", meaning: "netWh" },
            { input: "P1", meaning: "netPowerW" },
          ],
        }),
      /^meters\[0\].inputs: the energy is measured in 2 ways, expected exactly one/u,
    ],
    [
      "one counter in two inputs that are billed",
      (config) =>
        Object.assign(config.meters[0] ?? {}, {
          inputs: [
            { input: "E1", meaning: "netWh" },
            { input: "E2", meaning: "netWh", plus: ["E1"] },
          ],
        }),
      /^meters\[0\].inputs: "E1" is billed twice as netWh, expected in one input of it$/u,
    ],
    [
      "a billed meter without voltage sensing",
      (config) => Object.assign(config.meters[0] ?? {}, { voltageSensing: false }),
      /^meters\[0\].voltageSensing: false, expected true: .*export would be billed as import/u,
    ],
    [
      "a kind of power for a counter",
      (config) =>
        Object.assign(config.meters[0] ?? {}, { inputs: [{ input: "E1", meaning: "netWh", powerIs: "momentary" }] }),
      /^meters\[0\].inputs\[0\].powerIs: "momentary" is not allowed, expected only for netPowerW/u,
    ],
    [
      "an opening register between units",
      (config) => Object.assign(config.meters[0] ?? {}, { unitWh: 10, openingImportWh: 15 }),
      /^meters\[0\].openingImportWh: 15, expected a multiple of unitWh, 10$/u,
    ],
    [
      "gaps that contradict",
      (config) => Object.assign(config.timing, { maxGapSeconds: 60 }),
      /^timing.measuredGapSeconds: 900, expected at most maxGapSeconds, 60$/u,
    ],
    [
      "a broker for everyone",
      (config) => (config.broker["host"] = "0.0.0.0"),
      /^broker.usersFile: missing, .* because broker.host "0.0.0.0" is not a loopback address/u,
    ],
    [
      "readers whom nothing tells apart",
      (config) => (config.broker["readers"] = ["emoncms"]),
      /^broker.readers: \["emoncms"\], expected none without broker.usersFile$/u,
    ],
    [
      "an authority for a broker without TLS",
      (config) => (config.broker = { kind: "external", url: "mqtt://broker", caFile: "ca.pem" }),
      /^broker.caFile: given, expected broker.url to begin with mqtts/u,
    ],
    [
      "a certificate without its key",
      (config) => (config.broker = { kind: "external", url: "mqtts://broker", certificateFile: "oracle.pem" }),
      /^broker.certificateFile, broker.keyFile: one is missing/u,
    ],
    [
      "a password in the URL",
      (config) => (config.broker = { kind: "external", url: "mqtt://oracle:secret@broker" }),
      /^broker.url: holds a user name or password, expected them in broker.usernameFile/u,
    ],
    [
      "a deadline before the grace",
      (config) => Object.assign(config, { settlement: { deadlineSeconds: 60 } }),
      /^settlement.deadlineSeconds: 60, expected at least timing.graceSeconds, 3600/u,
    ],
  ])("says what is wrong: %s", (_name, change, expected) => {
    const problems = problemsOf(change);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(expected);
  });
});
