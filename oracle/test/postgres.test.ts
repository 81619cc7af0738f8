import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { DatabaseUnavailableError } from "../src/storage/errors.ts";
import { MIGRATIONS } from "../src/storage/migrations.ts";
import { openDatabase } from "../src/storage/open.ts";
import { openPostgres } from "../src/storage/postgres.ts";
import type { Database } from "../src/storage/sql.ts";
import { type Postgres, postgresPrograms, startPostgres } from "./support/postgres.ts";
import { describeStorage } from "./support/storage-suite.ts";

const ADD = "INSERT INTO open_days (meter, day) VALUES (?, ?)";
const ALL = "SELECT meter, day FROM open_days ORDER BY meter, day";

const isInstalled = postgresPrograms() !== undefined;
describe.skipIf(!isInstalled)("with a real PostgreSQL (skipped where none is installed)", () => {
  let server: Postgres;
  let databases = 0;
  const newUrl = () => server.createDatabase(`oracle_${++databases}`);
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.close());

  describeStorage("PostgreSQL", async () => openPostgres(await newUrl()));

  describe("the database", () => {
    let url: string;
    let database: Database;
    beforeEach(async () => {
      url = await newUrl();
      database = await openPostgres(url);
    });
    afterEach(() => database.close());

    async function asOwner(statement: string): Promise<void> {
      const client = new Client(url);
      client.on("error", () => undefined);
      await client.connect();
      await client.query(statement);
      await client.end();
    }

    test("is opened again as it was", async () => {
      await database.run(ADD, 1, 20_000);
      await database.close();
      database = await openPostgres(url);
      expect(await database.all(ALL)).toEqual([{ meter: 1, day: 20_000 }]);
      expect(await database.get("SELECT version FROM schema_version")).toEqual({ version: MIGRATIONS.length });
    });

    test("of a newer version is refused", async () => {
      await database.run("UPDATE schema_version SET version = 99");
      await database.close();
      await expect(openPostgres(url)).rejects.toThrow(`schema version 99, expected at most ${MIGRATIONS.length}`);
    });

    test("has one oracle at a time, and is free at once when that one is gone", async () => {
      await expect(openPostgres(url, 0)).rejects.toThrow("in use by another oracle");
      await database.close();
      await (await openPostgres(url, 0)).close();
    });

    test("is the oracle's again after its connection was cut, and what was in a transaction is undone", async () => {
      const cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'commonwatt-oracle'";
      await expect(
        database.transaction(async (sql) => {
          await sql.run(ADD, 1, 1);
          await asOwner(cut);
          await sql.run(ADD, 1, 2);
        }),
      ).rejects.toThrow(DatabaseUnavailableError);
      expect(await database.run(ADD, 2, 2)).toBe(1);
      expect(await database.all(ALL)).toEqual([{ meter: 2, day: 2 }]);
      await expect(openPostgres(url, 0)).rejects.toThrow("in use by another oracle");
    });

    test("does not commit what a statement has failed in, though nobody minded", async () => {
      await expect(
        database.transaction(async (sql) => {
          await sql.run(ADD, 1, 1);
          await sql.run(ADD, 1, 1).catch(() => undefined);
        }),
      ).rejects.toThrow("could not be committed");
      expect(await database.all(ALL)).toEqual([]);
    });
  });

  describe("the config's file with the URL", () => {
    let folder: string;
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), "postgres-url-"));
    });
    afterEach(() => {
      rmSync(folder, { recursive: true });
    });
    const open = (urlFile: string) => openDatabase({ dataDir: folder, database: { kind: "postgres", urlFile } });

    test("leads to the database, when nobody else can read it", async () => {
      const urlFile = join(folder, "url");
      writeFileSync(urlFile, `${await newUrl()}\n`, { mode: 0o600 });
      const database = await open(urlFile);
      expect(await database.run(ADD, 1, 1)).toBe(1);
      await database.close();
      chmodSync(urlFile, 0o644);
      await expect(open(urlFile)).rejects.toThrow(/has mode 644, expected 600/u);
    });

    test("is refused, without its password, when nothing is there", async () => {
      const urlFile = join(folder, "url");
      writeFileSync(urlFile, "postgres://someone:secret@127.0.0.1:9/oracle", { mode: 0o600 });
      const failure = await open(urlFile).catch((error: unknown) => String(error));
      expect(failure).toContain("The database oracle at 127.0.0.1:9 cannot be reached");
      expect(failure).not.toContain("secret");
      writeFileSync(urlFile, "mysql://someone:secret@127.0.0.1/x");
      await expect(open(urlFile)).rejects.toThrow("expected one such as postgres://");
    });
  });
});

// A server of its own: what the others have written would have to be recovered too.
describe.skipIf(!isInstalled)("a PostgreSQL server that is killed (skipped where none is installed)", () => {
  test("is waited for, and the oracle goes on when it is back", async () => {
    const server = await startPostgres();
    const database = await openPostgres(await server.createDatabase("oracle"));
    await database.run(ADD, 1, 1);
    await server.kill();
    const failure = database.run(ADD, 2, 2);
    await expect(failure).rejects.toThrow(DatabaseUnavailableError);
    await expect(database.run(ADD, 2, 2)).rejects.toThrow(/cannot be reached/u);
    await server.start();
    await expect.poll(() => database.run(ADD, 3, 3).catch(() => 0)).toBe(1);
    expect(await database.all(ALL)).toEqual([
      { meter: 1, day: 1 },
      { meter: 3, day: 3 },
    ]);
    await database.close();
    await server.close();
  });
});
