import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { parseJsonText } from "./json-text.ts";

describe("JSON with numbers that are none", () => {
  test.each<[string, unknown]>([
    ['{"T1":NaN,"E1":5}', { T1: null, E1: 5 }],
    ['{"T1": -Infinity, "T2": Infinity}', { T1: null, T2: null }],
    ['[[1720080000,"a",NaN,-NaN,7]]', [[1720080000, "a", null, null, 7]]],
    ["NaN", null],
    ['{"NaN":1,"T1":NaN,"a\\"NaN":2}', { NaN: 1, T1: null, 'a"NaN': 2 }],
    ['["\\\\",NaN,"-Infinity"]', ["\\", null, "-Infinity"]],
  ])("%j is read with null for them", (text, expected) => {
    expect(parseJsonText(text)).toEqual(expected);
  });

  test.each(["{", "nan", "1NaN", "xNaN", "--NaN", "NaNN", "[NaN", '"NaN', '{"a":"NaN\\', "InfinityNaN", ""])(
    "%j is no JSON with them either",
    (text) => {
      expect(() => parseJsonText(text)).toThrow(SyntaxError);
    },
  );

  test("is read as what was written, null for each number that was none", () => {
    const written = fc.jsonValue().chain((value) => fc.tuple(fc.constant(value), fc.constantFrom("NaN", "-Infinity")));
    fc.assert(
      fc.property(written, ([value, word]) => {
        expect(parseJsonText(`{"none":${word},"beside":${JSON.stringify(value)},"last":${word}}`)).toEqual({
          none: null,
          beside: JSON.parse(JSON.stringify(value)) as unknown,
          last: null,
        });
      }),
    );
  });

  test("costs time in proportion to its length, whatever its quotes", () => {
    const started = process.threadCpuUsage();
    for (const part of ['"\\', "NaN,", "-", '"', "\\\\", "Infinit"])
      expect(() => parseJsonText(`{${part.repeat(1_000_000)}`)).toThrow(SyntaxError);
    expect(process.threadCpuUsage(started).user / 1000).toBeLessThan(5_000);
  });
});
