import { mkdirSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";

import { createDiskSync, type DiskSync } from "./disk-sync.ts";
import { DatabaseFullError, DatabaseUnavailableError } from "./errors.ts";
import { lockFile } from "./lock-file.ts";
import { MIGRATIONS } from "./migrations.ts";
import type { Database, Row, Sql, SqlValue } from "./sql.ts";
import { createTurns, whileOpen } from "./turns.ts";

/** Result codes of SQLite that are nobody's mistake here: in use, read-only, no input or output, full, no such file. */
const UNAVAILABLE = new Set([5, 6, 8, 10, 13, 14]);
const FULL = 13;
/**
 * In the mode FULL SQLite would sync the log at the end of each transaction, and the whole process would wait for the disk.
 * In the mode NORMAL it syncs where the order of writing needs it; the sync at the end of a transaction is done here, off
 * the main thread, before its promise resolves. What has been resolved survives a power cut just the same.
 */
const SETTINGS = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA busy_timeout = 5000;
  PRAGMA wal_autocheckpoint = 4000;
`;
/** Statements that leave nothing to sync. */
const READS = /^\s*(?:select|pragma)\b/iu;
/** Statements kept: all texts are constants, so there are never so many. */
const MAX_STATEMENTS = 1_000;

/**
 * Opens the database file of one oracle and brings its schema up to date.
 *
 * @param file - Path, or ":memory:".
 * @throws CommonwattError when another oracle has it open, or a newer version wrote it.
 */
export async function openSqlite(file: string): Promise<Database> {
  if (file !== ":memory:") mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const unlock = file === ":memory:" ? () => undefined : lockFile(file);
  try {
    const connection = new DatabaseSync(file);
    try {
      connection.exec(SETTINGS);
      migrate(connection, file);
      return databaseOf(connection, await syncOf(file), unlock);
    } catch (error) {
      connection.close();
      throw error;
    }
  } catch (error) {
    unlock();
    throw error;
  }
}

/** Where the log of a database file is written, to be synced; nothing for one in memory. */
async function syncOf(file: string): Promise<DiskSync & { close(): Promise<void> }> {
  const nothing = () => Promise.resolve();
  if (file === ":memory:") return { sync: nothing, check: () => undefined, close: nothing };
  const handle = await open(`${file}-wal`, "r+");
  return { ...createDiskSync(file, handle.fd), close: () => handle.close() };
}

function databaseOf(connection: DatabaseSync, disk: Awaited<ReturnType<typeof syncOf>>, unlock: () => void): Database {
  const turn = createTurns();
  const sql = sqlOf(connection);

  /** The next turn begins while the disk still writes for this one. */
  async function written<T>(work: () => Promise<T>): Promise<T> {
    const result = await turn(() => {
      disk.check();
      return work();
    });
    await disk.sync();
    return result;
  }

  /** A statement of its own. */
  const alone = <T>(text: string, work: () => Promise<T>): Promise<T> =>
    READS.test(text) ? turn(work) : written(work);

  async function transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    let isOpen = true;
    attempt(() => {
      connection.exec("BEGIN IMMEDIATE");
    });
    try {
      const result = await work(whileOpen(sql, () => isOpen));
      attempt(() => {
        connection.exec("COMMIT");
      });
      return result;
    } catch (error) {
      // A failed COMMIT (disk full) may have rolled back by itself.
      if (connection.isTransaction) connection.exec("ROLLBACK");
      throw error;
    } finally {
      isOpen = false;
    }
  }

  return {
    all: (statement, ...parameters) => alone(statement, () => sql.all(statement, ...parameters)),
    get: (statement, ...parameters) => alone(statement, () => sql.get(statement, ...parameters)),
    run: (statement, ...parameters) => alone(statement, () => sql.run(statement, ...parameters)),
    runMany: (statement, rows) => written(() => transaction((inside) => inside.runMany(statement, rows))),
    transaction: (work) => written(() => transaction(work)),
    close: () =>
      turn(async () => {
        if (!connection.isOpen) return;
        await disk.sync().finally(async () => {
          connection.close();
          await disk.close();
          unlock();
        });
      }),
  };
}

/** The statements, executed at once: SQLite does not wait for anything. */
function sqlOf(connection: DatabaseSync): Sql {
  const statements = new Map<string, StatementSync>();

  function prepared(text: string): StatementSync {
    let statement = statements.get(text);
    if (statement === undefined) {
      if (statements.size >= MAX_STATEMENTS) throw new Error(`more than ${MAX_STATEMENTS} statements: ${text}`);
      statement = connection.prepare(text);
      // Else an integer beyond 2^53 cannot be read at all.
      statement.setReadBigInts(true);
      statements.set(text, statement);
    }
    return statement;
  }

  // `async` throughout: what SQLite throws becomes a rejection.
  /* eslint-disable @typescript-eslint/require-await */
  return {
    all: async (text, ...parameters) =>
      attempt(() =>
        prepared(text)
          .all(...parameters)
          .map(plainRow),
      ),
    async get(text, ...parameters) {
      const row = attempt(() => prepared(text).get(...parameters));
      return row === undefined ? undefined : plainRow(row);
    },
    run: async (text, ...parameters) => attempt(() => Number(prepared(text).run(...parameters).changes)),
    async runMany(text, rows) {
      attempt(() => {
        const statement = prepared(text);
        for (const row of rows) statement.run(...row);
      });
    },
  };
  /* eslint-enable @typescript-eslint/require-await */
}

function plainRow(row: Record<string, SqlValue>): Row {
  for (const [name, value] of Object.entries(row)) {
    if (typeof value === "bigint" && Number.isSafeInteger(Number(value))) row[name] = Number(value);
  }
  return row;
}

function attempt<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const code = error instanceof Error && "errcode" in error ? Number(error.errcode) & 0xff : 0;
    if (!UNAVAILABLE.has(code)) throw error;
    const details = String(error);
    if (code === FULL) {
      throw new DatabaseFullError("The disk of the database is full: make room there", { details, cause: error });
    }
    throw new DatabaseUnavailableError("The database file cannot be used", { details, cause: error });
  }
}

function migrate(connection: DatabaseSync, file: string): void {
  connection.exec("BEGIN IMMEDIATE");
  const version = Number(connection.prepare("PRAGMA user_version").get()?.["user_version"]);
  if (version > MIGRATIONS.length) {
    throw new CommonwattError(
      `${file} has schema version ${version}, expected at most ${MIGRATIONS.length}: it was written by a newer oracle`,
    );
  }
  for (const step of MIGRATIONS.slice(version)) connection.exec(step.sqlite);
  connection.exec(`PRAGMA user_version = ${MIGRATIONS.length}`);
  connection.exec("COMMIT");
}
