import type { Equivalent } from "./equivalents.ts";

const P256_ANSWERS =
  "The precompile answers the word 1, or nothing, or fails: with it all three conditions hold; without, neither the length nor the scratch space, which is zero before, says yes.";
const FURTHER_OUT =
  "The number is read or written a byte off, 256 times as large: what is allocated then lies further out. It costs gas, which no outcome depends on.";

/** Mutants of profiles and their signatures that no test can notice. */
export const PROFILES_EQUIVALENTS: readonly Equivalent[] = [
  {
    file: "P256Devices.sol",
    operator: "one more",
    lineText: "mstore(0x00, 0)",
    original: "0x00",
    proof: "The highest byte of the scratch word stays as it was, the others are 0: whatever it is, the word is not 1.",
  },
  {
    file: "P256Devices.sol",
    operator: "one more",
    lineText: "let answered := staticcall(gas(), PRECOMPILE, buffer, 160, 0x00, 32)",
    original: "32",
    proof: "The precompile answers 32 bytes or none, and no more than that is copied.",
  },
  {
    file: "P256Devices.sol",
    operator: "and to or",
    lineText: "valid := and(and(answered, eq(returndatasize(), 32)), eq(mload(0x00), 1))",
    proof: P256_ANSWERS,
  },
  {
    file: "ProfileBatch.sol",
    operator: "one more",
    lineText: "buffer := mload(0x40)",
    original: "0x40",
    proof: FURTHER_OUT,
  },
  {
    file: "ProfileBatch.sol",
    operator: "one less",
    lineText: "mstore(0x40, add(buffer, 0x2a0))",
    original: "0x40",
    proof: FURTHER_OUT,
  },
  {
    file: "ProfileBatch.sol",
    operator: "one more",
    lineText: "pop(staticcall(gas(), 1, input, 0x80, 0, 0x20))",
    original: "0x20",
    proof: "The precompile answers 32 bytes or none, and no more than that is copied.",
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
    file: "ProfileBatch.sol",
    operator: "one less",
    lineText: "uint256 private constant INTERVALS_OFFSET = 0x120;",
    proof:
      "The intervals lie a byte nearer to the struct hash, which ends at 0x102, and still within the 0x2a0 bytes reserved.",
  },
  {
    file: "ProfileBatch.sol",
    operator: "one more",
    lineText: "pop(staticcall(gas(), 1, input, 0x80, 0, 0x20))",
    original: "0x80",
    proof: "The precompile reads the first 128 bytes of its input and no more.",
  },
  {
    file: "P256Devices.sol",
    operator: "one more",
    lineText: "mstore(0x00, 0)",
    original: "0",
    proof: "Where the precompile answers, it writes over the 1; where it does not, the length says no.",
  },
  {
    file: "ProfileBatch.sol",
    operator: "one more",
    lineText: "mstore(0, 0)",
    original: "0",
    behind: "mstore(",
    proof: "The byte that is not cleared is above the 20 of an address, and is cut off where the address is stored.",
  },
  {
    file: "Quality.sol",
    operator: "& to |",
    lineText: "return quality & HIGH_BITS != 0;",
    proof:
      "The answer is always yes. It only decides whether missing intervals are looked for, and then none is found.",
  },
  {
    file: "Quality.sol",
    operator: "one more",
    lineText: "return (quality & (quality >> 1) & LOW_BITS) | (quality >> 192) == 0;",
    original: "192",
    proof:
      "A batch has 24 bytes of the vector: nothing lies above them. contracts/test/Quality.t.sol has vectors that go on.",
  },
  {
    file: "Quality.sol",
    operator: "one more",
    lineText: "uint256 private constant HIGH_BITS = 0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa;",
    proof:
      "One bit more is asked for. It only decides whether the missing intervals are looked for, and without upper bits none is found.",
  },
  {
    file: "Quality.sol",
    operator: "one more",
    lineText: "return quality & HIGH_BITS != 0;",
    proof:
      "No value of the upper bits is 1, so the answer is always yes. It only decides whether the missing intervals are looked for, and without upper bits none is found.",
  },
];
