/**
 * Bytes of a file that become a choice, made by the input, between what they were and a mutant.
 *
 * `text` takes the mutant's number, and what stands there unless it is chosen: the bytes, or a choice of other mutants.
 */
export type Site = { file: string; start: number; length: number; text: (id: number, others: string) => string };

/** One small change of a source file that some test must notice. */
export type Mutant = {
  /** Path from the repository's root. */
  file: string;
  /** What was done, in words: the same for all changes of this kind. */
  operator: string;
  /** Byte offset and length of what is replaced. */
  start: number;
  length: number;
  original: string;
  replacement: string;
  /** First line of what is replaced, counted from 1, and its text without indentation. */
  line: number;
  lineText: string;
  /** Where it begins in that text. */
  column: number;
  /** Name of the function it is in; empty outside functions. */
  within: string;
  /**
   * How it shares a compilation with others: as values or a statement that the input of the call chooses. Undefined: it
   * needs a compilation of its own.
   */
  woven: readonly Site[] | undefined;
};

/** The mutant on one line, for people. */
export function describe({ file, line, operator, original, replacement }: Mutant): string {
  return `${file}:${line} ${operator}: ${oneLine(original)} -> ${oneLine(replacement)}`;
}

function oneLine(text: string): string {
  const flat = text.replaceAll(/\s+/gu, " ");
  return flat.length > 60 ? `${flat.slice(0, 57)}...` : flat;
}
