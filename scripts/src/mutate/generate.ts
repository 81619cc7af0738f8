import { parse, readSources, type Sources } from "./compile.ts";
import type { Mutant } from "./mutant.ts";
import { mutantsOf } from "./operators.ts";
import { CHOOSER, CONTRACT, TARGETS } from "./targets.ts";

/** The contracts, and every mutant of the verifying code, in an order that depends on nothing but the code. */
export function readAll(): { sources: Sources; mutants: Mutant[] } {
  const sources = new Map([...readSources(CONTRACT.file), ...readSources(CHOOSER)]);
  const trees = parse(sources);
  const mutants = TARGETS.flatMap(({ file, functions }) => {
    const source = sources.get(file);
    const tree = trees.get(file);
    if (source === undefined || tree === undefined) throw new Error(`${file} is no part of ${CONTRACT.file}.`);
    return mutantsOf(file, source, tree, functions);
  });
  return { sources, mutants };
}
