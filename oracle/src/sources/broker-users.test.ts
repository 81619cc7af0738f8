import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { readUsers } from "./broker-users.ts";

let file: string;
beforeEach(() => {
  file = join(mkdtempSync(join(tmpdir(), "users-")), "users");
});
afterEach(() => {
  rmSync(join(file, ".."), { recursive: true });
});

function users(text: string, mode = 0o600) {
  writeFileSync(file, text, { mode });
  return readUsers(file);
}

describe("the users of the broker", () => {
  test("are let in by their password, which may hold colons, and by no other", () => {
    const check = users("# gateways\nemonpi:secret\n\nhouse 2:pass:word\r\n");
    expect(check("emonpi", Buffer.from("secret"))).toBe(true);
    expect(check("house 2", Buffer.from("pass:word"))).toBe(true);
    for (const [user, password] of [
      ["emonpi", "Secret"],
      ["emonpi", ""],
      ["house 2", "secret"],
      ["nobody", "secret"],
      ["", ""],
      ["# gateways", ""],
    ] as const)
      expect(check(user, Buffer.from(password))).toBe(false);
    expect(check(undefined, undefined)).toBe(false);
    expect(check("emonpi", undefined)).toBe(false);
  });

  test.each([
    ["no colon", "emonpi", /line 1: expected user:password/u],
    ["no password", "a:b\nemonpi:", /line 2: expected user:password/u],
    ["no name", ":secret", /line 1: expected user:password/u],
    ["a user twice", "a:1\na:2", /line 2: user "a" is there twice/u],
    ["nobody", "# only a comment\n", /has no users/u],
  ])("are refused with the line, and without what it holds: %s", (_name, text, expected) => {
    expect(() => users(text)).toThrow(expected);
    try {
      users(text);
    } catch (error) {
      expect(String(error)).not.toContain("secret");
    }
  });

  test("are refused in a file that others can read", () => {
    expect(() => users("a:b", 0o644)).toThrow(/mode 644, expected 600/u);
  });
});
