import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { connectAsync } from "mqtt";
import { afterEach, describe, expect, test } from "vitest";

import { parseConfig } from "../src/config/load.ts";
import type { Proposal } from "../src/discover/propose.ts";
import { createOracleFolder, type OracleFolder } from "./support/oracle-process.ts";

const BINARY = fileURLToPath(new URL("../bin/commonwatt-oracle.js", import.meta.url));
const folders: OracleFolder[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) folder.remove();
});

function makeFolder(config: object): OracleFolder {
  const folder = createOracleFolder({ rpcUrls: ["http://127.0.0.1:1"], ...config }, {});
  folders.push(folder);
  return folder;
}

/** Runs the verb; `heard` is called with the broker's port once everything listens. It is ended when `heard` has resolved. */
async function discover({ configFile }: OracleFolder, heard: (port: number) => Promise<void>): Promise<Proposal> {
  const child = spawn(process.execPath, [BINARY, "discover", "--config", configFile, "--seconds", "60", "--json"], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exited = once(child, "exit") as Promise<[number | null]>;
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  let port = 0;
  const progress = createInterface({ input: child.stderr });
  try {
    for await (const line of progress) {
      port = Number(/^Listening as a broker on .*:(\d+)$/u.exec(line)?.[1] ?? port);
      if (!line.startsWith("Reading p1 from ")) continue;
      await heard(port);
      child.kill("SIGINT");
    }
    expect((await exited)[0]).toBe(0);
  } finally {
    child.kill("SIGKILL");
  }
  return JSON.parse(output) as Proposal;
}

describe("discover", () => {
  test("proposes what it hears over MQTT and a serial line, from a config without meters, and writes nothing", async () => {
    const folder = makeFolder({ serial: [{ path: "port", format: "p1", node: "smartmeter" }] });
    await promisify(execFile)("mkfifo", [join(folder.folder, "port")]);
    const before = readdirSync(folder.folder);

    const proposal = await discover(folder, async (port) => {
      await using writer = await open(join(folder.folder, "port"), "r+");
      await writer.write("/broken\r\n!0000\r\n");
      const client = await connectAsync(`mqtt://127.0.0.1:${port}`);
      for (const [P1, E1] of [
        [400, 100],
        [-900, 98],
      ]) {
        const body = { MSG: 1, Vrms: 240, P1, P2: 1_500, P6: 0, E1, E2: 5_000 };
        await client.publishAsync("emon/EmonPi2", JSON.stringify(body), { qos: 1 });
      }
      await client.publishAsync("shellies/shellyem-1/emeter/0/total", "5.1", { qos: 1 });
      await client.publishAsync("shellies/shellyem-1/emeter/0/total_returned", "1.5", { qos: 1 });
      await client.publishAsync("emonhub/rx/19/values", "18.1,0,54.9,2.8,1,-49", { qos: 1 });
      await client.endAsync();
    });

    expect(proposal.meters).toEqual([
      {
        ...{ meter: 1, node: "EmonPi2", fuseWatts: 17_250, profile: "emonPi2" },
        ...{ wiring: "type2", channel: 1, generationChannel: 2 },
      },
      { meter: 2, node: "shellyem-1", fuseWatts: 17_250, profile: "ShellyEM" },
    ]);
    expect(proposal.findings.map(({ node }) => node)).toEqual(["19", "EmonPi2", "shellyem-1"]);
    expect(proposal.remarks).toContainEqual(
      expect.stringMatching(/^refused 1 times as bad-checksum, such as smartmeter: /u),
    );
    expect(readdirSync(folder.folder)).toEqual(before);

    const [pi] = proposal.meters;
    expect(parseConfig({ ...base(), meters: [pi] }, folder.folder).meters[0]?.inputs[0]).toEqual({
      input: "E1",
      meaning: "netWh",
    });
  });

  test.each([
    [["--seconds", "0"], /--seconds is "0", expected 1 to 86400/u],
    [["--seconds", "soon"], /--seconds is "soon"/u],
  ])("refuses a duration that is none: %j", async (args, message) => {
    const { configFile } = makeFolder({});
    const run = promisify(execFile)(process.execPath, [BINARY, "discover", "--config", configFile, ...args]);
    await expect(run).rejects.toThrow(message);
  });

  test("says what is wrong with a config that has other problems", async () => {
    const { configFile, folder } = makeFolder({});
    writeFileSync(join(folder, "config.json"), JSON.stringify({ ...base(), baseTopic: "a/#" }));
    const run = promisify(execFile)(process.execPath, [BINARY, "discover", "--config", configFile]);
    await expect(run).rejects.toThrow(/^.*The config has 1 problem:\n\s+baseTopic: "a\/#"/su);
  });
});

function base() {
  return {
    broker: { kind: "embedded" },
    dataDir: "data",
    keystoreDir: "keystore",
    passphraseFile: "passphrase",
    deploymentFile: "deployment.json",
    rpcUrls: ["http://127.0.0.1:1"],
  };
}
