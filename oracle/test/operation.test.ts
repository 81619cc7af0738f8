import { execFile } from "node:child_process";
import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";

import { dayOf, dayStart } from "@commonwatt/sdk/time";
import { connectAsync, type MqttClient } from "mqtt";
import { parseEther } from "viem";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import type { Report } from "../src/admin/report.ts";
import { freePort } from "./support/free-port.ts";
import { type LocalChain, startLocalChain } from "./support/local-chain.ts";
import { createOracleFolder, type OracleFolder } from "./support/oracle-process.ts";
import { startProxy } from "./support/proxy.ts";

const START = dayStart(dayOf(1_780_000_000));
const DAY = dayOf(START);
const BINARY = join(import.meta.dirname, "../bin/commonwatt-oracle.js");
const runFile = promisify(execFile);
const WAIT = { timeout: 90_000, interval: 250 };

let chain: LocalChain;
let proxy: Awaited<ReturnType<typeof startProxy>>;
let oracle: OracleFolder;
let admin: string;

beforeAll(async () => {
  chain = await startLocalChain(START);
  proxy = await startProxy(chain.rpcUrl);
  const port = await freePort();
  admin = `http://127.0.0.1:${port}`;
  oracle = createOracleFolder(
    {
      rpcUrls: [proxy.url],
      clock: "chain",
      timing: { pollMilliseconds: 50 },
      admin: { port },
      alarms: { messagesStaleSeconds: 3_600 },
      meters: [{ meter: 1, node: "home-1", fuseWatts: 17_250, inputs: [{ input: "E1", meaning: "netWh" }] }],
    },
    chain.deployment,
  );
  type Address = `0x${string}`;
  const { submitter } = await oracle.verb<{ submitter: Address }>("keys", "create", "--meters", "1", "--submitter");
  await chain.client.setBalance({ address: submitter, value: parseEther("10") });
  await chain.addMeter(1, chain.account(1).address);
  const registers = ["--import-register", "0", "--export-register", "0"];
  type Proof = { device: Address; signature: Address };
  await chain.addDevice(1, await oracle.verb<Proof>("possession", "--meter", "1", ...registers));
}, 120_000);

afterEach(() => {
  oracle.killAll();
});
afterAll(async () => {
  await proxy.close();
  await chain.close();
  oracle.remove();
});

/** Publishes the counter at the end of each quarter-hour; resolves when all are durable. */
async function publish(client: MqttClient, from: number, to: number): Promise<void> {
  for (let quarter = from; quarter <= to; quarter++) {
    const body = JSON.stringify({ time: START + quarter * 900, E1: 1_000_000 + 100 * quarter });
    await client.publishAsync("emon/home-1", body, { qos: 1 });
  }
}

/** Runs a verb as an operator does; what it printed, and how it ended. */
async function command(...args: string[]): Promise<{ code: number; text: string }> {
  try {
    const { stdout } = await runFile(process.execPath, [BINARY, ...args, "--config", oracle.configFile]);
    return { code: 0, text: stdout };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, text: `${stdout}${stderr}` };
  }
}

const readiness = async () => {
  const response = await fetch(`${admin}/readyz`);
  const { reasons } = (await response.json()) as { reasons: { name: string }[] };
  return { status: response.status, reasons: reasons.map(({ name }) => name) };
};
const recordings = () =>
  chain.client.getContractEvents({
    ...chain.contract,
    eventName: "ProfileRecorded",
    args: { meter: 1 },
    fromBlock: 0n,
    strict: true,
  });
const backupFolder = (name: string) => join(oracle.folder, name);

describe("supervision of the oracle", () => {
  test("says that it is ready only while messages are fresh and the chain answers, and why not", async () => {
    const running = await oracle.start();
    expect((await fetch(`${admin}/healthz`)).status).toBe(200);
    await expect.poll(readiness, WAIT).toEqual({ status: 503, reasons: ["messages-stale"] });
    const client = await connectAsync(`mqtt://127.0.0.1:${running.ports.mqtt}`);
    await chain.mineAt(START + 40 * 900);
    await publish(client, 0, 40);
    await expect.poll(readiness, WAIT).toEqual({ status: 200, reasons: [] });

    // Two hours without a message: old data is not ready.
    await chain.mineAt(START + 48 * 900);
    await expect.poll(readiness, WAIT).toEqual({ status: 503, reasons: ["messages-stale"] });
    await publish(client, 41, 48);
    await expect.poll(readiness, WAIT).toEqual({ status: 200, reasons: [] });

    proxy.refuse(true);
    await expect.poll(readiness, WAIT).toEqual({ status: 503, reasons: ["chain-unreachable"] });
    expect((await fetch(`${admin}/healthz`)).status).toBe(200);
    proxy.refuse(false);
    await expect.poll(readiness, WAIT).toEqual({ status: 200, reasons: [] });
    await client.endAsync();
    expect(await running.end("SIGTERM")).toBe(0);
  });

  test("shows metrics, and answers nobody who asks under another name or by another method", async () => {
    await oracle.start();
    const text = await (await fetch(`${admin}/metrics`)).text();
    expect(text).toContain("commonwatt_database_writable 1");
    expect(text).toContain("commonwatt_messages_total 49");
    expect(text).toContain('commonwatt_meters{state="heard"} 1');
    expect(text).toContain("process_resident_memory_bytes");
    expect((await fetch(`${admin}/metrics`, { method: "POST" })).status).toBe(405);
    expect((await fetch(`${admin}/../config.json`)).status).toBe(404);
    const rebound = await runFile("curl", [
      "-s",
      "-o",
      "/dev/null",
      "-w",
      "%{http_code}",
      "-H",
      "Host: evil.example",
      `${admin}/status`,
    ]);
    expect(rebound.stdout).toBe("403");
  });

  test("is asked by the verb status, which says how the oracle stands on one screen", async () => {
    const stopped = await command("status");
    expect(stopped.code).toBe(1);
    expect(stopped.text).toContain("it is not running");
    await oracle.start();
    await expect.poll(readiness, WAIT).toEqual({ status: 200, reasons: [] });
    const { code, text } = await command("status");
    expect(code).toBe(0);
    expect(text).toMatch(/^Ready: +yes$/mu);
    expect(text).toMatch(/^Meters: +all 1 are heard$/mu);
    expect(text).toMatch(/^Money: +\d+\.\d{4} ether for gas on 0x/mu);
    expect(text.trimEnd().split("\n").length).toBeLessThan(24);
    const report = JSON.parse((await command("status", "--json")).text) as Report;
    expect(report).toMatchObject({ ready: true, neighbourhood: chain.deployment.neighbourhood, inbox: { stored: 49 } });
  });
});

describe("the doctor", () => {
  test("finds all well while the oracle runs, and says what is wrong and what to do when it does not", async () => {
    const running = await oracle.start();
    await expect.poll(readiness, WAIT).toEqual({ status: 200, reasons: [] });
    const well = await command("doctor");
    expect(well.text).toMatch(/^ok +oracle +runs, and is ready$/mu);
    expect(well.text).toMatch(/^ok +contracts /mu);
    expect(well.text).toMatch(/^ok +devices +the keys of 1 meters are registered and active$/mu);
    expect(well.text).toMatch(/^ok +database +sqlite, can be read/mu);
    expect(well.text).not.toContain("WRONG");
    // Only the right to announce days is missing, which nobody needs here.
    expect(well.text.match(/^WARNING .*$/gmu)).toEqual([expect.stringContaining("may not announce days")]);
    expect(well.code).toBe(1);
    await running.end("SIGTERM");

    chmodSync(join(oracle.folder, "passphrase"), 0o644);
    proxy.refuse(true);
    const ill = await command("doctor");
    chmodSync(join(oracle.folder, "passphrase"), 0o600);
    proxy.refuse(false);
    expect(ill.code).toBe(2);
    expect(ill.text).toContain("do: chmod 600");
    expect(ill.text).toMatch(/^WRONG +chain +The node at rpcUrls .* does not answer/mu);
    expect(ill.text).toMatch(/^WARNING oracle +does not run$/mu);
  });
});

describe("backup and restore", () => {
  test("of a running oracle under load lose nothing that was acknowledged before, and the restored one goes on", async () => {
    const running = await oracle.start();
    const client = await connectAsync(`mqtt://127.0.0.1:${running.ports.mqtt}`);
    await chain.mineAt(START + 80 * 900);
    await publish(client, 49, 60);
    const [backup] = await Promise.all([command("backup", "--to", backupFolder("first")), publish(client, 61, 80)]);
    expect(backup).toMatchObject({ code: 0 });
    client.end(true);
    await running.end("SIGKILL");

    const again = await command("backup", "--to", backupFolder("first"));
    expect(again).toMatchObject({ code: 1 });
    const refused = await command("restore", "--from", backupFolder("first"));
    expect(refused.text).toContain("is there already, and nothing is overwritten");

    rmSync(join(oracle.folder, "data"), { recursive: true });
    expect(await command("restore", "--from", backupFolder("first"))).toMatchObject({ code: 0 });
    const restored = await oracle.start();
    const back = await connectAsync(`mqtt://127.0.0.1:${restored.ports.mqtt}`);
    await chain.mineAt(START + 96 * 900 + 1);
    // What came after the backup comes again from the gateway; what it holds already counts once.
    await publish(back, 55, 96);
    await restored.logged("recorded", ({ meter }) => meter === 1);
    await back.endAsync();
    expect(await restored.end("SIGTERM")).toBe(0);
    const [event] = await recordings();
    expect(event?.args).toMatchObject({ day: DAY, importRegister: 9_600n, quality: 0n, unattributedImportWh: 0n });
  });

  test("of a backup from before a recorded day sign nothing twice, and the days after it are recorded", async () => {
    rmSync(join(oracle.folder, "data"), { recursive: true });
    const restore = await command("restore", "--from", backupFolder("first"));
    expect(restore.text).toContain("Of 1 devices the chain has later days");
    const restored = await oracle.start();
    const client = await connectAsync(`mqtt://127.0.0.1:${restored.ports.mqtt}`);
    // The day that is on chain, with other readings than it was recorded from: one of them is lost.
    await publish(client, 90, 96);
    await chain.mineAt(START + 2 * 96 * 900 + 1);
    await publish(client, 97, 192);
    await restored.logged("parked", ({ meter }) => meter === 1);
    await restored.logged("recorded", ({ meter }) => meter === 1);
    await client.endAsync();
    expect(await restored.end("SIGTERM")).toBe(0);
    const events = await recordings();
    expect(events.map(({ args }) => args.day)).toEqual([DAY, DAY + 1]);
    expect(events[1]?.args).toMatchObject({ importRegister: 19_200n });
    const memory = new DatabaseSync(join(oracle.folder, "data/signer.sqlite"), { readOnly: true });
    const signed = memory.prepare("SELECT day, hash FROM signed WHERE day >= ? ORDER BY day").all(DAY);
    memory.close();
    expect(signed.map(({ day }) => day)).toEqual([DAY, DAY + 1]);
    expect(signed.map(({ hash }) => hash === "0x")).toEqual([true, false]);
  });

  test("refuse a backup that was changed or is not whole, and leave nothing behind", async () => {
    rmSync(join(oracle.folder, "data"), { recursive: true });
    cpSync(backupFolder("first"), backupFolder("changed"), { recursive: true });
    writeFileSync(join(backupFolder("changed"), "tables/outbox.jsonl.gz"), "nothing");
    const changed = await command("restore", "--from", backupFolder("changed"));
    expect(changed).toMatchObject({ code: 1 });
    expect(changed.text).toContain("was changed or damaged: tables/outbox.jsonl.gz");
    rmSync(join(backupFolder("changed"), "tables/outbox.jsonl.gz"));
    expect((await command("restore", "--from", backupFolder("changed"))).text).toContain("is not whole");
    rmSync(join(backupFolder("changed"), "manifest.json"));
    expect((await command("restore", "--from", backupFolder("changed"))).text).toContain("is no backup");
    expect(existsSync(join(oracle.folder, "data/oracle.sqlite"))).toBe(false);
    expect(existsSync(join(oracle.folder, "data/signer.sqlite"))).toBe(false);
  });

  test("keep dated backups, and no more than asked for", async () => {
    expect(await command("restore", "--from", backupFolder("first"))).toMatchObject({ code: 0 });
    for (let count = 0; count < 3; count++) {
      const made = await command("backup", "--to", backupFolder("many"), "--dated", "--keep", "2");
      expect(made.text).toContain("Backed up to");
    }
    expect(readdirSync(backupFolder("many"))).toHaveLength(2);
    const config = JSON.parse(readFileSync(oracle.configFile, "utf8")) as { dataDir: string };
    expect(existsSync(join(oracle.folder, config.dataDir, "last-backup"))).toBe(true);
  });
});
