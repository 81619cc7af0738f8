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

const NINTH =
  "A ninth turn finds zeros: every lane is shifted out of its word, and so is the side. No supply and no demand at 0 are a witness, so it names nothing.";
const ACTIVE_SAVES_WORK =
  "The class is taken to be active where all its prices are zero: what it buys and sells there is multiplied by them.";
const TOMBSTONED_IS_INACTIVE =
  "The settlement reads the bit in isPlain only, and there it decides nothing: a device that has it is not active, so that the comparison fails in any case. The neighbours it moves to are compared already.";
const P256_ANSWERS =
  "The precompile answers the word 1, or nothing, or fails: with it all three conditions hold; without, neither the length nor the scratch space, which is zero before, says yes.";
const PLAIN_SAVES_WORK =
  "No word is taken to be plain then, and `reconsider` returns those that are as they came: of a known meter, active, nothing queued, sharing, in the class.";
const INACTIVE_IS_ZERO = "Where a class is not active all its prices are zero, and so are the products.";
const CAP_TOP_IS_SET =
  "The cap gets a sixteenth bit, the exponent's lower one. Only MeterPass reads the cap, and sets that bit in any case.";
const ONLY_CLEARS = "The settlement only clears the bit. contracts/test/MeterWords.t.sol sets it.";

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
    file: "AuctionTotals.sol",
    operator: "< to <=",
    lineText: "for (uint256 j = 0; j < 8; ++j) {",
    within: "_refuse",
    original: "j < 8",
    proof: NINTH,
  },
  {
    file: "AuctionTotals.sol",
    operator: "one more",
    lineText: "for (uint256 j = 0; j < 8; ++j) {",
    within: "_refuse",
    original: "8",
    proof: NINTH,
  },
  {
    file: "AuctionTotals.sol",
    operator: "one more",
    lineText: "require(sum[3] >= sum[6] && sum[2] <= sum[7], ISettlement.PriceDoesNotClear(interval, high));",
    original: "3",
    proof:
      "D>(low) >= D>(high) always holds where low <= high, and so does what it stands for: the line above has S<=(low) >= D>(low), and S<=(high) is no less, D>(high) no more.",
  },
  {
    file: "MeterWords.sol",
    operator: "<< to >>",
    lineText: "uint256 private constant TOMBSTONED = 1 << 154;",
    proof: TOMBSTONED_IS_INACTIVE,
  },
  {
    file: "MeterWords.sol",
    operator: "one more",
    lineText: "uint256 private constant TOMBSTONED = 1 << 154;",
    proof: TOMBSTONED_IS_INACTIVE,
  },
  {
    file: "MeterWords.sol",
    operator: "one less",
    lineText: "uint256 private constant TOMBSTONED = 1 << 154;",
    proof: TOMBSTONED_IS_INACTIVE,
  },
  {
    file: "MeterWords.sol",
    operator: "& to |",
    lineText: "return MeterWord.unwrap(word) & PLAIN_MASK == key | ACTIVE | SHARING;",
    original: "MeterWord.unwrap(word) & PLAIN_MASK",
    proof: `The left side has the bits of queued settings and of a tombstone, the right side has not: never equal. ${PLAIN_SAVES_WORK}`,
  },
  {
    file: "DaySettlement.sol",
    operator: "always",
    lineText: "if (!word.isPlain(run.classKey))",
    proof: PLAIN_SAVES_WORK,
  },
  {
    file: "DaySettlement.sol",
    operator: "never",
    lineText: "if (!Quality.hasMissing(quality)) return true;",
    proof: "Where no interval is missing, the loop masks nothing and returns true.",
  },
  {
    file: "DaySettlement.sol",
    operator: "always",
    lineText: "if (word.hasSettingsQueued()) word = SettlementWords.applyNext(state, word, run.day);",
    proof: "`applyNext` looks at the same bit first, and returns a word without it as it came.",
  },
  {
    file: "DaySettlement.sol",
    operator: "< to <=",
    lineText: "for (uint256 k = 0; k < AuctionPrices.WORDS; ++k) {",
    within: "_fitsQuality",
    proof: "A valid vector has nothing above the 96 intervals, so that a thirteenth turn masks nothing.",
  },
  {
    file: "MeterWords.sol",
    operator: "| to &",
    lineText: "return MeterWord.wrap(queued ? others | SETTINGS_QUEUED : others);",
    proof: ONLY_CLEARS,
  },
  {
    file: "MeterWords.sol",
    operator: "never",
    lineText: "return MeterWord.wrap(queued ? others | SETTINGS_QUEUED : others);",
    proof: ONLY_CLEARS,
  },
  {
    file: "MeterWords.sol",
    operator: "one more",
    lineText: "uint256 private constant CAP_MASK = (1 << 15) - 1;",
    behind: "uint256 private constant CAP_MASK = (",
    proof: CAP_TOP_IS_SET,
  },
  {
    file: "MeterWords.sol",
    operator: "one more",
    lineText: "uint256 private constant CAP_MASK = (1 << 15) - 1;",
    original: "15",
    proof: CAP_TOP_IS_SET,
  },
  {
    file: "Quality.sol",
    operator: "& to |",
    lineText: "return quality & HIGH_BITS != 0;",
    proof:
      "The answer is always yes. It only decides whether missing intervals are looked for, and then none is found.",
  },
  {
    file: "MeterPass.sol",
    operator: "and to or",
    lineText: "if and(active, 1) {",
    proof: INACTIVE_IS_ZERO,
  },
  {
    file: "MeterPass.sol",
    operator: "and to or",
    lineText: "if and(active, 2) {",
    proof: INACTIVE_IS_ZERO,
  },
  {
    file: "MeterPass.sol",
    operator: "and to or",
    lineText: "if and(active, 4) {",
    proof: INACTIVE_IS_ZERO,
  },
  {
    file: "MeterPass.sol",
    operator: "and to or",
    lineText: "if and(active, 8) {",
    proof: INACTIVE_IS_ZERO,
  },
  {
    file: "DaySettlement.sol",
    operator: "one less",
    lineText: "(, uint256 missing) = Lanes.pairs32((quality >> (16 * k)) & 0xffff);",
    original: "0xffff",
    proof: "The lowest bit of a pair is not asked for: only upper bits say that an interval is missing.",
  },
  {
    file: "Payments.sol",
    operator: "> to >=",
    lineText: "return net > 0 ? (net + (SCALE - 1)) / SCALE : net / SCALE;",
    proof: "Nothing is 0 either way: (SCALE - 1) / SCALE is 0.",
  },
  {
    file: "ProfileBatch.sol",
    operator: "one more",
    lineText: "mstore(0x40, add(buffer, 0x2a0))",
    original: "0x2a0",
    proof:
      "One byte more is reserved than is used, and nothing needs what is allocated behind it to lie at a multiple of 32.",
  },
  {
    file: "P256Devices.sol",
    operator: "and to or",
    lineText: "valid := and(and(answered, eq(returndatasize(), 32)), eq(mload(0x00), 1))",
    proof: P256_ANSWERS,
  },
  {
    file: "ProfileBatch.sol",
    operator: "one less",
    lineText: "uint256 private constant INTERVALS_OFFSET = 0x120;",
    proof:
      "The intervals lie a byte nearer to the struct hash, which ends at 0x102, and still within the 0x2a0 bytes reserved.",
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
    file: "AuctionPrices.sol",
    operator: "< to <=",
    lineText: "for (uint256 k = 0; k < WORDS; ++k) {",
    proof:
      "The thirteenth turn writes four words behind the array. Nothing is allocated there yet, and what will be is cleared when it is allocated. It has no sides, as there are none above the 96th interval, and nobody reads its bit of `spread`.",
  },
  {
    file: "AuctionPrices.sol",
    operator: "always",
    lineText: "if (low != high) day.spread |= 1 << k;",
    proof: "Where low = high, the sums at high are then added up in the same way as those at low instead of copied.",
  },
  {
    file: "AuctionPrices.sol",
    operator: "one more",
    lineText: "uint256 active = 0;",
    proof: ACTIVE_SAVES_WORK,
  },
  {
    file: "AuctionPrices.sol",
    operator: "one more",
    lineText: "let any := 0",
    proof: ACTIVE_SAVES_WORK,
  },
  {
    file: "AuctionPrices.sol",
    operator: "and to or",
    lineText: "if iszero(and(traded, bit)) {",
    proof:
      "Of eight intervals without trade the vectors of the day are zeros, so those of the class become zeros, which they were, and it is not active there.",
  },
  {
    file: "AuctionPrices.sol",
    operator: "one less",
    lineText: "} lt(parity, 0x40) {",
    proof: "The parity is 0, 0x20 or 0x40.",
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
