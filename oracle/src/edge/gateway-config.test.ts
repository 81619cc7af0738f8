import { readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { parseGatewayConfig } from "./gateway-config.ts";

const EXAMPLE = new URL("../../edge.example.json", import.meta.url);
const example = () => JSON.parse(readFileSync(EXAMPLE, "utf8")) as Record<string, unknown>;

describe("a gateway's config", () => {
  test("is what the example says, with defaults, and its paths start at its folder", () => {
    const config = parseGatewayConfig(example(), "/gateway");
    expect(config).toMatchObject({
      dataDir: "/gateway/edge-data",
      relay: { passwordFile: "/gateway/relay-password" },
      meters: [{ meter: 7, capUnits: 5_000 }],
      timing: { maxGapSeconds: 3_600 },
    });
    // What the long-running process is handed is this, and nothing is lost on the way.
    expect(JSON.parse(JSON.stringify(config))).toEqual(config);
  });

  test.each([
    [{ neighbourhood: { chainId: 1, address: "0x12" } }, /neighbourhood\.address.*40 hex digits/u],
    [{ broker: undefined }, /broker, serial: both are missing/u],
    [{ relay: { url: "mqtt://user:secret@broker" } }, /relay\.url: holds a user name or password/u],
    [
      { relay: { url: "mqtt://broker", caFile: "ca.pem" } },
      /relay\.caFile: given, expected relay\.url to begin with mqtts/u,
    ],
    [{ meters: [] }, /meters/u],
    [{ stranger: 1 }, /stranger/u],
  ])("with %j is refused by name", (change, message) => {
    expect(() => parseGatewayConfig({ ...example(), ...change }, "/gateway")).toThrow(message);
  });
});
