import { describe, expect, test } from "vitest";

import { columnTypes, insertMany, numberPlaceholders, parameterOf, parseInteger } from "./postgres-text.ts";

describe("a statement", () => {
  test("has its placeholders numbered, but for what is quoted", () => {
    expect(numberPlaceholders("SELECT '?', 'it''s ?' WHERE a = ? AND b = ?")).toBe(
      "SELECT '?', 'it''s ?' WHERE a = $1 AND b = $2",
    );
  });

  test("that inserts values inserts many rows at once from arrays", () => {
    const statement = "INSERT INTO t (a, b) VALUES (?, ?) ON CONFLICT (a) DO UPDATE SET b = excluded.b";
    expect(insertMany(statement, ["bigint", "text"])).toBe(
      "INSERT INTO t (a, b) SELECT * FROM unnest($1::bigint[], $2::text[]) ON CONFLICT (a) DO UPDATE SET b = excluded.b",
    );
  });

  test.each([
    "UPDATE t SET a = ? WHERE b = ?",
    "INSERT INTO t (a, b) VALUES (?, 'x')",
    "INSERT INTO t (a) VALUES (?) ON CONFLICT (a) DO UPDATE SET b = ?",
  ])("of another kind is run row by row: %s", (statement) => {
    expect(insertMany(statement, ["bigint", "text"])).toBeUndefined();
  });

  test("gets the types of its columns from the first value that is one", () => {
    const rows = [
      [1, null, null, null],
      [2, "x", null, new Uint8Array(1)],
    ];
    expect(columnTypes(rows)).toEqual(["bigint", "text", "text", "bytea"]);
  });
});

test("integers are numbers where they are exact", () => {
  expect([parseInteger("-12"), parseInteger("9007199254740993")]).toEqual([-12, 9_007_199_254_740_993n]);
});

test("texts lose the character that PostgreSQL does not know", () => {
  expect(parameterOf("a\0b")).toBe("a\uFFFDb");
  expect(parameterOf(null)).toBeNull();
});
