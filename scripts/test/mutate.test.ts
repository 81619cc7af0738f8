import { spawnSync } from "node:child_process";
import { join } from "node:path";

import { expect, test } from "vitest";

/** `npm run mutate` tries them all; this many, always the same for the same code, show that the tests still bite. */
const SAMPLE = 20;

test("no mutant of a sample of the verifying code survives", () => {
  const main = join(import.meta.dirname, "../src/mutate/main.ts");
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [main, "--sample", String(SAMPLE), "--seed", "20241"],
    {
      encoding: "utf8",
      env: { ...process.env, HARDHAT_DISABLE_TELEMETRY_PROMPT: "true" },
    },
  );
  expect(`${stdout}${stderr}`).toMatch(/ 0 alive of 20 /u);
  expect(status).toBe(0);
});
