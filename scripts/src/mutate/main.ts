/**
 * `npm run mutate`: changes the verifying code in every small way the operators know and says which changes no test
 * notices. `--sample N --seed S` tries so many of them; `--list` only lists. Exits 1 if one survives without a proof, or
 * is noticed in spite of one.
 */
import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { proofOf } from "./equivalents.ts";
import { readAll } from "./generate.ts";
import { describe, type Mutant } from "./mutant.ts";
import { randomFrom, sample } from "./random.ts";
import type { Message, Verdict } from "./verdict.ts";
import { toBatches } from "./weave.ts";

const WORKERS = 2;
/** More in one compilation make it slower than two. */
const MOST_IN_A_BATCH = 120;

const { values } = parseArgs({
  options: {
    sample: { type: "string" },
    seed: { type: "string", default: "1" },
    only: { type: "string" },
    list: { type: "boolean", default: false },
  },
});

const started = Date.now();
const { mutants } = readAll();
const numbered = mutants.map((mutant, index) => ({ id: index + 1, mutant }));
const wanted = chosen();
console.log(`${mutants.length} mutants, ${wanted.length} to try.`);
if (values.list) {
  for (const { mutant } of wanted) console.log(describe(mutant));
} else {
  const verdicts = await tryAll();
  report(verdicts);
}

function chosen(): typeof numbered {
  const { only } = values;
  const fitting = numbered.filter(({ mutant }) => only === undefined || mutant.file.includes(only));
  if (values.sample === undefined) return fitting;
  return sample(randomFrom(wholeNumber("--seed", values.seed)), fitting, wholeNumber("--sample", values.sample));
}

function wholeNumber(name: string, text: string): number {
  if (!/^\d{1,9}$/u.test(text)) throw new Error(`${name} is "${text}", expected a whole number.`);
  return Number(text);
}

/** Gives batches to the workers, one at a time each, until all are tried. */
async function tryAll(): Promise<Verdict[]> {
  const ids = new Map(wanted.map(({ id, mutant }) => [mutant, id]));
  const batches = toBatches([...ids.keys()], MOST_IN_A_BATCH).map((batch) =>
    batch.map(({ mutant }) => ids.get(mutant) ?? 0),
  );
  const verdicts: Verdict[] = [];
  const workers: ChildProcess[] = [];
  const runs = Array.from({ length: Math.min(WORKERS, batches.length) }, () => {
    const worker = fork(join(import.meta.dirname, "worker.ts"));
    workers.push(worker);
    return new Promise<void>((resolve, reject) => {
      worker.on("message", (message: Message) => {
        if ("verdicts" in message) {
          verdicts.push(...message.verdicts);
          progress(verdicts.length, message.verdicts);
        }
        const batch = batches.shift();
        if (batch === undefined) worker.kill();
        else worker.send(batch);
      });
      worker.on("exit", (code) => {
        if (code === null || code === 0) resolve();
        else reject(new Error(`A worker ended with code ${code}.`));
      });
    });
  });
  try {
    await Promise.all(runs);
  } finally {
    for (const worker of workers) worker.kill();
  }
  return verdicts;
}

function progress(done: number, latest: readonly Verdict[]): void {
  const alive = unproven(latest);
  console.log(`${done} of ${wanted.length} tried after ${seconds()} s`);
  for (const mutant of alive) console.log(`ALIVE ${describe(mutant)}`);
}

function report(verdicts: readonly Verdict[]): void {
  const survived = verdicts.filter(({ killedBy }) => killedBy === undefined).length;
  const alive = unproven(verdicts);
  for (const mutant of alive.toSorted((a, b) => a.file.localeCompare(b.file) || a.start - b.start)) {
    console.log(`ALIVE ${describe(mutant)}`);
  }
  const refuted = verdicts.flatMap(({ id, killedBy }) => {
    const mutant = mutants[id - 1];
    return killedBy !== undefined && mutant !== undefined && proofOf(mutant) !== undefined
      ? [`NOT EQUIVALENT ${describe(mutant)}: "${killedBy}"`]
      : [];
  });
  for (const line of refuted) console.log(line);
  console.log(
    `${verdicts.length - survived} killed, ${survived - alive.length} equivalent, ${alive.length} alive of ${verdicts.length} in ${seconds()} s`,
  );
  process.exitCode = alive.length + refuted.length === 0 ? 0 : 1;
}

/** The mutants that nothing noticed and nobody has proven equivalent. */
function unproven(verdicts: readonly Verdict[]): Mutant[] {
  return verdicts.flatMap(({ id, killedBy }) => {
    const mutant = mutants[id - 1];
    return killedBy === undefined && mutant !== undefined && proofOf(mutant) === undefined ? [mutant] : [];
  });
}

function seconds(): number {
  return Math.round((Date.now() - started) / 1_000);
}
