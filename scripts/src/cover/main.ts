/**
 * `npm run coverage`: runs the contract tests of both runners, Mocha and Solidity, on instrumented contracts, and says
 * which lines of `contracts/` none of them reaches. Exits 1 if there is one, or if a test fails.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

import { type FileLines, parseLcov } from "./lcov.ts";

const root = join(import.meta.dirname, "../../..");
const output = join(root, "coverage");
const reportPath = join(output, "lcov.info");
/** Tests that measure gas or size, or give a callee hardly more gas than it needs: instrumented contracts fail them. */
const NOT_INSTRUMENTED = [
  "the largest settlement",
  "fits every contract into what a chain takes",
  "is what the snapshot says",
  "can move what it was just given from inside its hook",
].join("|");
/** What the tests are made of, and files of declarations. */
const WITHOUT_CODE = ["test/", "interfaces/", "types/"];

// One run of both: Hardhat puts together what each of them reached, statement by statement.
const started = Date.now();
rmSync(reportPath, { force: true });
rmSync(join(output, "data"), { recursive: true, force: true });
const options = ["--config", "hardhat.coverage.config.ts", "--coverage", "--no-typechain"];
const args = [...options, "test", "--grep-exclude", NOT_INSTRUMENTED];
const { status, error } = spawnSync(process.execPath, [join(root, "node_modules/hardhat/dist/src/cli.js"), ...args], {
  cwd: root,
  stdio: "inherit",
  env: { ...process.env, HARDHAT_DISABLE_TELEMETRY_PROMPT: "true" },
});
if (error !== undefined) throw error;
if (!existsSync(reportPath)) throw new Error(`Hardhat ended with code ${String(status)} and wrote no report.`);

const files = parseLcov(readFileSync(reportPath, "utf8"));
requireAllSources(files);
const uncovered = print(files);
console.log(`Took ${Math.round((Date.now() - started) / 1000)} s.`);
if (status !== 0) console.log("Tests failed.");
process.exitCode = uncovered === 0 && status === 0 ? 0 : 1;

/** A source the report does not know is covered by nothing. */
function requireAllSources(known: readonly FileLines[]): void {
  const paths = new Set(known.map(({ path }) => path));
  const missing = readdirSync(join(root, "contracts"), { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => path.endsWith(".sol") && !WITHOUT_CODE.some((folder) => path.startsWith(folder)))
    .filter((path) => !paths.has(`contracts/${path}`));
  if (missing.length > 0)
    throw new Error(`The report lacks ${missing.join(", ")}, expected every contract and library.`);
}

/** One line a file, then each uncovered line as path:line. Returns how many there are of these. */
function print(known: readonly FileLines[]): number {
  const width = Math.max(...known.map(({ path }) => path.length));
  let covered = 0;
  for (const file of known) {
    covered += file.covered;
    console.log(`${file.path.padEnd(width)}  ${file.covered}/${file.covered + file.uncovered.length}`);
  }
  const places = known.flatMap(({ path, uncovered: lines }) => lines.map((line) => `${path}:${line}`));
  for (const place of places) console.log(`uncovered ${place}`);
  console.log(`${covered} of ${covered + places.length} lines covered.`);
  return places.length;
}
