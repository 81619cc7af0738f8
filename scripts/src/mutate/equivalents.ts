import type { Mutant } from "./mutant.ts";

/** A mutant that changes no outcome, and why. */
export type Equivalent = {
  /** The end of the path. */
  file: string;
  operator: string;
  /** The line of code, without indentation. */
  lineText: string;
  /** What is replaced, where the line alone is not enough. */
  original?: string;
  proof: string;
};

/** Mutants that no test can notice. Keyed by the text of the line: a line that changes must be proven anew. */
export const EQUIVALENTS: readonly Equivalent[] = [
  {
    file: "AuctionTotals.sol",
    operator: "one more",
    lineText: "mstore(add(at, 0x20), 0)",
    original: "0x20",
    proof:
      "A byte further, the highest byte of the word stays and that of the next one is cleared. Both belong to a 32-bit lane of a class's total in meter units, which is below 2^24: they are 0.",
  },
];

/** The proof that a mutant changes nothing, if there is one. */
export function proofOf({ file, operator, lineText, original }: Mutant): string | undefined {
  return EQUIVALENTS.find(
    (known) =>
      file.endsWith(known.file) &&
      operator === known.operator &&
      lineText === known.lineText &&
      (known.original === undefined || original === known.original),
  )?.proof;
}
