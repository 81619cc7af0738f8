import { execFile } from "node:child_process";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";

import { dayOf, dayStart } from "@commonwatt/sdk/time";
import { connectAsync } from "mqtt";
import { parseEther } from "viem";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { openKey } from "../src/keystore/keystore.ts";
import { freePort } from "./support/free-port.ts";
import { type LocalChain, startLocalChain } from "./support/local-chain.ts";
import { createOracleFolder, type OracleFolder } from "./support/oracle-process.ts";
import { startProxy } from "./support/proxy.ts";

const START = dayStart(dayOf(1_780_000_000));
const BINARY = join(import.meta.dirname, "../bin/commonwatt-oracle.js");
const runFile = promisify(execFile);

const PASSPHRASE = "test passphrase";
const RPC_KEY = "rpc-key-b6ff4c19";
const MQTT_PASSWORD = "mqtt-password-5e02";
const DATABASE_PASSWORD = "database-password-77a1";

let chain: LocalChain;
let proxy: Awaited<ReturnType<typeof startProxy>>;
let oracle: OracleFolder;
let admin: string;
let secrets: string[];

beforeAll(async () => {
  chain = await startLocalChain(START);
  proxy = await startProxy(chain.rpcUrl);
  const port = await freePort();
  admin = `http://127.0.0.1:${port}`;
  oracle = createOracleFolder(
    {
      broker: { kind: "embedded", port: 0, usersFile: "users" },
      http: { port: 0, keysFile: "http-keys" },
      rpcUrls: [`${proxy.url}/v3/${RPC_KEY}?token=${RPC_KEY}`],
      clock: "chain",
      logLevel: "debug",
      timing: { pollMilliseconds: 50 },
      admin: { port },
      meters: [{ meter: 1, node: "home-1", fuseWatts: 17_250, inputs: [{ input: "E1", meaning: "netWh" }] }],
    },
    chain.deployment,
  );
  writeFileSync(join(oracle.folder, "users"), `home-1:${MQTT_PASSWORD}\n`, { mode: 0o600 });
  const { submitter } = await oracle.verb<{ submitter: `0x${string}` }>(
    "keys",
    "create",
    "--meters",
    "1",
    "--submitter",
  );
  const made = await oracle.verb<{ key: string }>("keys", "http", "--node", "home-1");
  await chain.client.setBalance({ address: submitter, value: parseEther("10") });
  const keystore = join(oracle.folder, "keystore");
  const keys = await Promise.all(
    (["submitter", { meter: 1 }] as const).map((owner) => openKey(keystore, owner, PASSPHRASE)),
  );
  secrets = [
    ...[PASSPHRASE, RPC_KEY, MQTT_PASSWORD, DATABASE_PASSWORD, made.key],
    ...keys.map(({ privateKey }) => privateKey.slice(2)),
  ];
}, 120_000);

afterAll(async () => {
  oracle.killAll();
  await proxy.close();
  await chain.close();
  oracle.remove();
});

/** All that a verb printed, whether it failed or not. */
async function words(...args: string[]): Promise<string> {
  const { stdout, stderr } = await runFile(process.execPath, [BINARY, ...args, "--config", oracle.configFile]).catch(
    (error: unknown) => error as { stdout: string; stderr: string },
  );
  return stdout + stderr;
}

const pages = async (...urls: string[]) =>
  (await Promise.all(urls.map(async (url) => (await fetch(url)).text()))).join("\n");

describe("secrets", () => {
  test("are in no log, metric, page, status, doctor's word, error or backup, whatever fails", async () => {
    expect(secrets.every((secret) => secret.length >= 15)).toBe(true);
    const said: string[] = [];
    const running = await oracle.start();
    const { mqtt, http, board } = running.ports as { mqtt: number; http: number; board: number };
    const own = [
      `${admin}/metrics`,
      `${admin}/status`,
      `${admin}/readyz`,
      `${admin}/healthz`,
      `http://127.0.0.1:${board}/api/health`,
    ];

    // Senders that are wrong, and one that shows its key in the address.
    const key = secrets[4] ?? "";
    await connectAsync(`mqtt://127.0.0.1:${mqtt}`, {
      username: "home-1",
      password: `${MQTT_PASSWORD}x`,
      reconnectPeriod: 0,
    }).catch(() => undefined);
    said.push(await pages(`http://127.0.0.1:${http}/input/post?node=home-1&fulljson={"E1":1}&apikey=${key}`));
    said.push(await pages(`http://127.0.0.1:${http}/input/post?node=other&fulljson={&apikey=${key}`));
    said.push(await pages(`http://127.0.0.1:${http}/nothing?apikey=${key}`));
    // A node that fails, in each of its ways, and is back.
    said.push(await pages(...own));
    proxy.refuse(true);
    await running.logged("retry");
    said.push(await pages(...own), await words("status"), await words("doctor"));
    proxy.refuse(false);
    said.push(await words("status", "--json"), await words("doctor"), await words("check"));
    said.push(await words("backup", "--to", join(oracle.folder, "backup")));
    await running.end("SIGTERM");
    said.push(...running.lines.map((line) => JSON.stringify(line)));
    expect(running.lines.length).toBeGreaterThan(10);

    // A database that is not there, and a passphrase that is wrong.
    const file = JSON.parse(readFileSync(oracle.configFile, "utf8")) as object;
    const urlFile = join(oracle.folder, "database-url");
    writeFileSync(urlFile, `postgres://oracle:${DATABASE_PASSWORD}@127.0.0.1:9/oracle`, { mode: 0o600 });
    writeFileSync(oracle.configFile, JSON.stringify({ ...file, database: { kind: "postgres", urlFile } }));
    said.push(await words("run"), await words("doctor"), await words("backup", "--to", join(oracle.folder, "none")));
    writeFileSync(oracle.configFile, JSON.stringify(file));
    writeFileSync(join(oracle.folder, "passphrase"), `${PASSPHRASE} wrong\n`, { mode: 0o600 });
    const wrong = [await words("run"), await words("doctor")];
    expect(wrong.join("")).toContain("passphrase");
    said.push(...wrong);

    const backup = join(oracle.folder, "backup");
    for (const name of readdirSync(backup, { recursive: true, encoding: "utf8" })) {
      const path = join(backup, name);
      if (!statSync(path).isFile()) continue;
      const bytes = readFileSync(path);
      said.push((name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8"));
    }
    const all = said.join("\n");
    expect(all).toContain(chain.deployment.neighbourhood);
    for (const secret of secrets) expect(all.toLowerCase()).not.toContain(secret.toLowerCase());
  });

  test("are in files that nobody but the owner can read, and so is everything the oracle writes", () => {
    const open: string[] = [];
    for (const folder of ["data", "keystore", "backup"]) {
      const path = join(oracle.folder, folder);
      if ((statSync(path).mode & 0o077) !== 0) open.push(folder);
    }
    for (const file of ["passphrase", "http-keys", "users"]) {
      if ((statSync(join(oracle.folder, file)).mode & 0o077) !== 0) open.push(file);
    }
    expect(open).toEqual([]);
  });
});
