import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { nonceSecret } from "../api/nonces.ts";
import { createSessionStore } from "../api/sessions.ts";
import { loadConfig } from "../config/load.ts";
import { openDatabase } from "../storage/open.ts";
import { restoreBackup } from "./restore.ts";
import { writeBackup } from "./write-backup.ts";

const ADDRESS = `0x${"00".repeat(19)}a1` as const;
const CONTRACTS = ["neighbourhood", "token", "marketplace", "currency", "deviceRegistry", "accessManager"];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sign-ins-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function newOracle(name: string) {
  const configFile = join(folder, `${name}.json`);
  const deployment = { name: "street", chainId: 31_337, deploymentBlock: 0 };
  const contracts = Object.fromEntries(CONTRACTS.map((contract) => [contract, ADDRESS]));
  writeFileSync(join(folder, "deployment.json"), JSON.stringify({ ...deployment, ...contracts }));
  const config = {
    broker: { kind: "embedded" },
    ...{ dataDir: `${name}-data`, keystoreDir: "keystore", passphraseFile: "passphrase" },
    deploymentFile: "deployment.json",
    rpcUrls: ["http://127.0.0.1:9"],
    meters: [{ meter: 1, node: "a", fuseWatts: 1_000, inputs: [{ input: "E1", meaning: "netWh" }] }],
  };
  writeFileSync(configFile, JSON.stringify(config));
  return { configFile, config: loadConfig(configFile) };
}

test("a backup has no sign-in in it, and a session that was ended since does not come back with it", async () => {
  const limits = { sessionSeconds: 3_600, idleSeconds: 3_600, maxSessionsPerWallet: 8 };
  const [from, to] = [newOracle("from"), newOracle("to")];
  const database = await openDatabase(from.config);
  const secret = await database.transaction(nonceSecret);
  const { token } = await createSessionStore(database, limits, Date.now).begin(database, ADDRESS);
  const backup = join(folder, "backup");
  const manifest = await writeBackup(from.config, { configFile: from.configFile, to: backup, now: new Date(0) });
  await database.close();
  expect(Object.keys(manifest.tables).filter((table) => table.startsWith("api_"))).toEqual([]);
  expect(readdirSync(join(backup, "tables")).filter((name) => name.startsWith("api_"))).toEqual([]);

  const chain = { chainId: 31_337, neighbourhood: ADDRESS, devices: [], lastDays: () => Promise.resolve(new Map()) };
  await restoreBackup(to.config, { from: backup, ...chain });
  const restored = await openDatabase(to.config);
  expect(await createSessionStore(restored, limits, Date.now).find(token)).toBeUndefined();
  expect(await restored.transaction(nonceSecret)).not.toEqual(secret);
  await restored.close();
});
