import { setTimeout as pause } from "node:timers/promises";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { Client, DatabaseError, types } from "pg";

import { DatabaseFullError, DatabaseUnavailableError } from "./errors.ts";
import { parseInteger } from "./postgres-text.ts";

/** The one connection to the database, which holds the lock of the database's only oracle. */
export type PostgresConnection = {
  /**
   * Runs a statement, over a new connection when the last one is lost.
   *
   * @param isContinued - It belongs to a transaction: on a new connection it would stand alone, so it fails instead.
   * @throws DatabaseUnavailableError, or what the database says against the statement.
   */
  query(text: string, values?: readonly unknown[], isContinued?: boolean): Promise<Result>;
  /** Another number with each connection; undefined while there is none. */
  generation(): number | undefined;
  close(): Promise<void>;
};

/**
 * How an oracle has the database: alone, or beside others that share it. The lock is the same, so that nobody comes in
 * beside one that is alone, nor alone beside others.
 */
export type Tenancy = "alone" | "shared";

export type Result = { rows: Record<string, unknown>[]; count: number; command: string };

/** Arbitrary, the same for every oracle; the lock counts within one database. */
export const LOCK = 7_165_063_425n;
const TRY_LOCK = { alone: "pg_try_advisory_lock", shared: "pg_try_advisory_lock_shared" } as const;
const EXPECTED = {
  alone: "to be the only one: stop that one first",
  shared: "only such that have the section cluster in their config: stop the one that has not",
} as const;
const CONNECT_TIMEOUT_MS = 10_000;
const STATEMENT_TIMEOUT_MS = 30_000;
/** The server's own limit comes first; this one is for a server that does not answer at all. */
const ANSWER_TIMEOUT_MS = 40_000;
/** After a connection failed, so long every call fails at once. */
const RECONNECT_MS = 1_000;
const MAX_STATEMENTS = 1_000;

const SESSION = `
  SET synchronous_commit TO on;
  SET statement_timeout TO ${STATEMENT_TIMEOUT_MS};
  SET lock_timeout TO ${STATEMENT_TIMEOUT_MS};
  SET idle_in_transaction_session_timeout TO ${2 * STATEMENT_TIMEOUT_MS};
  SET tcp_keepalives_idle TO 10;
  SET tcp_keepalives_interval TO 5;
  SET tcp_keepalives_count TO 3;
`;
/** int8, and numeric, which sums of int8 are. */
const INTEGERS = new Set([20, 1_700]);
/** Classes and codes of errors that are no mistake in the statement: connection, resources, operator, system. */
const UNAVAILABLE = /^(?:08|40|53|55P03|57|58|25P03|XX)/u;
const DISK_FULL = "53100";

/**
 * @param name - The database without its password, for errors.
 * @param lockPatienceMs - How long to wait for the lock.
 */
export function createPostgresConnection(
  url: string,
  name: string,
  lockPatienceMs: number,
  tenancy: Tenancy = "alone",
): PostgresConnection {
  let client: Client | undefined;
  let generation = 0;
  let failure: { error: Error; untilMs: number } | undefined;
  let isClosed = false;
  /** Names of prepared statements by their text. */
  const names = new Map<string, string>();

  async function connect(): Promise<Client> {
    if (failure !== undefined && performance.now() < failure.untilMs) throw failure.error;
    const opened = new Client({
      connectionString: url,
      application_name: "commonwatt-oracle",
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: ANSWER_TIMEOUT_MS,
      keepAlive: true,
      types: {
        getTypeParser: (oid, format) =>
          INTEGERS.has(oid) ? parseInteger : (types.getTypeParser(oid, format) as (text: string) => unknown),
      },
    });
    // Told between statements too; without a listener it would end the process.
    opened.on("error", () => {
      drop(opened);
    });
    opened.on("end", () => {
      drop(opened);
    });
    try {
      await opened.connect();
      await opened.query(SESSION);
      await takeLock(opened);
    } catch (error) {
      await opened.end().catch(() => undefined);
      const unavailable =
        error instanceof DatabaseUnavailableError
          ? error
          : new DatabaseUnavailableError(`The database ${name} cannot be reached`, {
              details: error instanceof Error ? error.message : String(error),
              cause: error,
            });
      failure = { error: unavailable, untilMs: performance.now() + RECONNECT_MS };
      throw unavailable;
    }
    failure = undefined;
    client = opened;
    generation++;
    return opened;
  }

  async function takeLock(opened: Client): Promise<void> {
    const deadline = performance.now() + lockPatienceMs;
    for (;;) {
      const { rows } = await opened.query<{ locked: boolean }>(`SELECT ${TRY_LOCK[tenancy]}(${LOCK}) AS locked`);
      if (rows[0]?.locked === true) return;
      if (performance.now() > deadline) {
        throw new DatabaseUnavailableError(
          `The database ${name} is in use by another oracle, expected ${EXPECTED[tenancy]}`,
        );
      }
      await pause(200);
    }
  }

  function drop(lost: Client): void {
    if (client === lost) client = undefined;
  }

  /** A name for a statement that is run again and again. */
  function nameOf(text: string): string {
    let found = names.get(text);
    if (found === undefined) {
      if (names.size >= MAX_STATEMENTS) throw new Error(`more than ${MAX_STATEMENTS} statements: ${text}`);
      found = `s${names.size}`;
      names.set(text, found);
    }
    return found;
  }

  function failed(error: unknown, used: Client): Error {
    const details = error instanceof Error ? error.message : String(error);
    if (error instanceof DatabaseError) {
      if (error.code === DISK_FULL) {
        return new DatabaseFullError(`The disk of the database ${name} is full: make room there`, {
          details,
          cause: error,
        });
      }
      if (!UNAVAILABLE.test(error.code ?? "")) return error;
    } else {
      // No answer, or none that can be trusted: whatever else is on its way belongs to nobody any more.
      drop(used);
      void used.end().catch(() => undefined);
    }
    return new DatabaseUnavailableError(`The database ${name} is not available`, { details, cause: error });
  }

  return {
    async query(text, values, isContinued = false) {
      if (isClosed) throw new DatabaseUnavailableError(`The database ${name} is closed`);
      if (client === undefined && isContinued) {
        throw new DatabaseUnavailableError(`The connection to the database ${name} was lost in a transaction`);
      }
      const used = client ?? (await connect());
      try {
        const result =
          values === undefined
            ? await used.query(text)
            : await used.query({ name: nameOf(text), text, values: [...values] });
        // Several statements at once have a result each.
        const { rows, rowCount, command } = Array.isArray(result) ? { rows: [], rowCount: 0, command: "" } : result;
        return { rows: rows as Record<string, unknown>[], count: rowCount ?? 0, command };
      } catch (error) {
        throw failed(error, used);
      }
    },
    generation: () => (client === undefined ? undefined : generation),
    async close() {
      isClosed = true;
      const open = client;
      client = undefined;
      await open?.end().catch(() => undefined);
    },
  };
}

/** The database of a URL without its password. */
export function describeUrl(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null || !/^postgres(?:ql)?:$/u.test(parsed.protocol)) {
    throw new CommonwattError(
      "The URL of the database cannot be used, expected one such as postgres://user:password@127.0.0.1:5432/oracle",
    );
  }
  return `${decodeURIComponent(parsed.pathname.slice(1)) || parsed.username} at ${parsed.host}`;
}
