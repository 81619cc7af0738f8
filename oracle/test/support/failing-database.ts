import { DatabaseUnavailableError } from "../../src/storage/errors.ts";
import type { Database } from "../../src/storage/sql.ts";

/** What becomes of a transaction: it takes place; it does not; it does, and nobody learns of it. */
export type Fate = "done" | "undone" | "unknown";

/** A real database whose transactions fail when a test says so. Counts them. */
export function failingDatabase(real: Database, fateOf: (transaction: number) => Fate) {
  let count = 0;
  const database: Database = {
    ...real,
    async transaction(work) {
      const fate = fateOf(++count);
      if (fate === "undone") throw new DatabaseUnavailableError("gone before the transaction");
      const result = await real.transaction(work);
      if (fate === "unknown") throw new DatabaseUnavailableError("gone before the answer");
      return result;
    },
  };
  return { database, count: () => count };
}
