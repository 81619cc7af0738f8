import { join } from "node:path";

import type { Config } from "../config/schema.ts";
import type { Database } from "./sql.ts";
import { openSqlite } from "./sqlite.ts";

/**
 * Opens the oracle's database.
 *
 * @throws CommonwattError when it cannot be used, or another oracle uses it.
 */
export function openDatabase({ dataDir }: Pick<Config, "dataDir">): Promise<Database> {
  return openSqlite(join(dataDir, "oracle.sqlite"));
}
