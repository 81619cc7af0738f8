/**
 * `npm run bench:gas`: measures whole transactions on a local chain and prints a table.
 *
 * `--json FILE` writes the rows; `--check` fails if a value differs from the committed snapshot; `--update` replaces it.
 */
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";

type Row = { bench: string; gas: number } & Record<string, string | number>;

/** The bench lives with the contracts' tests, which share its fixtures; scripts know only its shape. */
type Bench = { measure: () => Promise<Row[]> };
type Snapshot = {
  readSnapshot: () => Promise<Row[]>;
  writeSnapshot: (rows: readonly Row[]) => Promise<void>;
  differences: (expected: readonly Row[], measured: readonly Row[]) => string[];
};

const { values } = parseArgs({
  options: {
    json: { type: "string" },
    check: { type: "boolean", default: false },
    update: { type: "boolean", default: false },
  },
});

const folder = "../../../test/bench";
const { measure } = (await import(`${folder}/measure.ts`)) as Bench;
const { readSnapshot, writeSnapshot, differences } = (await import(`${folder}/snapshot.ts`)) as Snapshot;

/** A row's parameters in words, such as `words new, intervals 40`. */
const parameters = (row: Row): string =>
  Object.entries(row)
    .filter(([name]) => !["bench", "gas", "wholeGas"].includes(name))
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");

const rows = await measure();
console.table(
  rows.map((row) => ({
    bench: row.bench,
    parameters: parameters(row),
    gas: row.gas,
    "whole transaction": row["wholeGas"] ?? row.gas,
    "per interval": Math.round(Number(row["wholeGas"] ?? row.gas) / Number(row["intervals"])),
  })),
);
if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(rows, undefined, 2)}\n`);
if (values.update) await writeSnapshot(rows);
if (values.check) {
  const found = differences(await readSnapshot(), rows);
  for (const line of found) console.error(line);
  if (found.length > 0) process.exitCode = 1;
}
