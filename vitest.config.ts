import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";

/**
 * Unit tests stand beside the code of each workspace; `test/` of a workspace holds what starts real processes: a chain,
 * a broker, the oracle. Contract tests (`test/`) run in Hardhat, browser tests (`frontend/test`) in Playwright.
 */
/** A condition is waited for, never a time: so long that a machine with three times the work it can do gets there. */
const PATIENT = { poll: { timeout: 60_000 } };

export default defineConfig({
  test: {
    // Two processors carry the whole check: more workers only make real processes miss their deadlines.
    maxWorkers: 2,
    projects: [
      unitTests("sdk"),
      unitTests("oracle"),
      unitTests("scripts"),
      dappTests(),
      processTests("sdk"),
      processTests("oracle"),
      processTests("scripts"),
    ],
  },
});

function unitTests(workspace: string): TestProjectInlineConfiguration {
  return {
    test: {
      name: workspace,
      root: workspace,
      environment: "node",
      include: ["src/**/*.test.ts"],
      testTimeout: 120_000,
      expect: PATIENT,
    },
  };
}

/** The dApp's parts that need no browser of their own, with its build's plugins. */
function dappTests(): TestProjectInlineConfiguration {
  return {
    extends: "./frontend/vite.config.ts",
    test: {
      name: "frontend",
      root: "frontend",
      environment: "happy-dom",
      include: ["src/**/*.test.{ts,tsx}"],
      testTimeout: 120_000,
      expect: PATIENT,
    },
  };
}

function processTests(workspace: string): TestProjectInlineConfiguration {
  return {
    test: {
      name: `${workspace}-processes`,
      root: workspace,
      environment: "node",
      include: ["test/**/*.test.ts"],
      testTimeout: 600_000,
      hookTimeout: 300_000,
      expect: PATIENT,
      // Each file starts processes of its own: after all that is quick.
      sequence: { groupOrder: 1 },
    },
  };
}
