import { existsSync } from "node:fs";
import { join } from "node:path";

import { defineConfig } from "@playwright/test";

/**
 * Runs against a living neighbourhood: the one at COMMONWATT_URL, or one that is started for it. The browser is the one
 * named by CHROMIUM, or Debian's; Playwright's own is never downloaded.
 */
const root = join(import.meta.dirname, "..");
const chromium = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const hasBrowser = existsSync(chromium);
if (!hasBrowser) {
  console.log(`Browser tests are skipped: there is no browser at ${chromium}. Install Chromium or set CHROMIUM.`);
}

const givenUrl = process.env["COMMONWATT_URL"];
const port = Number(process.env["COMMONWATT_TEST_PORT"] ?? "5711");
const baseURL = givenUrl ?? `http://127.0.0.1:${port}`;

export default defineConfig({
  testDir: "test",
  outputDir: "test-results",
  testMatch: hasBrowser ? "**/*.spec.ts" : [],
  // One neighbourhood, one clock: the stories follow each other.
  workers: 1,
  fullyParallel: false,
  timeout: 180_000,
  expect: { timeout: 30_000 },
  reporter: "list",
  use: {
    baseURL,
    trace: "retain-on-failure",
    screenshot: "only-on-failure",
    launchOptions: {
      executablePath: chromium,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
  ...(givenUrl !== undefined || !hasBrowser
    ? {}
    : {
        webServer: {
          command: `node scripts/src/start.ts --port ${port} --day-seconds 15`,
          cwd: root,
          url: `${baseURL}/deployment.json`,
          timeout: 240_000,
          reuseExistingServer: false,
          gracefulShutdown: { signal: "SIGINT", timeout: 30_000 },
          stdout: "pipe",
          stderr: "pipe",
        },
      }),
});
