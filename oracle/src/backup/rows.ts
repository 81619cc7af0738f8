import { once } from "node:events";
import { createReadStream, createWriteStream } from "node:fs";
import { open } from "node:fs/promises";
import { createInterface } from "node:readline";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";

import type { SqlValue } from "../storage/sql.ts";

/** A table as it is read: its columns, and its rows in parts, so that none has to fit into memory. */
export type TableSource = { columns: readonly string[]; parts: AsyncIterable<readonly SqlValue[][]> };

type Written = string | number | null | { int: string } | { bytes: string };

/** Rows read at a time. */
export const PART_ROWS = 1_000;

/**
 * Writes a table as compressed JSON lines, the same from any database: the columns, then a line a row.
 *
 * @returns How many rows it wrote.
 */
export async function writeRows(file: string, { columns, parts }: TableSource): Promise<number> {
  const zip = createGzip();
  const written = pipeline(zip, createWriteStream(file, { mode: 0o600, flags: "wx" }));
  // Awaited below; a failure before must not be nobody's.
  written.catch(() => undefined);
  let count = 0;
  const put = async (text: string) => {
    if (!zip.write(text)) await Promise.race([once(zip, "drain"), written]);
  };
  try {
    await put(`${JSON.stringify(columns)}\n`);
    for await (const rows of parts) {
      count += rows.length;
      if (rows.length > 0) await put(`${rows.map((row) => JSON.stringify(row.map(encode))).join("\n")}\n`);
    }
  } catch (error) {
    zip.destroy();
    throw error;
  }
  zip.end();
  await written;
  const handle = await open(file, "r");
  await handle.sync().finally(() => handle.close());
  return count;
}

/**
 * Reads such a file again.
 *
 * @throws CommonwattError when a line is not what was written.
 */
export async function readRows(file: string): Promise<TableSource> {
  const lines = createInterface({ input: createReadStream(file).pipe(createGunzip()), crlfDelay: Infinity })[
    Symbol.asyncIterator
  ]();
  const first = await lines.next();
  const columns = first.done === true ? undefined : (JSON.parse(first.value) as unknown);
  if (!Array.isArray(columns)) throw new CommonwattError(`${file} has no columns in its first line`);
  async function* parts(): AsyncIterable<readonly SqlValue[][]> {
    let rows: SqlValue[][] = [];
    for (let line = await lines.next(); line.done !== true; line = await lines.next()) {
      rows.push((JSON.parse(line.value) as Written[]).map(decode));
      if (rows.length < PART_ROWS) continue;
      yield rows;
      rows = [];
    }
    if (rows.length > 0) yield rows;
  }
  return { columns: columns.map(String), parts: parts() };
}

function encode(value: SqlValue): Written {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : { int: value.toString() };
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString("base64") };
  return value;
}

function decode(value: Written): SqlValue {
  if (typeof value !== "object" || value === null) return value;
  return "int" in value ? BigInt(value.int) : Buffer.from(value.bytes, "base64");
}
