import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import type { Config } from "../config/schema.ts";
import { readSecret } from "../keystore/passphrase.ts";
import { lockFile } from "../storage/lock-file.ts";
import { MIGRATIONS } from "../storage/migrations.ts";
import type { SqlValue } from "../storage/sql.ts";
import { postgresTarget } from "./postgres-target.ts";

/** A database that is new, with the schema of a backup's version; nothing of it is seen by anybody before `finish`. */
export type Target = {
  /** Its tables with their columns. */
  columns: ReadonlyMap<string, readonly string[]>;
  insert(table: string, columns: readonly string[], rows: readonly SqlValue[][]): Promise<void>;
  /** A statement that both databases understand. */
  run(statement: string): Promise<void>;
  /** Makes it the oracle's database. */
  finish(): Promise<void>;
  /** Leaves nothing behind, unless it is finished. */
  close(): Promise<void>;
};

/**
 * @throws CommonwattError when the database of the config is not empty, is in use, or cannot be reached.
 */
export function openTarget(
  { dataDir, database }: Pick<Config, "dataDir" | "database">,
  schemaVersion: number,
): Promise<Target> {
  const steps = MIGRATIONS.slice(0, schemaVersion);
  if (database.kind === "sqlite") return sqliteTarget(join(dataDir, "oracle.sqlite"), steps);
  return postgresTarget(readSecret("database URL", database.urlFile), steps);
}

export type Steps = readonly { sqlite: string; postgres: string }[];

/** @throws CommonwattError when the file is there. */
export function refuseExisting(file: string): void {
  for (const path of [file, `${file}-wal`]) {
    if (existsSync(path)) {
      throw new CommonwattError(
        `${path} is there already, and nothing is overwritten: move it away, or name an empty dataDir in the configuration`,
      );
    }
  }
}

function sqliteTarget(file: string, steps: Steps): Promise<Target> {
  refuseExisting(file);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const unlock = lockFile(file);
  const beside = `${file}.restoring`;
  rmSync(beside, { force: true });
  const connection = new DatabaseSync(beside);
  connection.exec("PRAGMA synchronous = FULL; BEGIN");
  for (const { sqlite } of steps) connection.exec(sqlite);
  const names = connection.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'");
  const columns = new Map(
    names.all().map(({ name }) => {
      const found = connection.prepare(`SELECT name FROM pragma_table_info(?)`).all(String(name));
      return [String(name), found.map((column) => String(column["name"]))];
    }),
  );
  return Promise.resolve({
    columns,
    insert(table, into, rows) {
      const statement = connection.prepare(insertText(table, into));
      for (const row of rows) statement.run(...row);
      return Promise.resolve();
    },
    run(statement) {
      connection.exec(statement);
      return Promise.resolve();
    },
    finish() {
      connection.exec(`PRAGMA user_version = ${steps.length}`);
      connection.exec("COMMIT");
      connection.close();
      renameSync(beside, file);
      return Promise.resolve();
    },
    close() {
      if (connection.isOpen) connection.close();
      rmSync(beside, { force: true });
      unlock();
      return Promise.resolve();
    },
  });
}

/** @param columns - Of a table; names are our own, quoted all the same. */
function insertText(table: string, columns: readonly string[]): string {
  return `INSERT INTO "${table}" (${columns.map((name) => `"${name}"`).join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`;
}
