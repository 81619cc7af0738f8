import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { restoreBackup } from "../src/backup/restore.ts";
import { writeBackup } from "../src/backup/write-backup.ts";
import { SEATS, SHARDS } from "../src/cluster/shards.ts";
import { loadConfig } from "../src/config/load.ts";
import { openDatabase } from "../src/storage/open.ts";
import type { Database } from "../src/storage/sql.ts";
import { type Postgres, postgresPrograms, startPostgres } from "./support/postgres.ts";

const ADDRESS = `0x${"00".repeat(19)}a1`;
const DEPLOYMENT = {
  name: "street",
  chainId: 31_337,
  deploymentBlock: 0,
  ...Object.fromEntries(
    ["neighbourhood", "token", "marketplace", "currency", "deviceRegistry", "accessManager"].map((name) => [
      name,
      ADDRESS,
    ]),
  ),
};

describe.skipIf(postgresPrograms() === undefined)("a backup (skipped where no PostgreSQL is installed)", () => {
  const folder = mkdtempSync(join(tmpdir(), "backup-"));
  let server: Postgres;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });

  /** The config of an oracle with a database of its own. */
  async function newOracle(name: string, kind: "sqlite" | "postgres") {
    const file = join(folder, `${name}.json`);
    const urlFile = `${name}-url`;
    if (kind === "postgres") writeFileSync(join(folder, urlFile), await server.createDatabase(name), { mode: 0o600 });
    writeFileSync(join(folder, "deployment.json"), JSON.stringify(DEPLOYMENT));
    writeFileSync(
      file,
      JSON.stringify({
        broker: { kind: "embedded" },
        ...{ dataDir: `${name}-data`, keystoreDir: "keystore", passphraseFile: "passphrase" },
        deploymentFile: "deployment.json",
        rpcUrls: ["http://127.0.0.1:9"],
        database: kind === "sqlite" ? { kind } : { kind, urlFile },
        meters: [{ meter: 1, node: "a", fuseWatts: 1_000, inputs: [{ input: "E1", meaning: "netWh" }] }],
      }),
    );
    return { configFile: file, config: loadConfig(file) };
  }

  const sharedOf = (database: Database) =>
    database.get(
      'SELECT (SELECT count(*) FROM shards) AS "shards", (SELECT count(DISTINCT seat) FROM seats) AS "seats"',
    );

  const chain = {
    chainId: DEPLOYMENT.chainId,
    neighbourhood: ADDRESS,
    devices: [],
    lastDays: () => Promise.resolve(new Map()),
  };

  test.each([
    ["sqlite", "postgres"],
    ["postgres", "sqlite"],
    ["postgres", "postgres"],
  ] as const)("of %s is restored into %s as it was, and numbers go on", async (source, target) => {
    const from = await newOracle(`from_${source}_${target}`, source);
    const to = await newOracle(`to_${source}_${target}`, target);
    const database = await openDatabase(from.config);
    await database.run(
      "INSERT INTO transactions (purpose, account, nonce, to_address, data, gas, state) VALUES ('record', 'a', 1, 'b', 'ü\n\"', 9007199254740993, 'unmined')",
    );
    await database.runMany(
      "INSERT INTO inbox (seq, arrival_ms, node, time_ms, body) VALUES (?, ?, ?, ?, ?)",
      Array.from({ length: 2_500 }, (_, index) => [index + 1, 1_780_000_000_000, "a", 1_780_000_000_000, '{"E1":1}']),
    );
    await database.run("UPDATE inbox_cursor SET seq = 1200");
    const backup = join(folder, `backup-${source}-${target}`);
    // While the oracle has it open, and writes.
    const writing = database.run("INSERT INTO open_days (meter, day) VALUES (1, 20600)");
    const manifest = await writeBackup(from.config, { configFile: from.configFile, to: backup, now: new Date(0) });
    await writing;
    await database.close();
    expect(manifest.tables).toMatchObject({ inbox: 2_500, transactions: 1, inbox_cursor: 1 });

    await restoreBackup(to.config, { from: backup, ...chain });
    await expect(restoreBackup(to.config, { from: backup, ...chain })).rejects.toThrow(/nothing is overwritten/u);
    const restored = await openDatabase(to.config);
    expect(await restored.all("SELECT seq FROM inbox_cursor")).toEqual([{ seq: 1_200 }]);
    expect(await restored.get('SELECT count(*) AS "rows", max(seq) AS "last" FROM inbox')).toEqual({
      rows: 2_500,
      last: 2_500,
    });
    expect(await restored.get("SELECT id, data, gas FROM transactions")).toEqual({
      id: 1,
      data: 'ü\n"',
      gas: 9_007_199_254_740_993n,
    });
    const next = await restored.get(
      "INSERT INTO transactions (purpose, account, nonce, to_address, data, gas, state) VALUES ('record', 'a', 2, 'b', '', 1, 'unmined') RETURNING id",
    );
    expect(next).toEqual({ id: 2 });
    // What several processes would share is whole, also where the backup is from one that had none of it.
    if (target === "postgres") expect(await sharedOf(restored)).toEqual({ shards: SHARDS, seats: SEATS });
    await restored.close();
  });

  test("of another neighbourhood is refused", async () => {
    const from = await newOracle("others", "sqlite");
    await (await openDatabase(from.config)).close();
    const backup = join(folder, "backup-others");
    await writeBackup(from.config, { configFile: from.configFile, to: backup, now: new Date(0) });
    const to = await newOracle("mine", "sqlite");
    const other = { ...chain, neighbourhood: `0x${"00".repeat(19)}b2` };
    await expect(restoreBackup(to.config, { from: backup, ...other })).rejects.toThrow(/is of the neighbourhood/u);
  });
});
