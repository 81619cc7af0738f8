import { existsSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { Client, types } from "pg";

import type { Config } from "../config/schema.ts";
import { readSecret } from "../keystore/passphrase.ts";
import { describeUrl } from "../storage/postgres-connection.ts";
import type { SqlValue } from "../storage/sql.ts";
import { PART_ROWS, type TableSource } from "./rows.ts";

/** A database as it was at one moment, whatever is written to it meanwhile. */
export type Snapshot = {
  schemaVersion: number;
  tables: readonly string[];
  read(table: string): Promise<TableSource>;
  close(): Promise<void>;
};

/**
 * A snapshot of the oracle's database. It takes no lock and keeps nobody from writing.
 *
 * @throws CommonwattError when there is no database, or it cannot be read.
 */
export function openSnapshot({ dataDir, database }: Pick<Config, "dataDir" | "database">): Promise<Snapshot> {
  if (database.kind === "sqlite") return Promise.resolve(sqliteSnapshot(join(dataDir, "oracle.sqlite")));
  return postgresSnapshot(readSecret("database URL", database.urlFile));
}

/** The same of one SQLite file. */
export function sqliteSnapshot(file: string): Snapshot {
  if (!existsSync(file)) throw new CommonwattError(`There is no database ${file}: the oracle has not run yet`);
  const connection = new DatabaseSync(file, { readOnly: true });
  // The first read fixes the moment.
  connection.exec("PRAGMA busy_timeout = 5000; BEGIN");
  const version = Number(connection.prepare("PRAGMA user_version").get()?.["user_version"]);
  const found = connection
    .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
    .all();
  return {
    schemaVersion: version,
    tables: found.map(({ name }) => String(name)),
    read(table) {
      const statement = connection.prepare(`SELECT * FROM ${quoted(table)}`);
      statement.setReadBigInts(true);
      const columns = statement.columns().map(({ name }) => name);
      return Promise.resolve({ columns, parts: sqliteParts(statement.iterate(), columns) });
    },
    close() {
      connection.close();
      return Promise.resolve();
    },
  };
}

async function* sqliteParts(rows: Iterable<Record<string, unknown>>, columns: readonly string[]) {
  let part: SqlValue[][] = [];
  for (const row of rows) {
    part.push(columns.map((column) => row[column] as SqlValue));
    if (part.length < PART_ROWS) continue;
    yield part;
    part = [];
  }
  // A generator that is asynchronous for the sake of the other database's.
  await Promise.resolve();
  yield part;
}

const INTEGERS = new Set([20, 21, 23, 1_700]);

async function postgresSnapshot(url: string): Promise<Snapshot> {
  const name = describeUrl(url);
  const client = new Client({
    connectionString: url,
    application_name: "commonwatt-backup",
    connectionTimeoutMillis: 10_000,
    types: {
      getTypeParser: (oid, format) =>
        INTEGERS.has(oid)
          ? (text: string) => BigInt(text)
          : (types.getTypeParser(oid, format) as (text: string) => unknown),
    },
  });
  // Told between statements too; the statement that follows fails and says it.
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.query("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY");
    const found = await client.query<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.tables
       WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY table_name`,
    );
    const tables = found.rows.map((row) => row.name);
    if (!tables.includes("schema_version")) throw new Error("it holds no oracle's tables");
    const version = await client.query<{ version: bigint }>("SELECT version FROM schema_version");
    return {
      schemaVersion: Number(version.rows[0]?.version),
      tables: tables.filter((table) => table !== "schema_version"),
      read: (table) => postgresTable(client, table),
      close: () => client.end(),
    };
  } catch (error) {
    await client.end().catch(() => undefined);
    throw new CommonwattError(
      `The database ${name} cannot be backed up: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

async function postgresTable(client: Client, table: string): Promise<TableSource> {
  const { fields } = await client.query(`SELECT * FROM ${quoted(table)} LIMIT 0`);
  async function* parts() {
    await client.query(`DECLARE reading NO SCROLL CURSOR FOR SELECT * FROM ${quoted(table)}`);
    for (;;) {
      const { rows } = await client.query<SqlValue[]>({ text: `FETCH ${PART_ROWS} FROM reading`, rowMode: "array" });
      if (rows.length === 0) break;
      yield rows;
    }
    await client.query("CLOSE reading");
  }
  return { columns: fields.map(({ name }) => name), parts: parts() };
}

/** Names come from the database itself; quoted all the same. */
function quoted(table: string): string {
  return `"${table.replaceAll('"', '""')}"`;
}
