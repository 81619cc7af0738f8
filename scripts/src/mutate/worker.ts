/** A process that tries batches of mutants: `node worker.ts`, told over IPC which. Started by main.ts. */
import { createRequire } from "node:module";
import { join } from "node:path";

import { allCases } from "./cases.ts";
import { compile, readSources, type Sources } from "./compile.ts";
import { readAll } from "./generate.ts";
import type { Mutant } from "./mutant.ts";
import { type Outcome, type Provider, Replay } from "./replay.ts";
import type { SettleCase } from "./settle-case.ts";
import { CAUGHT, CHOOSER, CONTRACT, UNBORN } from "./targets.ts";
import type { Message, Verdict } from "./verdict.ts";
import { type Batch, changesIn, weave } from "./weave.ts";

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
    made.complaints.some(({ file, start, end }) => file !== undefined && blamed(mutant, batch, file, start, end)),
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
function blamed(mutant: Mutant, batch: Batch, file: string, start: number, end: number): boolean {
  let shift = 0;
  for (const change of changesIn(file, sources.get(file) ?? Buffer.of(), batch)) {
    const from = change.start + shift;
    const grown = Buffer.byteLength(change.text);
    if (change.mutants.includes(mutant) && start < from + grown && from < end) return true;
    shift += grown - change.length;
  }
  return false;
}

function woven(batch: Batch): Sources {
  const importLine = `import {Chosen} from "${CHOOSER}";`;
  return new Map(
    [...sources].map(([file, source]) => {
      const concerned = changesIn(file, source, batch).length > 0;
      return [file, concerned ? Buffer.from(weave(file, source, batch, importLine)) : source];
    }),
  );
}

async function judge(id: number, chosen: number): Promise<Verdict> {
  for await (const { of, outcome } of replay.outcomes(chosen)) {
    if (textOf(outcome) === expected.get(of)) continue;
    replay.prefer(of);
    return { id, killedBy: of.name };
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
  const caught = compiled(readSources(CAUGHT.file), CAUGHT);
  const unborn = compiled(readSources(UNBORN.file), UNBORN);
  return Replay.begin(provider, { core: compiled(sources, CONTRACT), caught, unborn }, await allCases());
}

function compiled(from: Sources, { file, name }: typeof CONTRACT) {
  const made = compile(from, file, name);
  if ("code" in made) return made;
  throw new Error(made.complaints.map(({ message }) => message).join("\n"));
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
  if ("error" in expected) return "error" in said && expected.error === said.error;
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
