import { join } from "node:path";

import { moveFromShared } from "../cluster/change-over.ts";
import type { Config } from "../config/schema.ts";
import { readSecret } from "../keystore/passphrase.ts";
import { openPostgres } from "./postgres.ts";
import type { Database } from "./sql.ts";
import { openSqlite } from "./sqlite.ts";

/**
 * Opens the oracle's database: a file in the data folder, or the PostgreSQL database that the config names.
 *
 * @throws CommonwattError when it cannot be used, another oracle uses it, or the file with its URL is open to others.
 */
export async function openDatabase({ dataDir, database }: Pick<Config, "dataDir" | "database">): Promise<Database> {
  if (database.kind === "sqlite") return openSqlite(join(dataDir, "oracle.sqlite"));
  const opened = await openPostgres(readSecret("database URL", database.urlFile));
  // Several processes may have had it before.
  await opened.transaction(moveFromShared);
  return opened;
}
