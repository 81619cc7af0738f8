import { existsSync } from "node:fs";

import { defineConfig } from "vitest/config";

/**
 * Unit tests stand beside the code of each workspace; `test/` of a workspace holds what starts real processes: a chain,
 * a broker, the oracle. Contract tests (`test/`) run in Hardhat, browser tests (`frontend/test`) in Playwright.
 */
export default defineConfig({
  test: {
    // Two processors carry the whole check: more workers only make real processes miss their deadlines.
    maxWorkers: 2,
    projects: [
      unitTests("sdk"),
      unitTests("oracle"),
      unitTests("scripts"),
      processTests("sdk"),
      processTests("oracle"),
      processTests("scripts"),
      // The dApp's tests need its own plugins and environment.
      ...(existsSync(new URL("frontend/vitest.config.ts", import.meta.url)) ? ["frontend/vitest.config.ts"] : []),
    ],
  },
});

function unitTests(workspace: string) {
  return {
    test: {
      name: workspace,
      root: workspace,
      environment: "node",
      include: ["src/**/*.test.ts"],
      testTimeout: 20_000,
    },
  } as const;
}

function processTests(workspace: string) {
  return {
    test: {
      name: `${workspace}-processes`,
      root: workspace,
      environment: "node",
      include: ["test/**/*.test.ts"],
      testTimeout: 300_000,
      hookTimeout: 120_000,
      // Each file starts processes of its own: one file at a time.
      fileParallelism: false,
    },
  } as const;
}
