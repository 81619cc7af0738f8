import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";

import { MIGRATIONS } from "./migrations.ts";
import {
  createPostgresConnection,
  describeUrl,
  type PostgresConnection,
  type Result,
  type Tenancy,
} from "./postgres-connection.ts";
import { columnTypes, insertMany, numberPlaceholders, parameterOf } from "./postgres-text.ts";
import type { Database, Sql, SqlValue } from "./sql.ts";
import { createTurns, type Turns, whileOpen } from "./turns.ts";

/** Arbitrary, the same for every oracle. */
const MIGRATION_LOCK = 7_165_063_426n;
/** A server that lost its oracle to kill -9 lets go of the lock once it has noticed. */
const LOCK_PATIENCE_MS = 10_000;

/**
 * Opens a PostgreSQL database of one oracle and brings its schema up to date. Everything goes over one connection, which
 * holds the lock: an oracle that has lost it cannot write.
 *
 * @param url - With user and password: postgres://user:password@host:5432/name.
 * @param lockPatienceMs - How long to wait for another oracle to end.
 * @throws CommonwattError when it cannot be reached, another oracle has it open, or a newer version wrote it.
 */
export async function openPostgres(url: string, lockPatienceMs = LOCK_PATIENCE_MS): Promise<Database> {
  return open(url, "alone", lockPatienceMs);
}

/** A database that other processes write to as well. What only one of them may do, it does through `guarded`. */
export type SharedDatabase = Database & {
  /** Another number with each connection, and with that all locks are gone; undefined while there is none. */
  generation(): number | undefined;
  /**
   * The same for what only the holder of a lock may do. It never opens a new connection, which would not have the lock.
   *
   * @param check - Asked before each statement and each transaction; throws when the lock is lost.
   */
  guarded(check: () => void): Database;
};

/**
 * The same for several oracles at a time.
 *
 * @throws CommonwattError as {@link openPostgres}, and when an oracle that wants to be alone has it open.
 */
export async function openSharedPostgres(url: string, lockPatienceMs = LOCK_PATIENCE_MS): Promise<SharedDatabase> {
  return open(url, "shared", lockPatienceMs);
}

async function open(url: string, tenancy: Tenancy, lockPatienceMs: number): Promise<SharedDatabase> {
  const name = describeUrl(url);
  const connection = createPostgresConnection(url, name, lockPatienceMs, tenancy);
  const turn = createTurns();
  const database = {
    ...databaseOf(connection, turn),
    generation: () => connection.generation(),
    guarded: (check: () => void) => databaseOf(connection, turn, check),
  };
  try {
    await database.transaction((sql) => migrate(connection, sql, name));
    return database;
  } catch (error) {
    await connection.close();
    throw error;
  }
}

/** @param check - Of a lock of this very connection: given one, nothing is done over a new connection. */
function databaseOf(connection: PostgresConnection, inTurn: Turns, check?: () => void): Database {
  const isBound = check !== undefined;
  const alone = sqlOf(connection, isBound);
  const inside = sqlOf(connection, true);
  const turn: Turns = (work) =>
    inTurn(() => {
      check?.();
      return work();
    });

  async function transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    let isOpen = true;
    await connection.query("BEGIN", undefined, isBound);
    try {
      const result = await work(whileOpen(inside, () => isOpen));
      const { command } = await connection.query("COMMIT", undefined, true);
      // What a statement had failed in before, PostgreSQL rolls back even when asked to commit.
      if (command !== "COMMIT") throw new Error("the transaction could not be committed: a statement in it had failed");
      return result;
    } catch (error) {
      await connection.query("ROLLBACK", undefined, true).catch(() => undefined);
      throw error;
    } finally {
      isOpen = false;
    }
  }

  return {
    all: (statement, ...parameters) => turn(() => alone.all(statement, ...parameters)),
    get: (statement, ...parameters) => turn(() => alone.get(statement, ...parameters)),
    run: (statement, ...parameters) => turn(() => alone.run(statement, ...parameters)),
    runMany: (statement, rows) => turn(() => transaction((sql) => sql.runMany(statement, rows))),
    transaction: (work) => turn(() => transaction(work)),
    close: () => inTurn(() => connection.close()),
  };
}

/** @param isContinued - The statements belong to a transaction. */
function sqlOf(connection: PostgresConnection, isContinued: boolean): Sql {
  const texts = new Map<string, string>();

  function query(statement: string, parameters: readonly SqlValue[]): Promise<Result> {
    let text = texts.get(statement);
    if (text === undefined) {
      text = numberPlaceholders(statement);
      texts.set(statement, text);
    }
    return connection.query(text, parameters.map(parameterOf), isContinued);
  }

  return {
    all: async (statement, ...parameters) => (await query(statement, parameters)).rows,
    get: async (statement, ...parameters) => (await query(statement, parameters)).rows[0],
    run: async (statement, ...parameters) => (await query(statement, parameters)).count,
    async runMany(statement, rows) {
      if (rows.length === 0) return;
      const types = columnTypes(rows);
      const many = rows.length === 1 ? undefined : insertMany(statement, types);
      if (many === undefined) {
        for (const row of rows) await query(statement, row);
        return;
      }
      const columns = types.map((_, column) => rows.map((row) => parameterOf(row[column] ?? null)));
      await connection.query(many, columns, isContinued);
    },
  };
}

async function migrate(connection: PostgresConnection, sql: Sql, name: string): Promise<void> {
  // Several may start at the same time: one brings the schema up to date, the others find it so.
  await connection.query(`SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})`, undefined, true);
  await connection.query("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)", undefined, true);
  const found = await sql.get("SELECT version FROM schema_version");
  const version = Number(found?.["version"] ?? 0);
  if (version > MIGRATIONS.length) {
    throw new CommonwattError(
      `The database ${name} has schema version ${version}, expected at most ${MIGRATIONS.length}: it was written by a newer oracle`,
    );
  }
  for (const { postgres } of MIGRATIONS.slice(version)) {
    if (postgres !== "") await connection.query(postgres, undefined, true);
  }
  if (found === undefined) await sql.run("INSERT INTO schema_version (version) VALUES (?)", MIGRATIONS.length);
  else await sql.run("UPDATE schema_version SET version = ?", MIGRATIONS.length);
}
