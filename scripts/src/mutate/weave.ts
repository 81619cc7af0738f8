import type { Mutant } from "./mutant.ts";

/** Mutants that share a compilation, each with the number that chooses it. */
export type Batch = { id: number; mutant: Mutant }[];

/**
 * Puts mutants into as few batches as their overlaps allow: in one batch no two of them change the same bytes. A mutant
 * that cannot be woven is a batch of its own.
 *
 * @param atMost - Most mutants of a batch.
 */
export function toBatches(mutants: readonly Mutant[], atMost: number): Batch[] {
  const shared: Batch[] = [];
  const alone: Batch[] = [];
  for (const [index, mutant] of mutants.entries()) {
    const entry = { id: index + 1, mutant };
    if (mutant.woven === undefined) {
      alone.push([entry]);
      continue;
    }
    const batch = shared.find((of) => of.length < atMost && !of.some((other) => overlap(other.mutant, mutant)));
    if (batch === undefined) shared.push([entry]);
    else batch.push(entry);
  }
  return [...shared, ...alone];
}

/**
 * A file with its part of a batch in it. A batch of one is changed outright, others wait to be chosen.
 *
 * @param source - The file's bytes.
 * @param importLine - What the chosen ones need; it goes behind the last line, so that no offset moves.
 */
export function weave(file: string, source: Buffer, batch: Batch, importLine: string): string {
  const own = batch.filter(({ mutant }) => mutant.file === file);
  if (own.length === 0) return source.toString("utf8");
  const parts: string[] = [];
  let at = 0;
  for (const { id, mutant } of own.toSorted((a, b) => a.mutant.start - b.mutant.start)) {
    const text = batch.length === 1 ? mutant.replacement : mutant.woven?.(id);
    if (text === undefined) throw new Error(`The mutant in ${file}, line ${mutant.line}, cannot share a compilation.`);
    parts.push(source.subarray(at, mutant.start).toString("utf8"), text);
    at = mutant.start + mutant.length;
  }
  parts.push(source.subarray(at).toString("utf8"));
  if (batch.length > 1) parts.push(`\n${importLine}\n`);
  return parts.join("");
}

function overlap(a: Mutant, b: Mutant): boolean {
  return a.file === b.file && a.start < b.start + b.length && b.start < a.start + a.length;
}
