import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { parseSimulateOptions } from "../src/simulate/options.ts";

const MAIN = join(import.meta.dirname, "../src/simulate/main.ts");
const run = promisify(execFile);

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "simulate-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

type Figures = {
  daysSettled: number;
  messages: number;
  chain: Record<string, { transactions: number; gas: number } | undefined>;
  perHousehold: Record<string, number>;
};

describe("npm run simulate", () => {
  test("settles a day of two neighbourhoods of five meters, one after the other, and says what that took", async () => {
    const json = join(folder, "figures.json");
    const args = ["--meters", "10", "--neighbourhoods", "2", "--at-a-time", "1", "--json", json];
    await run(process.execPath, [MAIN, ...args], { maxBuffer: 2 ** 24, timeout: 600_000 });
    const figures = JSON.parse(await readFile(json, "utf8")) as Figures;
    expect(figures.daysSettled).toBe(2);
    // Two of the evening before, and one for each quarter-hour and its end.
    expect(figures.messages).toBe(10 * (2 + 97));
    expect(figures.chain["settleDay"]?.transactions).toBe(2);
    expect(figures.perHousehold["gas"]).toBeGreaterThan(10_000);
    expect(figures.perHousehold["calldataBytes"]).toBeGreaterThan(200);
    expect(figures.perHousehold["databaseBytes"]).toBeGreaterThan(1_000);
  }, 900_000);

  test("names what it cannot do", () => {
    expect(() => parseSimulateOptions(["--meters", "600", "--neighbourhoods", "2"])).toThrow(
      "--meters is 600, expected 1 to 250 for each of the 2 neighbourhoods.",
    );
    expect(() => parseSimulateOptions(["--days", "0"])).toThrow(
      '--days is "0", expected a whole number from 1 to 366.',
    );
    expect(parseSimulateOptions(["--help"])).toBeUndefined();
  });
});
