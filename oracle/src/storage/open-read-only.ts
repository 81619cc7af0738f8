import { existsSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { Client, types } from "pg";

import type { Config } from "../config/schema.ts";
import { readSecret } from "../keystore/passphrase.ts";
import { describeUrl } from "./postgres-connection.ts";
import { numberPlaceholders, parameterOf, parseInteger } from "./postgres-text.ts";
import type { Row, Sql } from "./sql.ts";

/** The database for whoever only reads. It takes no lock: the oracle goes on beside it. */
export type ReadOnlyDatabase = Pick<Sql, "all"> & { close(): Promise<void> };

/** PostgreSQL's types of whole numbers: int8, int2, int4. */
const INTEGERS = new Set([20, 21, 23]);
const CONNECT_MS = 10_000;

/**
 * Opens the oracle's database for reading.
 *
 * @throws CommonwattError when there is none yet, or it cannot be reached.
 */
export async function openReadOnly({
  dataDir,
  database,
}: Pick<Config, "dataDir" | "database">): Promise<ReadOnlyDatabase> {
  if (database.kind === "postgres") return openPostgresReadOnly(readSecret("database URL", database.urlFile));
  const file = join(dataDir, "oracle.sqlite");
  if (!existsSync(file)) throw new CommonwattError(`There is no database ${file}: the oracle has not run yet`);
  const connection = new DatabaseSync(file, { readOnly: true });
  connection.exec("PRAGMA busy_timeout = 5000");
  return {
    all: (statement, ...parameters) => Promise.resolve(connection.prepare(statement).all(...parameters) as Row[]),
    close() {
      connection.close();
      return Promise.resolve();
    },
  };
}

async function openPostgresReadOnly(url: string): Promise<ReadOnlyDatabase> {
  const client = new Client({
    connectionString: url,
    application_name: "commonwatt-export",
    connectionTimeoutMillis: CONNECT_MS,
    types: {
      getTypeParser: (oid, format) =>
        INTEGERS.has(oid) ? parseInteger : (types.getTypeParser(oid, format) as (text: string) => unknown),
    },
  });
  // Told between statements too; the statement that follows fails and says it.
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.query("SET default_transaction_read_only = on");
  } catch (error) {
    await client.end().catch(() => undefined);
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommonwattError(`The database ${describeUrl(url)} cannot be read: ${reason}`);
  }
  return {
    async all(statement, ...parameters) {
      return (await client.query<Row>(numberPlaceholders(statement), parameters.map(parameterOf))).rows;
    },
    close: () => client.end(),
  };
}
