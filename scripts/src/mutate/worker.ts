/** A process that tries batches of mutants: `node worker.ts`, told over IPC which. Started by main.ts. */
import { createRequire } from "node:module";
import { join } from "node:path";

import { allCases } from "./cases.ts";
import { compile, type Sources } from "./compile.ts";
import { readAll } from "./generate.ts";
import { type Outcome, type Provider, Replay } from "./replay.ts";
import type { SettleCase } from "./settle-case.ts";
import { CHOOSER, CONTRACT } from "./targets.ts";
import type { Message, Verdict } from "./verdict.ts";
import { type Batch, weave } from "./weave.ts";

const { sources, mutants } = readAll();
const replay = await beginReplay();
const expected = await baseline(replay);

process.on("message", (ids: number[]) => {
  const batch = ids.map((id) => ({ id, mutant: nth(id) }));
  tryBatch(batch).then(
    (verdicts) => {
      tell({ verdicts });
    },
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
// Without the one that asks, nothing is left to do.
process.on("disconnect", () => process.exit(0));
tell({ ready: mutants.length });

function nth(id: number) {
  const mutant = mutants[id - 1];
  if (mutant === undefined) throw new Error(`There is no mutant ${id}, expected 1 to ${mutants.length}.`);
  return mutant;
}

function tell(message: Message): void {
  process.send?.(message);
}

/**
 * Compiles a batch and tries each of its mutants. Those that the compiler complains of are tried alone; where it names no
 * place, as when too much is on the stack, the batch is tried in halves.
 */
async function tryBatch(batch: Batch): Promise<Verdict[]> {
  const made = compile(woven(batch), CONTRACT.file, CONTRACT.name);
  if ("code" in made) {
    replay.load(made.code);
    const verdicts: Verdict[] = [];
    for (const { id } of batch) verdicts.push(await judge(id, batch.length === 1 ? 0 : id));
    return verdicts;
  }
  const [only, another] = batch;
  if (only === undefined) return [];
  if (another === undefined) return [{ id: only.id, killedBy: "the compiler" }];
  const guilty = batch.filter(({ mutant }) =>
    made.complaints.some(({ file, start, end }) => file === mutant.file && blamed(mutant, batch, start, end)),
  );
  const parts =
    guilty.length > 0
      ? [...guilty.map((entry) => [entry]), batch.filter((entry) => !guilty.includes(entry))]
      : [batch.slice(0, Math.ceil(batch.length / 2)), batch.slice(Math.ceil(batch.length / 2))];
  const verdicts: Verdict[] = [];
  for (const part of parts) if (part.length > 0) verdicts.push(...(await tryBatch(part)));
  return verdicts;
}

/** Whether a complaint about the woven text lies within what this mutant became. */
function blamed(mutant: Batch[number]["mutant"], batch: Batch, start: number, end: number): boolean {
  const own = batch.filter(({ mutant: { file } }) => file === mutant.file);
  let shift = 0;
  for (const { id, mutant: other } of own.toSorted((a, b) => a.mutant.start - b.mutant.start)) {
    const grown = Buffer.byteLength(other.woven?.(id) ?? other.replacement);
    const from = other.start + shift;
    if (other === mutant) return start < from + grown && from < end;
    shift += grown - other.length;
  }
  return false;
}

function woven(batch: Batch): Sources {
  const changed: Sources = new Map(sources);
  const importLine = `import {Chosen} from "${CHOOSER}";`;
  for (const file of new Set(batch.map(({ mutant }) => mutant.file))) {
    const source = sources.get(file);
    if (source !== undefined) changed.set(file, Buffer.from(weave(file, source, batch, importLine)));
  }
  return changed;
}

async function judge(id: number, chosen: number): Promise<Verdict> {
  for await (const { of, outcome } of replay.outcomes(chosen)) {
    if (textOf(outcome) !== expected.get(of)) return { id, killedBy: of.name };
  }
  return { id, killedBy: undefined };
}

async function beginReplay(): Promise<Replay> {
  // Hardhat reads its configuration where the repository is.
  const root = join(import.meta.dirname, "../../..");
  process.chdir(root);
  const require = createRequire(join(root, "package.json"));
  const { network } = (await import(require.resolve("hardhat"))) as {
    network: { create: (of: unknown) => Promise<{ provider: Provider }> };
  };
  const { provider } = await network.create({ network: "default", override: { allowUnlimitedContractSize: true } });
  const made = compile(sources, CONTRACT.file, CONTRACT.name);
  if (!("code" in made)) throw new Error(made.complaints.map(({ message }) => message).join("\n"));
  return Replay.begin(provider, made.abi, made.code, await allCases());
}

/** What the unchanged contract does, which must be what the reference says. */
async function baseline(of: Replay): Promise<Map<SettleCase, string>> {
  const found = new Map<SettleCase, string>();
  const wrong: string[] = [];
  for await (const { of: settleCase, outcome } of replay.outcomes()) {
    const said = of.read(outcome);
    if (!agrees(settleCase.expected, said)) {
      wrong.push(`"${settleCase.name}" gives ${short(said)}, expected ${short({ says: settleCase.expected })}.`);
    }
    found.set(settleCase, textOf(outcome));
  }
  if (wrong.length > 0) throw new Error(`The contract is not what the reference says.\n${wrong.join("\n")}`);
  return found;
}

function textOf(outcome: Outcome): string {
  return "logs" in outcome ? outcome.logs : outcome.reverted;
}

function agrees(expected: SettleCase["expected"], said: ReturnType<Replay["read"]>): boolean {
  if ("error" in expected) return "error" in said && (expected.error === "*" || expected.error === said.error);
  if ("error" in said) return false;
  const numbers = "clearing" in expected ? expected.clearing : expected;
  return (["clearedWh", "treasuryBaseUnits", "purchase", "sale"] as const).every(
    (name) => !(name in numbers) || said.says[name] === (numbers as Record<string, unknown>)[name],
  );
}

/** An error's name, or the numbers of an event. */
function short(said: { error: string } | { says: unknown }): string {
  const text = JSON.stringify(said, (_key, value: unknown) => (typeof value === "bigint" ? String(value) : value));
  return text.length > 300 ? `${text.slice(0, 300)}...` : text;
}
