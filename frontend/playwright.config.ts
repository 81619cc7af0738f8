import { existsSync } from "node:fs";
import { join } from "node:path";

import { defineConfig } from "@playwright/test";

/**
 * Runs against two living neighbourhoods: one whose homes share, one whose homes trade by hand. Those at COMMONWATT_URL
 * and COMMONWATT_HAND_URL, or, if neither is set, two that are started for it. The browser is the one named by CHROMIUM,
 * or Debian's; Playwright's own is never downloaded.
 */
const root = join(import.meta.dirname, "..");
const chromium = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const hasBrowser = existsSync(chromium);
if (!hasBrowser) {
  console.log(`Browser tests are skipped: there is no browser at ${chromium}. Install Chromium or set CHROMIUM.`);
}

const given = { sharing: process.env["COMMONWATT_URL"], hand: process.env["COMMONWATT_HAND_URL"] };
const starts = given.sharing === undefined && given.hand === undefined;
const port = Number(process.env["COMMONWATT_TEST_PORT"] ?? "5711");
const sharing = { name: "sharing", mode: "sharing", url: given.sharing, port, daySeconds: 20 };
const byHand = { name: "by hand", mode: "self", url: given.hand, port: port + 1, daySeconds: 15 };
const HAND_SPECS = /(trade|wallet)\.spec\.ts/u;

const urlOf = (street: typeof sharing): string => street.url ?? `http://127.0.0.1:${street.port}`;

export default defineConfig({
  testDir: "test",
  outputDir: "test-results",
  testMatch: hasBrowser ? "**/*.spec.ts" : [],
  // One clock each: the stories follow each other.
  workers: 1,
  fullyParallel: false,
  // Generous: a busy machine is slow, and a test that waits for nothing in vain takes no longer for it.
  timeout: 420_000,
  expect: { timeout: 60_000 },
  reporter: "list",
  use: {
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
  projects: [
    ...(starts || given.sharing !== undefined
      ? [{ name: sharing.name, testIgnore: HAND_SPECS, use: { baseURL: urlOf(sharing) } }]
      : []),
    ...(starts || given.hand !== undefined
      ? [{ name: byHand.name, testMatch: HAND_SPECS, use: { baseURL: urlOf(byHand) } }]
      : []),
  ],
  ...(!starts || !hasBrowser
    ? {}
    : {
        webServer: [sharing, byHand].map((street) => ({
          name: street.name,
          command: `node scripts/src/start.ts --mode ${street.mode} --port ${street.port} --day-seconds ${street.daySeconds}`,
          cwd: root,
          url: `${urlOf(street)}/deployment.json`,
          timeout: 240_000,
          reuseExistingServer: false,
          gracefulShutdown: { signal: "SIGINT" as const, timeout: 30_000 },
          stdout: "pipe" as const,
          stderr: "pipe" as const,
        })),
      }),
});
