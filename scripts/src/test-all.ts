/**
 * `npm test`: runs every test runner of the project and ends with one line that sums them up:
 * `N passed, N failed, N skipped`. The Solidity tests, whose compiler keeps one core busy for minutes, run beside the
 * others, and are shown when these are done. Exits 1 if anything failed, or if a runner ended without saying what it ran.
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

/** Runs one command from the repository's root, shows its output as it comes unless told not to, and returns it. */
async function run(
  command: string[],
  env: Record<string, string>,
  shown = true,
): Promise<{ output: string; code: number }> {
  const [program, ...args] = command;
  if (program === undefined) throw new Error("A runner needs a command.");
  const child = spawn(program, args, {
    cwd: root,
    env: { ...process.env, HARDHAT_DISABLE_TELEMETRY_PROMPT: "true", ...env },
    stdio: ["ignore", "pipe", shown ? "inherit" : "pipe"],
  });
  const chunks: Buffer[] = [];
  const keep = (chunk: Buffer): void => {
    chunks.push(chunk);
    if (shown) process.stdout.write(chunk);
  };
  child.stdout?.on("data", keep);
  child.stderr?.on("data", keep);
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

const solidityTests: Runner = {
  name: "Solidity tests",
  command: ["npx", "hardhat", "test", "solidity"],
  count: parseHardhatSummary,
};
const runners: Runner[] = [
  { name: "contract tests", command: ["npx", "hardhat", "test", "mocha", "--no-compile"], count: parseHardhatSummary },
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

/** Adds what a runner counted, and every way in which it ended without counting, to the total. */
function take(runner: Runner, { output, code }: { output: string; code: number }): void {
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

const announce = ({ name, command }: Runner): void => {
  console.log(`\n== ${name}: ${command.join(" ")}`);
};

try {
  const beside = run(solidityTests.command, {}, false);
  for (const runner of runners) {
    announce(runner);
    take(runner, await run(runner.command, runner.env ?? {}));
  }
  const solidity = await beside;
  announce(solidityTests);
  process.stdout.write(solidity.output);
  take(solidityTests, solidity);
} finally {
  rmSync(reports, { recursive: true, force: true });
}

console.log("");
for (const note of notes) console.log(note);
console.log(formatCounts(total));
process.exitCode = total.failed === 0 ? 0 : 1;
