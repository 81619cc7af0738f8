import { describe, expect, test } from "vitest";

import type { Mutant } from "./mutant.ts";
import { toBatches, weave } from "./weave.ts";

const SOURCE = Buffer.from("é = a + b;");

function mutant(start: number, length: number, replacement: string, alone = false): Mutant {
  const original = SOURCE.subarray(start, start + length).toString();
  const text = (id: number, others: string): string => `(${id} ? ${replacement} : ${others})`;
  const woven = alone ? undefined : [{ file: "f", start, length, text }];
  return {
    file: "f",
    operator: "x",
    start,
    length,
    original,
    replacement,
    line: 1,
    lineText: "",
    column: 0,
    within: "",
    woven,
  };
}

describe("toBatches", () => {
  test("keeps overlapping mutants apart and lone ones alone", () => {
    const [whole, left, right, constant] = [
      mutant(5, 5, "c"),
      mutant(5, 1, "d"),
      mutant(9, 1, "e"),
      mutant(0, 2, "f", true),
    ];
    expect(toBatches([whole, left, right, constant], 9).map((batch) => batch.map(({ id }) => id))).toEqual([
      [1],
      [2, 3],
      [4],
    ]);
  });

  test("keeps mutants apart that overlap at any of their places", () => {
    const [first, second, third] = [mutant(5, 1, "d"), mutant(9, 1, "e"), mutant(8, 2, "f")];
    const both = { ...first, woven: [...(first.woven ?? []), ...(second.woven ?? [])] };
    expect(toBatches([both, third], 9)).toHaveLength(2);
    const batch = [first, both].map((of, index) => ({ id: index + 2, mutant: of }));
    expect(weave("f", SOURCE, batch, "")).toBe("é = (3 ? d : (2 ? d : a)) + (3 ? e : b);\n\n");
  });

  test("respects the most of a batch", () => {
    expect(toBatches([mutant(5, 1, "c"), mutant(9, 1, "d")], 1)).toHaveLength(2);
  });
});

describe("weave", () => {
  test("puts each choice at its bytes and the import behind", () => {
    const batch = [
      { id: 2, mutant: mutant(5, 1, "d") },
      { id: 3, mutant: mutant(9, 1, "e") },
    ];
    expect(weave("f", SOURCE, batch, "import;")).toBe("é = (2 ? d : a) + (3 ? e : b);\nimport;\n");
  });

  test("chooses among mutants of the same bytes", () => {
    const batch = [
      { id: 2, mutant: mutant(5, 1, "d") },
      { id: 3, mutant: mutant(5, 1, "e") },
    ];
    expect(toBatches([mutant(5, 1, "d"), mutant(5, 1, "e")], 9)).toHaveLength(1);
    expect(weave("f", SOURCE, batch, "import;")).toBe("é = (3 ? e : (2 ? d : a)) + b;\nimport;\n");
  });

  test("changes outright where there is one, and nothing in other files", () => {
    const batch = [{ id: 2, mutant: mutant(5, 1, "d") }];
    expect(weave("f", SOURCE, batch, "import;")).toBe("é = d + b;");
    expect(weave("g", SOURCE, batch, "import;")).toBe("é = a + b;");
  });
});
