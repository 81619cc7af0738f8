import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";

import { MIGRATIONS } from "./migrations.ts";

/** The oracle's one database file. */
export type Database = {
  readonly sql: DatabaseSync;
  /** Runs `work` whole or not at all. Not to be nested. */
  transaction<T>(work: () => T): T;
  close(): void;
};

/**
 * Opens the database and brings its schema up to date.
 *
 * @param file - Path, or ":memory:".
 * @throws CommonwattError when the file was written by a newer version.
 */
export function openDatabase(file: string): Database {
  if (file !== ":memory:") mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const sql = new DatabaseSync(file);
  // WAL with NORMAL: what is committed survives the end of the process, however it ends. A power cut may take the last
  // moments; that costs resolution, never energy, because counters are cumulative.
  sql.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000;");

  function transaction<T>(work: () => T): T {
    sql.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      sql.exec("COMMIT");
      return result;
    } catch (error) {
      // A failed COMMIT (disk full) may have rolled back by itself.
      if (sql.isTransaction) sql.exec("ROLLBACK");
      throw error;
    }
  }

  transaction(() => {
    migrate(sql, file);
  });
  return {
    sql,
    transaction,
    close() {
      sql.close();
    },
  };
}

function migrate(sql: DatabaseSync, file: string): void {
  const version = Number(sql.prepare("PRAGMA user_version").get()?.["user_version"]);
  if (version > MIGRATIONS.length) {
    throw new CommonwattError(
      `${file} has schema version ${version}, expected at most ${MIGRATIONS.length}: it was written by a newer oracle`,
    );
  }
  for (const step of MIGRATIONS.slice(version)) sql.exec(step);
  sql.exec(`PRAGMA user_version = ${MIGRATIONS.length}`);
}
