/**
 * `npm test`: runs every test runner of the project one after the other and ends with one line that sums them up:
 * `N passed, N failed, N skipped`. Exits 1 if anything failed, or if a runner ended without saying what it ran.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { chromiumPath } from "./chromium.ts";
import {
  addCounts,
  type Counts,
  formatCounts,
  parseHardhatSummary,
  parsePlaywrightReport,
  parseVitestReport,
} from "./test-counts.ts";

const root = join(import.meta.dirname, "../..");

type Runner = {
  name: string;
  command: string[];
  env?: Record<string, string>;
  /** Reads the counts from what the runner printed or wrote. */
  count: (output: string) => Counts;
};

/** Runs one command from the repository's root, shows its output as it comes, and returns it with the exit code. */
async function run(command: string[], env: Record<string, string>): Promise<{ output: string; code: number }> {
  const [program, ...args] = command;
  if (program === undefined) throw new Error("A runner needs a command.");
  const child = spawn(program, args, {
    cwd: root,
    env: { ...process.env, HARDHAT_DISABLE_TELEMETRY_PROMPT: "true", ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    process.stdout.write(chunk);
  });
  const code = await new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (exitCode) => {
      resolve(exitCode ?? 1);
    });
  });
  return { output: Buffer.concat(chunks).toString("utf8"), code };
}

const reports = mkdtempSync(join(tmpdir(), "commonwatt-test-"));
const vitestReport = join(reports, "vitest.json");
const playwrightReport = join(reports, "playwright.json");

const runners: Runner[] = [
  { name: "Solidity tests", command: ["npx", "hardhat", "test", "solidity"], count: parseHardhatSummary },
  { name: "contract tests", command: ["npx", "hardhat", "test", "mocha"], count: parseHardhatSummary },
  {
    name: "unit and integration tests",
    command: ["npx", "vitest", "run", "--reporter=default", "--reporter=json", `--outputFile.json=${vitestReport}`],
    count: () => parseVitestReport(readFileSync(vitestReport, "utf8")),
  },
];

let total: Counts = { passed: 0, failed: 0, skipped: 0 };
const notes: string[] = [];

const chromium = chromiumPath(process.env, existsSync);
if (chromium === undefined) {
  total = addCounts(total, { passed: 0, failed: 0, skipped: 1 });
  notes.push("Browser tests skipped: no Chromium found (set CHROMIUM, or install Debian's package `chromium`).");
} else {
  runners.push({
    name: "browser tests",
    command: ["npx", "playwright", "test", "--config", "frontend/playwright.config.ts", "--reporter=list,json"],
    env: { CHROMIUM: chromium, PLAYWRIGHT_JSON_OUTPUT_NAME: playwrightReport },
    count: () => parsePlaywrightReport(readFileSync(playwrightReport, "utf8")),
  });
}

try {
  for (const runner of runners) {
    console.log(`\n== ${runner.name}: ${runner.command.join(" ")}`);
    const { output, code } = await run(runner.command, runner.env ?? {});
    let counts: Counts;
    try {
      counts = runner.count(output);
    } catch (error) {
      notes.push(`${runner.name} ended with code ${code} and no readable result: ${String(error)}`);
      counts = { passed: 0, failed: 1, skipped: 0 };
    }
    // A runner may fail outside a test (a setup hook, a compiler error): that is a failure too.
    if (code !== 0 && counts.failed === 0) {
      notes.push(`${runner.name} ended with code ${code}.`);
      counts = addCounts(counts, { passed: 0, failed: 1, skipped: 0 });
    }
    if (counts.passed + counts.failed === 0) {
      notes.push(`${runner.name} ran no test.`);
      counts = addCounts(counts, { passed: 0, failed: 1, skipped: 0 });
    }
    total = addCounts(total, counts);
  }
} finally {
  rmSync(reports, { recursive: true, force: true });
}

console.log("");
for (const note of notes) console.log(note);
console.log(formatCounts(total));
process.exitCode = total.failed === 0 ? 0 : 1;
