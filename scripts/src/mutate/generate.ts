import { parse, readSources, type Sources } from "./compile.ts";
import { Constants } from "./constants.ts";
import type { Mutant } from "./mutant.ts";
import { mutantsOf } from "./operators.ts";
import { CHOOSER, CONTRACT, TARGETS } from "./targets.ts";

/** The contracts, and every mutant of the verifying code, in an order that depends on nothing but the code. */
export function readAll(): { sources: Sources; mutants: Mutant[] } {
  const sources = new Map([...readSources(CONTRACT.file), ...readSources(CHOOSER)]);
  const trees = parse(sources);
  const constants = new Constants(
    [...trees].map(([file, tree]) => ({ file, source: sources.get(file) ?? Buffer.of(), tree })),
  );
  const mutants = TARGETS.flatMap(({ file, names }) => {
    const source = sources.get(file);
    const tree = trees.get(file);
    if (source === undefined || tree === undefined) throw new Error(`${file} is no part of ${CONTRACT.file}.`);
    return mutantsOf(file, source, tree, constants, names);
  });
  return { sources, mutants };
}
