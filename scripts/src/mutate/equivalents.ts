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
      "A byte further, the highest byte of the word stays: it is of a 32-bit lane of a total in meter units, below 2^24, so 0. The byte cleared beyond is the highest of the next eight intervals' sell vector, whose prices are below 2^46, and which is set anew before it is used.",
  },
  {
    file: "AuctionTotals.sol",
    operator: "one less",
    lineText: "mstore(to, add(mload(to), and(energies, sub(shl(32, flags), flags))))",
    original: "32",
    proof: "The mask has the lower 31 bits of the lane, and energies are below 2^30.",
  },
  {
    file: "AuctionTotals.sol",
    operator: "one less",
    lineText: "mstore(sum, add(mload(sum), and(energies, sub(shl(32, flags), flags))))",
    original: "32",
    proof: "The mask has the lower 31 bits of the lane, and energies are below 2^30.",
  },
  {
    file: "AuctionTotals.sol",
    operator: "one less",
    lineText: "uint256 private constant SUMS_LENGTH = 12 * 8 * 32;",
    original: "32",
    proof: "2,976 bytes end within the twelfth turn of 256 bytes, as 3,072 end with it.",
  },
  {
    file: "AuctionTotals.sol",
    operator: "and to or",
    lineText: "if and(spread, 1) {",
    proof: "Where low = high, the sums at high are computed to what is copied over them afterwards.",
  },
  {
    file: "AuctionTotals.sol",
    operator: "always",
    lineText: "if (!accepted) _refuse(sums, day.words, k, pairs);",
    proof: "Of accepted claims it names nothing: it follows the same conditions.",
  },
  {
    file: "Quality.sol",
    operator: "one more",
    lineText: "return quality & HIGH_BITS != 0;",
    proof:
      "No value of the upper bits is 1, so the answer is always yes. It only decides whether the missing intervals are looked for, and without upper bits none is found.",
  },
  {
    file: "AuctionPrices.sol",
    operator: "always",
    lineText: "if (pairs != 0) {",
    proof:
      "Eight intervals without trade are unpacked to zeros, which is what the memory holds, and are marked as traded: the class's vectors are then computed to zeros, and it is not active there.",
  },
  {
    file: "ProfileBatch.sol",
    operator: "one more",
    lineText: "pop(staticcall(gas(), 1, input, 0x80, 0, 0x20))",
    original: "0x80",
    proof: "The precompile reads the first 128 bytes of its input and no more.",
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
