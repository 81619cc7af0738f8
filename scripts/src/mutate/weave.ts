import type { Mutant, Site } from "./mutant.ts";

/** Mutants that share a compilation, each with the number that chooses it. */
export type Batch = { id: number; mutant: Mutant }[];

/**
 * Puts mutants into as few batches as their overlaps allow: in one batch no two of them change bytes that overlap,
 * unless they are the same. A mutant that cannot be woven is a batch of its own.
 *
 * @param atMost - Most mutants of a batch.
 */
export function toBatches(mutants: readonly Mutant[], atMost: number): Batch[] {
  const shared: Batch[] = [];
  const alone: Batch[] = [];
  const entries = mutants.map((mutant, index) => ({ id: index + 1, mutant }));
  // The bulky ones first: the others then find room beside them.
  for (const entry of entries.toSorted((a, b) => bulk(b.mutant) - bulk(a.mutant))) {
    const { mutant } = entry;
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
  const changes = changesIn(file, source, batch);
  if (changes.length === 0) return source.toString("utf8");
  const parts: string[] = [];
  let at = 0;
  for (const { start, length, text } of changes) {
    parts.push(source.subarray(at, start).toString("utf8"), text);
    at = start + length;
  }
  parts.push(source.subarray(at).toString("utf8"));
  if (batch.length > 1) parts.push(`\n${importLine}\n`);
  return parts.join("");
}

/** What becomes of some bytes, and whose doing it is. */
export type Woven = { start: number; length: number; text: string; mutants: Mutant[] };

/** What a batch changes in a file, from its beginning to its end. */
export function changesIn(file: string, source: Buffer, batch: Batch): Woven[] {
  const changes = new Map<string, Woven>();
  for (const { id, mutant } of batch) {
    for (const site of sitesOf(mutant, batch.length === 1)) {
      if (site.file !== file) continue;
      const { start, length } = site;
      const there = changes.get(`${start} ${length}`);
      const others = there?.text ?? source.subarray(start, start + length).toString("utf8");
      const mutants = [...(there?.mutants ?? []), mutant];
      changes.set(`${start} ${length}`, { start, length, text: site.text(id, others), mutants });
    }
  }
  return [...changes.values()].toSorted((a, b) => a.start - b.start);
}

function bulk({ woven = [] }: Mutant): number {
  return woven.reduce((sum, { length }) => sum + length, 0);
}

function sitesOf(mutant: Mutant, alone: boolean): readonly Site[] {
  if (alone) return [{ ...mutant, text: () => mutant.replacement }];
  if (mutant.woven !== undefined) return mutant.woven;
  throw new Error(`The mutant in ${mutant.file}, line ${mutant.line}, cannot share a compilation.`);
}

/** Whether one changes some but not all of the bytes that the other changes: one choice cannot be within the other. */
function overlap(a: Mutant, b: Mutant): boolean {
  return (a.woven ?? []).some((site) =>
    (b.woven ?? []).some(
      (other) =>
        site.file === other.file &&
        site.start < other.start + other.length &&
        other.start < site.start + site.length &&
        (site.start !== other.start || site.length !== other.length),
    ),
  );
}
