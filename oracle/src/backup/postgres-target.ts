import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { Client } from "pg";

import { describeUrl } from "../storage/postgres-connection.ts";
import { parameterOf } from "../storage/postgres-text.ts";
import type { SqlValue } from "../storage/sql.ts";
import type { Steps, Target } from "./target.ts";

type Column = { table: string; column: string; type: string; numbered: boolean };

const COLUMNS = `
  SELECT table_name AS "table", column_name AS "column", data_type AS type, is_identity = 'YES' AS numbered
  FROM information_schema.columns WHERE table_schema = current_schema() AND table_name <> 'schema_version'
  ORDER BY table_name, ordinal_position`;

/** An empty PostgreSQL database, filled in one transaction. See {@link openTarget}. */
export async function postgresTarget(url: string, steps: Steps): Promise<Target> {
  const name = describeUrl(url);
  const client = new Client({
    connectionString: url,
    application_name: "commonwatt-restore",
    connectionTimeoutMillis: 10_000,
  });
  // Told between statements too; the statement that follows fails and says it.
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.query("BEGIN");
    await refuseTables(client, name);
    await client.query("CREATE TABLE schema_version (version BIGINT NOT NULL)");
    await client.query("INSERT INTO schema_version (version) VALUES ($1)", [steps.length]);
    for (const { postgres } of steps) if (postgres !== "") await client.query(postgres);
    const { rows: found } = await client.query<Column>(COLUMNS);
    const tables = Map.groupBy(found, ({ table }) => table);
    return targetOf(client, tables);
  } catch (error) {
    await client.end().catch(() => undefined);
    if (error instanceof CommonwattError) throw error;
    throw new CommonwattError(
      `The database ${name} cannot be restored: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

async function refuseTables(client: Client, name: string): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = current_schema()",
  );
  const [present] = rows;
  if (present === undefined) return;
  throw new CommonwattError(
    `The database ${name} is not empty (it has the table ${present.name}), and nothing is overwritten: make a new one with createdb`,
  );
}

function targetOf(client: Client, tables: ReadonlyMap<string, readonly Column[]>): Target {
  return {
    columns: new Map([...tables].map(([table, columns]) => [table, columns.map(({ column }) => column)])),
    async insert(table, into, rows) {
      // Many rows at once, an array a column: of a column of nothing but NULL only its type tells what it holds.
      const types = new Map((tables.get(table) ?? []).map(({ column, type }) => [column, type]));
      const arrays = into.map((column, index) => `$${index + 1}::${types.get(column) ?? "text"}[]`);
      const names = into.map((column) => `"${column}"`);
      await client.query(
        `INSERT INTO "${table}" (${names.join(", ")}) SELECT * FROM unnest(${arrays.join(", ")})`,
        into.map((_, column) => rows.map((row): SqlValue => parameterOf(row[column] ?? null))),
      );
    },
    async run(statement) {
      await client.query(statement);
    },
    async finish() {
      for (const { table, column, numbered } of [...tables.values()].flat()) {
        if (!numbered) continue;
        await client.query(
          `SELECT setval(pg_get_serial_sequence('"${table}"', '${column}'), max("${column}")) FROM "${table}" HAVING max("${column}") IS NOT NULL`,
        );
      }
      await client.query("COMMIT");
    },
    // Without the commit the server forgets it all.
    close: () => client.end(),
  };
}
