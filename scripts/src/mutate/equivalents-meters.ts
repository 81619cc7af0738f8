import type { Equivalent } from "./equivalents.ts";

const TOMBSTONED_IS_INACTIVE =
  "The settlement reads the bit in isPlain only, and there it decides nothing: a device that has it is not active, so that the comparison fails in any case. The neighbours it moves to are compared already.";
const PLAIN_SAVES_WORK =
  "No word is taken to be plain then, and `reconsider` returns those that are as they came: of a known meter, active, nothing queued, sharing, in the class.";
const INACTIVE_IS_ZERO = "Where a class is not active all its prices are zero, and so are the products.";
const CAP_TOP_IS_SET =
  "The cap gets a sixteenth bit, the exponent's lower one. Only MeterPass reads the cap, and sets that bit in any case.";
const ONLY_CLEARS = "The settlement only clears the bit. contracts/test/MeterWords.t.sol sets it.";
const SEAT_AND_ASK =
  "The mask gets a ninth bit, the lowest of the ask, which is cleared together with the seat in any case.";

/** Mutants of the meters' part that no test can notice. */
export const METERS_EQUIVALENTS: readonly Equivalent[] = [
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
    file: "DaySettlement.sol",
    operator: "one less",
    lineText: "(, uint256 missing) = Lanes.pairs32((quality >> (16 * k)) & 0xffff);",
    original: "0xffff",
    proof: "The lowest bit of a pair is not asked for: only upper bits say that an interval is missing.",
  },
  {
    file: "DaySettlement.sol",
    operator: "one more",
    lineText: "if (profile.quality != 0 && !_fitsQuality(profile)) return false;",
    original: "0",
    proof: "A vector of 0 or 1, with no interval or the first one estimated, fits whether it is looked at or not.",
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
    file: "MeterPass.sol",
    operator: "one less",
    lineText: "uint256 private constant LENGTH = 384;",
    proof: "383 bytes end within the last turn of 128 bytes, or of 32, as 384 end with it.",
  },
  {
    file: "MeterPass.sol",
    operator: "one more",
    lineText: "let excess := 0",
    original: "0",
    proof: "Only the highest bit of each lane is looked at.",
  },
  {
    file: "MeterPass.sol",
    operator: "one more",
    lineText: "if and(active, 2) {",
    original: "2",
    proof: INACTIVE_IS_ZERO,
  },
  {
    file: "MeterPass.sol",
    operator: "one more",
    lineText: "if and(active, 4) {",
    original: "4",
    proof: INACTIVE_IS_ZERO,
  },
  {
    file: "MeterPass.sol",
    operator: "one more",
    lineText: "if and(active, 8) {",
    original: "8",
    proof: INACTIVE_IS_ZERO,
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
    file: "MeterWords.sol",
    operator: "| to &",
    lineText: "return MeterWord.unwrap(word) & PLAIN_MASK == key | ACTIVE | SHARING;",
    original: "key | ACTIVE",
    proof: `A word that shares and is not active has the bit of a tombstone, which is compared: never equal. ${PLAIN_SAVES_WORK}`,
  },
  {
    file: "MeterWords.sol",
    operator: "| to &",
    lineText: "uint256 private constant PLAIN_MASK = CLASS_MASK | ACTIVE | TOMBSTONED | SHARING | SETTINGS_QUEUED;",
    proof: `The mask loses ACTIVE or SHARING, which the right side of the comparison has: never equal. ${PLAIN_SAVES_WORK}`,
  },
  {
    file: "MeterWords.sol",
    operator: "one more",
    lineText: "uint256 private constant SEAT_MASK = (1 << 8) - 1;",
    behind: "uint256 private constant SEAT_MASK = (",
    proof: SEAT_AND_ASK,
  },
  {
    file: "MeterWords.sol",
    operator: "one more",
    lineText: "uint256 private constant SEAT_MASK = (1 << 8) - 1;",
    original: "8",
    proof: SEAT_AND_ASK,
  },
  {
    file: "Payments.sol",
    operator: "one more",
    lineText: "list = new bytes(count * ENTRY_LENGTH + 32);",
    original: "32",
    proof: "One byte more is allocated than is used.",
  },
  {
    file: "Payments.sol",
    operator: "one less",
    lineText: "list = new bytes(count * ENTRY_LENGTH + 32);",
    original: "32",
    proof:
      "20 bytes behind the last entry are enough: what is written there is the rest of a word that begins with its 12.",
  },
  {
    file: "Payments.sol",
    operator: "> to >=",
    lineText: "return net > 0 ? (net + (SCALE - 1)) / SCALE : net / SCALE;",
    proof: "Nothing is 0 either way: (SCALE - 1) / SCALE is 0.",
  },
];
