import type { SqlValue } from "./sql.ts";

/** A statement in PostgreSQL's words: `$1` for the first parameter. */
export function numberPlaceholders(statement: string): string {
  let count = 0;
  // Quoted text is left as it is.
  return statement.replace(/'(?:[^']|'')*'|\?/gu, (found) => (found === "?" ? `$${++count}` : found));
}

const VALUES = /\bVALUES\s*\(\s*\?(?:\s*,\s*\?)*\s*\)/iu;

/**
 * A statement that inserts many rows at once, given one array a column.
 *
 * @param types - Of the columns, such as "bigint".
 * @returns Undefined for a statement that does not insert plain values.
 */
export function insertMany(statement: string, types: readonly string[]): string | undefined {
  if (!/^\s*INSERT\b/iu.test(statement) || !VALUES.test(statement)) return undefined;
  const arrays = types.map((type, index) => `$${index + 1}::${type}[]`).join(", ");
  const many = statement.replace(VALUES, `SELECT * FROM unnest(${arrays})`);
  return many.includes("?") ? undefined : many;
}

/** PostgreSQL's types of the columns of many rows; a column of nothing but NULL counts as text. */
export function columnTypes(rows: readonly (readonly SqlValue[])[]): string[] {
  const width = rows[0]?.length ?? 0;
  return Array.from({ length: width }, (_, column) => typeOf(rows.find((row) => row[column] !== null)?.[column]));
}

function typeOf(value: SqlValue | undefined): string {
  if (typeof value === "number" || typeof value === "bigint") return "bigint";
  return value instanceof Uint8Array ? "bytea" : "text";
}

/** A parameter as PostgreSQL takes it: its texts have no U+0000. */
export function parameterOf(value: SqlValue): SqlValue {
  if (typeof value === "string") return value.includes("\0") ? value.replaceAll("\0", "\uFFFD") : value;
  return value instanceof Uint8Array ? Buffer.from(value) : value;
}

/** An integer of 64 bits as it comes over the wire: a number where that is exact. */
export function parseInteger(text: string): number | bigint {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : BigInt(text);
}
