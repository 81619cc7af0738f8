import { describe, expect, it } from "vitest";

import { parseEnv } from "./env.ts";
import { nextTheme } from "./lib/theme.ts";

describe("build settings", () => {
  it("leave the demo wallet out unless it is asked for", () => {
    expect(parseEnv({})).toEqual({ demo: false });
    expect(parseEnv({ VITE_DEMO: "0", MODE: "production" })).toEqual({ demo: false });
    expect(parseEnv({ VITE_DEMO: "1" })).toEqual({ demo: true });
  });

  it("name the variable that is wrong", () => {
    expect(() => parseEnv({ VITE_DEMO: "yes" })).toThrow(/VITE_DEMO/u);
  });
});

describe("the theme toggle", () => {
  it("goes round through all three choices", () => {
    expect(nextTheme(nextTheme(nextTheme("system")))).toBe("system");
    expect(new Set(["system" as const, nextTheme("system"), nextTheme(nextTheme("system"))]).size).toBe(3);
  });
});
