import { readFile, writeFile } from "node:fs/promises";

import { MEASURED, type Row } from "./row.ts";

const PATH = new URL("gas-snapshot.json", import.meta.url);

/** A row without what was measured. */
const named = (row: Row): string => JSON.stringify(Object.entries(row).filter(([name]) => !MEASURED.includes(name)));

/** Reads the committed snapshot. */
export async function readSnapshot(): Promise<Row[]> {
  return JSON.parse(await readFile(PATH, "utf8")) as Row[];
}

/** What else follows from the gas, or is of another bench: the snapshot's lines stay short. */
const LEFT_OUT = ["gasPerHouseholdDay", "announceGas", "newSlots"];

/** One row as the formatter wants it: `{ "bench": "fill", "gas": 1 }`. */
const line = (row: Row): string =>
  `  { ${Object.entries(row)
    .filter(([name]) => !LEFT_OUT.includes(name))
    .map(([name, value]) => `"${name}": ${JSON.stringify(value)}`)
    .join(", ")} }`;

/** Replaces the committed snapshot. */
export async function writeSnapshot(rows: readonly Row[]): Promise<void> {
  await writeFile(PATH, `[\n${rows.map(line).join(",\n")}\n]\n`);
}

/** What differs between two sets of rows, one line each; empty when nothing does. */
export function differences(expected: readonly Row[], measured: readonly Row[]): string[] {
  const before = new Map(expected.map((row) => [named(row), row.gas]));
  const after = new Map(measured.map((row) => [named(row), row.gas]));
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((name) => before.get(name) !== after.get(name))
    .map((name) => `${name}: ${before.get(name) ?? "absent"} in the snapshot, ${after.get(name) ?? "absent"} now`);
}
