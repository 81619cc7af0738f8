import type { Equivalent } from "./equivalents.ts";

const NINTH =
  "A ninth turn finds zeros: every lane is shifted out of its word, and so is the side. No supply and no demand at 0 are a witness, so it names nothing.";
const ACTIVE_SAVES_WORK =
  "The class is taken to be active where all its prices are zero: what it buys and sells there is multiplied by them.";
const NO_TOP_BIT =
  "The mask loses the highest bit of its lane, and nothing that it is laid over has that bit: prices are below 2^46, totals below 2^30. A claimed share that has it is refused in the end, whatever was multiplied by it, and so is an energy that has it, by the cap.";

/** Mutants of the auction that no test can notice. */
export const AUCTION_EQUIVALENTS: readonly Equivalent[] = [
  {
    file: "AuctionPrices.sol",
    operator: "one more",
    lineText: "uint256 private constant CLASS_WORDS = 6;",
    proof: "Twelve words more are allocated than are used.",
  },
  {
    file: "AuctionPrices.sol",
    operator: "one less",
    lineText: "and(mload(add(source, 0x40)), sub(shl(64, better), better)),",
    original: "64",
    proof: NO_TOP_BIT,
  },
  {
    file: "AuctionPrices.sol",
    operator: "one less",
    lineText: "and(mload(add(source, 0x60)), sub(shl(64, at), at))",
    original: "64",
    proof: NO_TOP_BIT,
  },
  {
    file: "AuctionPrices.sol",
    operator: "one less",
    lineText: "and(mload(add(source, 0x80)), sub(shl(64, better), better)),",
    original: "64",
    proof: NO_TOP_BIT,
  },
  {
    file: "AuctionPrices.sol",
    operator: "one less",
    lineText: "and(mload(add(source, 0xa0)), sub(shl(64, at), at))",
    original: "64",
    proof: NO_TOP_BIT,
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
    file: "Lanes.sol",
    operator: "one less",
    lineText: "return (ones << 32) - ones;",
    original: "32",
    proof: NO_TOP_BIT,
  },
  {
    file: "Lanes.sol",
    operator: "one less",
    lineText: "return (ones << 64) - ones;",
    original: "64",
    proof: NO_TOP_BIT,
  },
];
