import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, describe, expect, it } from "vitest";

import { homesOfQualityOk, metaBeside } from "./homes-of-quality.ts";

const folder = mkdtempSync(join(tmpdir(), "commonwatt-year-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe("homesOfQualityOk", () => {
  it("takes the homes that are marked so, and no other", async () => {
    const path = file("a_meta.csv", "household,kw,quality\na,1,ok\nb,2,suspect: night\nc,3,ok\n");
    expect(await homesOfQualityOk(path)).toEqual(["a", "c"]);
  });

  it.each([
    ["household,kw\na,1\n", "expected household and quality among them"],
    ["household,quality\na,bad\n", 'has no household of quality "ok"'],
  ])("refuses %j", async (text, message) => {
    await expect(homesOfQualityOk(file("b_meta.csv", text))).rejects.toThrow(message);
  });
});

describe("metaBeside", () => {
  it("finds the descriptions beside the data, if there are any", () => {
    const meta = file("street_meta.csv", "household,quality\n");
    expect(metaBeside(join(folder, "street_hourly.csv.gz"))).toBe(meta);
    expect(metaBeside(join(folder, "street.csv"))).toBe(meta);
    expect(metaBeside(join(folder, "other_hourly.csv.gz"))).toBeUndefined();
  });
});
