import { AUCTION_EQUIVALENTS } from "./equivalents-auction.ts";
import { METERS_EQUIVALENTS } from "./equivalents-meters.ts";
import { PROFILES_EQUIVALENTS } from "./equivalents-profiles.ts";
import type { Mutant } from "./mutant.ts";

/** A mutant that changes no outcome, and why. */
export type Equivalent = {
  /** The end of the path. */
  file: string;
  operator: string;
  /** The line of code, without indentation. */
  lineText: string;
  /** The function's name, where the line is in more than one. */
  within?: string;
  /** What is replaced, where the line alone is not enough. */
  original?: string;
  /** What of the line is in front of it, where that is not enough either. */
  behind?: string;
  proof: string;
};

/** Keyed by the text of the line: a line that changes must be proven anew. */
const EQUIVALENTS = [...AUCTION_EQUIVALENTS, ...METERS_EQUIVALENTS, ...PROFILES_EQUIVALENTS];

/** The proof that a mutant changes nothing, if there is one. */
export function proofOf({ file, operator, lineText, column, within, original }: Mutant): string | undefined {
  return EQUIVALENTS.find(
    (known) =>
      file.endsWith(known.file) &&
      operator === known.operator &&
      lineText === known.lineText &&
      (known.within === undefined || within === known.within) &&
      (known.original === undefined || original === known.original) &&
      (known.behind === undefined || lineText.slice(0, column) === known.behind),
  )?.proof;
}
