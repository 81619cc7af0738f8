import { describe, expect, test } from "vitest";

import { parse } from "./compile.ts";
import { Constants } from "./constants.ts";
import type { Mutant } from "./mutant.ts";
import { mutantsOf } from "./operators.ts";

const FILE = "contracts/Example.sol";

function mutantsIn(body: string, names?: string[]): Mutant[] {
  const source = Buffer.from(`// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;
contract Example {
    uint256 private constant LIMIT = 7;
    function f(uint256 a, uint256 b) external view returns (uint256 c) {
        ${body}
    }
}`);
  const tree = parse(new Map([[FILE, source]])).get(FILE);
  if (tree === undefined) throw new Error("The example has no tree.");
  return mutantsOf(FILE, source, tree, new Constants([{ file: FILE, source, tree }]), names);
}

const changes = (mutants: Mutant[]): string[] =>
  mutants.map(({ original, replacement }) => `${original} => ${replacement}`);

describe("mutantsOf", () => {
  test("flips a comparison and moves its bound", () => {
    expect(changes(mutantsIn("c = a < b ? 1 : a;"))).toEqual(
      expect.arrayContaining(["a < b => a <= b", "a < b => a >= b", "a < b => false", "1 => 2", "1 => 0"]),
    );
  });

  test("drops a check and leaves its effect out only", () => {
    const [dropped] = mutantsIn("require(a == b); c = a;").filter(({ operator }) => operator === "drop check");
    expect(dropped?.original).toBe("require(a == b)");
    expect(dropped?.woven?.map(({ text }) => text(5, "others"))).toEqual(["if (!Chosen.on(5)) others"]);
  });

  test("swaps arithmetic, masks and assignments", () => {
    expect(changes(mutantsIn("c = (a + b) & a; c |= b;"))).toEqual(
      expect.arrayContaining(["a + b => a - b", "(a + b) & a => (a + b) | a", "c |= b => c &= b"]),
    );
  });

  test("changes assembly, but computes nothing with an effect twice", () => {
    const mutants = mutantsIn("assembly { if lt(a, 9) { c := add(a, b) } mstore(0, mul(mload(0), iszero(a))) }");
    expect(changes(mutants)).toEqual(
      expect.arrayContaining([
        "lt(a, 9) => gt(a, 9)",
        "9 => 10",
        "add(a, b) => sub(a, b)",
        "iszero(a) => iszero(iszero(a))",
      ]),
    );
    const calls = mutantsIn("assembly { c := and(staticcall(gas(), 1, 0, 0, 0, 0), 1) }");
    expect(calls.find(({ operator }) => operator === "and to or")?.woven).toBeUndefined();
  });

  test("another value of a constant is chosen where the constant is used", () => {
    const [more] = mutantsIn("c = LIMIT; assembly { c := add(c, LIMIT) }").filter(({ original }) => original === "7");
    expect(more?.replacement).toBe("8");
    expect(more?.lineText).toBe("uint256 private constant LIMIT = 7;");
    expect(more?.woven?.map(({ text }) => text(5, "others"))).toEqual([
      "(Chosen.on(5) ? uint256(8) : others)",
      "xor(others, mul(xor(LIMIT, 8), eq(calldataload(sub(calldatasize(), 32)), 5)))",
    ]);
  });

  test("a constant that the compiler must know is compiled by itself", () => {
    const [more] = mutantsIn("uint256[LIMIT] memory d; c = d[a];").filter(({ original }) => original === "7");
    expect(more?.replacement).toBe("8");
    expect(more?.woven).toBeUndefined();
  });

  test("a span of time is changed by a second", () => {
    expect(changes(mutantsIn("c = 1 hours;"))).toEqual(expect.arrayContaining(["1 hours => 3601", "1 hours => 3599"]));
  });

  test("leaves out functions that are not asked for, and constants that those asked for do not use", () => {
    expect(mutantsIn("c = LIMIT;", ["g"])).toEqual([]);
    expect(changes(mutantsIn("c = a;", ["f"]))).toEqual([]);
    expect(changes(mutantsIn("c = LIMIT;", ["f"]))).toEqual(["7 => 8", "7 => 6"]);
    expect(changes(mutantsIn("assembly { c := LIMIT }", ["f"]))).toEqual(["7 => 8", "7 => 6"]);
    expect(changes(mutantsIn("c = a;", ["LIMIT"]))).toEqual(["7 => 8", "7 => 6"]);
  });
});
