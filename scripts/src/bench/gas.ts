/**
 * `npm run bench:gas`: measures whole transactions on a local chain and prints tables.
 *
 * `--json FILE` writes the rows; `--check` fails if a value differs from the committed snapshot or a goal of
 * bench/goals.ts is missed, on real profiles (where they are present) or on generated ones; `--update` replaces the
 * snapshot.
 * `--eth-eur`, `--l1-gas-gwei`, `--l2-gas-gwei`, `--blob-gas-gwei` and `--blob-fill` are the cost model's inputs.
 */
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";

import { type CostInputs, DEFAULT_COST_INPUTS } from "./cost-model.ts";
import { missedGoals, p256Extra } from "./goals.ts";
import { type BenchRow, partsOf, type SettleMeasurement, withColumns } from "./settle-columns.ts";

/** The bench lives with the contracts' tests, which share its fixtures; scripts know only its shape. */
type Bench = { measure: () => Promise<BenchRow[]> };
type SettleBench = {
  measureSettlements: () => Promise<SettleMeasurement[]>;
  measureGenerated: () => Promise<SettleMeasurement[]>;
};
type ByHandBench = { tradedByHand: () => Promise<BenchRow[]> };
type Snapshot = {
  readSnapshot: () => Promise<BenchRow[]>;
  writeSnapshot: (rows: readonly BenchRow[]) => Promise<void>;
  differences: (expected: readonly BenchRow[], measured: readonly BenchRow[]) => string[];
};

const { values } = parseArgs({
  options: {
    json: { type: "string" },
    check: { type: "boolean", default: false },
    update: { type: "boolean", default: false },
    "eth-eur": { type: "string" },
    "l1-gas-gwei": { type: "string" },
    "l2-gas-gwei": { type: "string" },
    "blob-gas-gwei": { type: "string" },
    "blob-fill": { type: "string" },
  },
});

function numberOf(flag: string, text: string | undefined, fallback: number): number {
  const value = text === undefined ? fallback : Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new Error(`--${flag} is "${text}", expected a number above 0.`);
}

const inputs: CostInputs = {
  ethEur: numberOf("eth-eur", values["eth-eur"], DEFAULT_COST_INPUTS.ethEur),
  l1GasGwei: numberOf("l1-gas-gwei", values["l1-gas-gwei"], DEFAULT_COST_INPUTS.l1GasGwei),
  l2GasGwei: numberOf("l2-gas-gwei", values["l2-gas-gwei"], DEFAULT_COST_INPUTS.l2GasGwei),
  blobGasGwei: numberOf("blob-gas-gwei", values["blob-gas-gwei"], DEFAULT_COST_INPUTS.blobGasGwei),
  blobFill: numberOf("blob-fill", values["blob-fill"], DEFAULT_COST_INPUTS.blobFill),
};

const folder = "../../../test/bench";
const { measure } = (await import(`${folder}/measure.ts`)) as Bench;
const { measureSettlements, measureGenerated } = (await import(`${folder}/settle/measure.ts`)) as SettleBench;
const { tradedByHand } = (await import(`${folder}/settle/by-hand.ts`)) as ByHandBench;
const { readSnapshot, writeSnapshot, differences } = (await import(`${folder}/snapshot.ts`)) as Snapshot;

/** A row's parameters in words, such as `words new, intervals 40`. */
const parameters = (row: BenchRow): string =>
  Object.entries(row)
    .filter(([name]) => !["bench", "wholeGas"].includes(name) && !/gas/iu.test(name))
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");

/** Whole numbers where there is no need for more. */
const round = (value: string | number | undefined, digits = 0): number => Number(Number(value).toFixed(digits));

const snapshotRows = await measure();
console.table(
  snapshotRows.map((row) => ({
    bench: row.bench,
    parameters: parameters(row),
    gas: row.gas,
    "whole transaction": row["wholeGas"] ?? row.gas,
    ...(row["intervals"] === undefined
      ? {}
      : { "per interval": Math.round(Number(row["wholeGas"] ?? row.gas) / Number(row["intervals"])) }),
  })),
);

const settled = (await measureSettlements()).map((measurement) => withColumns(measurement, inputs));
const byHand = await tradedByHand();
console.log("\nSettled days, announcement included, per household-day:");
console.table(
  settled.map((row) => ({
    meters: row["meters"],
    classes: row["classes"],
    profiles: row["profiles"],
    keys: row["keys"] ?? "secp256k1",
    gas: round(row["gasPerHouseholdDay"]),
    "calldata bytes": row["calldataBytes"],
    "by EIP-7976": round(row["gasPerHouseholdDayEip7976"]),
    "short intervals, bytes": round(row["shortIntervalsBytes"], 1),
    "by EIP-7976, short": round(row["gasPerHouseholdDayEip7976Short"]),
    "by EIP-8037": round(row["gasPerHouseholdDayEip8037"]),
    "L1 cents": round(row["l1CentsPerHouseholdDay"], 4),
    "L2 cents": round(row["l2CentsPerHouseholdDay"], 4),
  })),
);
const parts = partsOf(settled);
console.log(
  `By least squares over these days: ${round(parts.fixed)} fixed, ${round(parts.perClass)} per class, ` +
    `${round(parts.perMeter)} per meter.`,
);
const morePerP256 = p256Extra(settled);
if (morePerP256 !== undefined) console.log(`A meter that signs with P-256 costs ${round(morePerP256)} more.`);
for (const row of byHand) {
  console.log(
    `The same by hand, ${row["meters"]} meters (${row["profiles"]} profiles): ${round(row["gasPerHouseholdDay"])} per ` +
      `household-day: ${row["recordGas"]} to record, ${row["fillGas"]} to buy, ${row["retireGas"]} to use ${row["energyWh"]} Wh.`,
  );
}
console.log(
  `Cents are a model: ether at ${inputs.ethEur} EUR, gas at ${inputs.l1GasGwei} gwei on L1 and ${inputs.l2GasGwei} gwei on L2, ` +
    `blob gas at ${inputs.blobGasGwei} gwei with blobs ${inputs.blobFill * 100} % full. EIP-7976: 64 gas a byte of calldata ` +
    "at least; short: see bench/short-encoding.ts, without the gas of unpacking. EIP-8037 prices new storage slots; " +
    "a day in steady state writes none.",
);

const rows = [...snapshotRows, ...settled, ...byHand, { bench: "settleDayParts", gas: parts.perMeter, ...parts }];
if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(rows, undefined, 2)}\n`);
if (values.update) await writeSnapshot(snapshotRows);
if (values.check) {
  const measured = [...snapshotRows, ...settled];
  const sources = new Set(["generated", ...settled.map((row) => String(row["profiles"]))]);
  if (sources.size > 1) measured.push(...(await measureGenerated()).map(({ row }) => row));
  const found = [...differences(await readSnapshot(), snapshotRows), ...missedGoals(measured, [...sources])];
  for (const line of found) console.error(line);
  if (found.length > 0) process.exitCode = 1;
  else console.log("As in the snapshot, and every goal is met.");
}
