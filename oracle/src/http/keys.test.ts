import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { createKeyRing } from "./key-ring.ts";
import { addKey, readKeys } from "./keys-file.ts";

const KEY = "00112233445566778899aabbccddeeff";
let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "keys-"));
  file = join(folder, "http", "keys");
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const write = (text: string, mode = 0o600) => {
  file = join(folder, "keys");
  writeFileSync(file, text, { mode });
};

describe("the file of keys", () => {
  test("comes into being with the first key, for its owner only, and keeps what is in it", () => {
    const first = addKey(file, {});
    expect(first).toEqual({ user: 1, key: expect.stringMatching(/^[0-9a-f]{32}$/u) as string });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const second = addKey(file, { user: 40, node: "emontx4 1" });
    const third = addKey(file, {});
    expect([second.user, third.user]).toEqual([40, 41]);
    expect(readKeys(file)).toEqual([first, second, third]);
    expect(new Set([first, second, third].map(({ key }) => key)).size).toBe(3);
    expect(() => addKey(file, { user: 40 })).toThrow(`User 40 has a key already. Remove its line from ${file}`);
    expect(() => addKey(file, { user: 0 })).toThrow("User 0, expected a number from 1 to 4294967295");
    expect(() => addKey(file, { node: "a/b" })).toThrow('--node: node "a/b", expected letters');
  });

  test("may have comments, empty lines and capitals", () => {
    write(`# keys\n\n1 ${KEY.toUpperCase()}\r\n  2 ${KEY.replace("0", "1")}   emon tx \n`);
    expect(readKeys(file)).toEqual([
      { user: 1, key: KEY },
      { user: 2, key: KEY.replace("0", "1"), node: "emon tx" },
    ]);
  });

  test("that is wrong is refused with the line, and never with the key", () => {
    for (const [text, expected] of [
      [`1 ${KEY}0`, 'line 1: expected "<user id> <32 hex characters> [node]"'],
      [`# c\n0 ${KEY}`, "line 2: expected"],
      [`1 ${KEY}\n1 ${KEY.replace("0", "1")}`, "line 2: user 1 has a key already"],
      [`1 ${KEY}\n2 ${KEY}`, "line 2: the same key stands in an earlier line"],
      [`1 ${KEY} a/b`, 'line 1: node "a/b"'],
    ] as const) {
      write(text);
      expect(() => readKeys(file)).toThrow(expected);
      expect(() => readKeys(file)).not.toThrow(KEY);
      rmSync(file);
    }
    write(`1 ${KEY}`, 0o644);
    expect(() => readKeys(file)).toThrow("has mode 644, expected 600");
    expect(() => readKeys(join(folder, "none"))).toThrow("cannot be read");
    expect(readFileSync(file, "utf8")).toBe(`1 ${KEY}`);
  });
});

describe("the keys", () => {
  const ring = createKeyRing([
    { user: 1, key: KEY },
    { user: 2, key: KEY.replace("0", "1"), node: "emontx" },
  ]);

  test("are found by what is shown, in any case, and by nothing else", () => {
    expect(ring.find(KEY)).toMatchObject({ user: 1, node: undefined });
    expect(ring.find(KEY.replace("0", "1").toUpperCase())).toMatchObject({ user: 2, node: "emontx" });
    for (const wrong of ["", KEY.slice(1), `${KEY}0`, `${KEY} `, "__proto__", "x".repeat(100_000)]) {
      expect(ring.find(wrong)).toBeUndefined();
    }
  });

  test("are found by the user that encrypted input names", () => {
    expect(ring.byUser("2")).toMatchObject({ user: 2, secret: Buffer.from(KEY.replace("0", "1"), "hex") });
    for (const wrong of ["3", "02", "", "constructor"]) expect(ring.byUser(wrong)).toBeUndefined();
  });
});
