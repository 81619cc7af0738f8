import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";
import { z } from "zod";

import { configReference } from "./reference.ts";
import { configSchema } from "./schema.ts";

const example: unknown = JSON.parse(readFileSync(new URL("../../config.example.json", import.meta.url), "utf8"));
const page = readFileSync(new URL("../../../docs/config.md", import.meta.url), "utf8");

describe("the config reference", () => {
  it("is what the schema says now: otherwise run npm run docs:config", () => {
    expect(page).toBe(configReference(configSchema, example));
  });

  it("gives bounds, unit, default, example and meaning of a setting", () => {
    const schema = z.strictObject({
      grace: z
        .strictObject({ waitSeconds: z.int().min(2).max(9).default(5).describe("How long is waited") })
        .prefault({})
        .describe("Patience"),
      name: z.string().describe("What it is called"),
    });
    const text = configReference(schema, { name: "street" });
    expect(text).toContain("- `grace` (section; has defaults). Patience.");
    expect(text).toContain("## `grace`\n\n- `waitSeconds` (whole number from 2 to 9, in seconds; default `5`). How");
    expect(text).toContain('- `name` (text; required; for example `"street"`). What it is called.');
  });

  it("refuses a setting that nobody described, in a section, a list or a choice too", () => {
    const bare = z.strictObject({ depth: z.int() });
    const choice = z.discriminatedUnion("kind", [z.strictObject({ kind: z.literal("a").describe("A"), one: z.int() })]);
    const schema = z.strictObject({
      section: bare.describe("Section"),
      list: z.array(bare).describe("List"),
      choice: choice.describe("Choice"),
    });
    expect(() => configReference(schema, {})).toThrow(/section\.depth, list\[\]\.depth, choice\.one$/u);
  });
});
