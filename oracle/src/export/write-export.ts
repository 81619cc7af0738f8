import { closeSync, existsSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";

import { requirePrivate } from "../keystore/passphrase.ts";
import type { ExportRow } from "./tables.ts";

export type ExportFormat = "csv" | "json";

const CHUNK_ROWS = 1_000;

/**
 * Makes the folder of an export, which only its owner may read: how a household lives can be seen in it.
 *
 * @throws CommonwattError when it exists and others may read it.
 */
export function makeExportFolder(folder: string): void {
  if (existsSync(folder)) requirePrivate("folder", folder, "700", "others could read the export");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
}

/**
 * Writes rows into a new file of mode 600: CSV with a heading line, or JSON, a list of objects.
 *
 * @returns How many rows it has.
 * @throws CommonwattError when the file is there already.
 */
export async function writeExport(
  folder: string,
  { name, format, rows }: { name: string; format: ExportFormat; rows: AsyncIterable<ExportRow> },
): Promise<{ file: string; count: number }> {
  const file = join(folder, `${name}.${format}`);
  if (existsSync(file)) {
    throw new CommonwattError(`${file} is there already, expected another folder: nothing is overwritten`);
  }
  const handle = openSync(file, "wx", 0o600);
  let count = 0;
  let isWhole = false;
  try {
    let chunk: string[] = [];
    for await (const row of rows) {
      chunk.push(
        format === "csv" ? csvLines(row, count === 0) : `${count === 0 ? "[\n" : ",\n"}${JSON.stringify(row)}`,
      );
      count++;
      if (chunk.length < CHUNK_ROWS) continue;
      writeSync(handle, chunk.join(""));
      chunk = [];
    }
    if (format === "json") chunk.push(count === 0 ? "[]\n" : "\n]\n");
    writeSync(handle, chunk.join(""));
    isWhole = true;
  } finally {
    closeSync(handle);
    // Half a file would be taken for all there is.
    if (!isWhole) rmSync(file, { force: true });
  }
  return { file, count };
}

function csvLines(row: ExportRow, isFirst: boolean): string {
  const line = (cells: readonly (string | number | null)[]) => `${cells.map(csvCell).join(",")}\n`;
  return (isFirst ? line(Object.keys(row)) : "") + line(Object.values(row));
}

/** Quoted where it must be. A text that a spreadsheet would run as a formula is made one that it shows. */
function csvCell(value: string | number | null): string {
  if (value === null) return "";
  const text = typeof value === "string" && /^[=+\-@\t\r]/u.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/u.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
