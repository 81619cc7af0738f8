import { CommonwattError, InvalidValueError } from "@commonwatt/sdk/commonwatt-error";

/** A row of a file: when, and what each input said. `line` is where it stands. */
export type BackfillRow = { line: number; timeMs: number; values: ReadonlyMap<string, number> };
/** A line that is no row, and why. */
export type BadRow = { line: number; reason: string };

/** Rows of one file: a quarter of a year of readings each ten seconds. More are to be split. */
export const MAX_ROWS = 1_000_000;
const MAX_INPUTS = 64;
/** Numbers from here on are milliseconds: as seconds they would be of the year 5138. */
const LEAST_MS = 1e11;

/**
 * Reads a file of readings, whatever of these it is: CSV with a heading line `time,E1,...`; two columns without one, the
 * time and a value, as Emoncms exports a feed; Emoncms' JSON `[[time, value], ...]`; lines of JSON `{"time": ..., "E1": ...}`.
 *
 * @param input - Which input the values of a file without names are.
 * @throws CommonwattError when it is none of these, or has too many rows.
 */
export function parseReadings(text: string, input: string | undefined): { rows: BackfillRow[]; bad: BadRow[] } {
  const start = text.trimStart();
  const entries = start.startsWith("[") ? listEntries(start) : lineEntries(text);
  if (entries.length > MAX_ROWS) {
    throw new CommonwattError(`The file has ${entries.length} rows, expected at most ${MAX_ROWS}: split it`);
  }
  const heading = readHeading(entries[0]);
  const rows: BackfillRow[] = [];
  const bad: BadRow[] = [];
  for (const entry of heading === undefined ? entries : entries.slice(1)) {
    try {
      rows.push({ line: entry.line, ...readRow(entry.content, heading, input) });
    } catch (error) {
      if (!(error instanceof InvalidValueError)) throw error;
      bad.push({ line: entry.line, reason: error.message });
    }
  }
  rows.sort((a, b) => a.timeMs - b.timeMs);
  return { rows, bad };
}

type Entry = { line: number; content: string | readonly unknown[] };

function listEntries(text: string): Entry[] {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch (error) {
    throw new CommonwattError(`The file begins as a JSON list and is none: ${String(error)}`);
  }
  if (!Array.isArray(list)) throw new CommonwattError("The file is no list, expected [[time, value], ...]");
  return list.map((content: unknown, index) => ({
    line: index + 1,
    content: Array.isArray(content) ? content : JSON.stringify(content),
  }));
}

function lineEntries(text: string): Entry[] {
  return text
    .split(/\r?\n/u)
    .map((content, index) => ({ line: index + 1, content: content.trim() }))
    .filter(({ content }) => content !== "");
}

/** Names of the columns, where the first line has them. */
function readHeading(first: Entry | undefined): string[] | undefined {
  if (typeof first?.content !== "string" || first.content.startsWith("{")) return undefined;
  const names = cellsOf(first.content);
  return /^"?(time|timestamp|date)"?$/iu.test(names[0] ?? "") ? names : undefined;
}

function readRow(content: Entry["content"], heading: string[] | undefined, input: string | undefined) {
  if (typeof content === "string" && content.startsWith("{")) return fromObject(content);
  const cells = typeof content === "string" ? cellsOf(content) : content;
  if (heading !== undefined) {
    const values = heading.slice(1).map((name, index): [string, unknown] => [name, cells[index + 1]]);
    return { timeMs: readTime(cells[0]), values: readValues(values) };
  }
  if (input === undefined) {
    throw new CommonwattError("The file does not name its values, expected a heading line time,E1,... or --input NAME");
  }
  if (cells.length !== 2) throw new InvalidValueError("row", JSON.stringify(content), "a time and a value");
  return { timeMs: readTime(cells[0]), values: readValues([[input, cells[1]]]) };
}

function fromObject(content: string) {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    throw new InvalidValueError("row", content, "JSON");
  }
  const { time, ...values } = value as Record<string, unknown>;
  return { timeMs: readTime(time), values: readValues(Object.entries(values)) };
}

const cellsOf = (line: string) => line.split(/[,;\t]/u).map((cell) => cell.trim().replace(/^"(.*)"$/u, "$1"));

function readTime(cell: unknown): number {
  const text = typeof cell === "number" ? String(cell) : cell;
  if (typeof text === "string" && /^\d{1,14}(\.\d{1,9})?$/u.test(text)) {
    const value = Number(text);
    return Math.round(value >= LEAST_MS ? value : value * 1000);
  }
  // Without a zone a time would be another one on each machine.
  const ms = typeof text === "string" && /[zZ]$|[+-]\d\d:?\d\d$/u.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms))
    throw new InvalidValueError("time", cell, "unix seconds, or a time such as 2026-11-01T12:00:00Z");
  return ms;
}

/** An empty cell and null are no reading. */
function readValues(cells: readonly (readonly [string, unknown])[]): Map<string, number> {
  const values = new Map<string, number>();
  for (const [name, cell] of cells.slice(0, MAX_INPUTS)) {
    if (cell === undefined || cell === null || cell === "" || cell === "null") continue;
    const value = typeof cell === "number" ? cell : Number(cell);
    if (!Number.isFinite(value)) throw new InvalidValueError(name, cell, "a number");
    values.set(name, value);
  }
  if (values.size === 0) throw new InvalidValueError("row", "nothing", "a value of at least one input");
  return values;
}
