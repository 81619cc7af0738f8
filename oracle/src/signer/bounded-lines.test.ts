import { Readable } from "node:stream";

import { expect, test } from "vitest";

import { boundedLines } from "./bounded-lines.ts";

const linesOf = (...chunks: (string | Buffer)[]) => Readable.from(boundedLines(Readable.from(chunks), 5)).toArray();

test("gives lines however they are cut, without breaks, empty ones, or a last one that is not ended", async () => {
  const euro = Buffer.from("€\n");
  expect(await linesOf("ab", "c\r\n\nde", "f\n", euro.subarray(0, 1), euro.subarray(1), "cut")).toEqual([
    "abc",
    "def",
    "€",
  ]);
});

test("stops at a line that is too long, before it has come whole", async () => {
  const endless = Readable.from(
    (function* () {
      for (;;) yield "aaa";
    })(),
  );
  await expect(Readable.from(boundedLines(endless, 5)).toArray()).rejects.toThrow(/longer than 5 characters/u);
  expect(endless.destroyed).toBe(true);
});
