/** How many tests of a run passed, failed and were skipped. */
export type Counts = { passed: number; failed: number; skipped: number };

/** Sum of two runs. */
export function addCounts(a: Counts, b: Counts): Counts {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}

/** The closing line of a test run. */
export function formatCounts({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/**
 * Counts from what `hardhat test` prints: lines such as `12 passing`, `1 failing`, `2 pending`.
 *
 * @throws Error when no such line is there, that is when the tests never ran.
 */
export function parseHardhatSummary(output: string): Counts {
  const sum = (word: string): number | undefined => {
    const found = [...output.matchAll(new RegExp(`^\\s*(\\d+) ${word}\\b`, "gmu"))];
    return found.length === 0 ? undefined : found.reduce((total, match) => total + Number(match[1]), 0);
  };
  const passed = sum("passing");
  const failed = sum("failing");
  if (passed === undefined && failed === undefined) throw new Error("no `N passing` line in the output");
  return { passed: passed ?? 0, failed: failed ?? 0, skipped: (sum("pending") ?? 0) + (sum("skipped") ?? 0) };
}

function numberField(report: unknown, field: string): number {
  const value = (report as Record<string, unknown>)[field];
  if (typeof value !== "number") throw new Error(`the report's "${field}" is ${String(value)}, expected a number`);
  return value;
}

/** Counts from Vitest's JSON report. A test file that cannot be loaded counts as a failure. */
export function parseVitestReport(json: string): Counts {
  const report: unknown = JSON.parse(json);
  const failedTests = numberField(report, "numFailedTests");
  const failedSuites = numberField(report, "numFailedTestSuites");
  return {
    passed: numberField(report, "numPassedTests"),
    failed: failedTests === 0 && failedSuites > 0 ? failedSuites : failedTests,
    skipped: numberField(report, "numPendingTests") + numberField(report, "numTodoTests"),
  };
}

/** Counts from Playwright's JSON report; a flaky test, which passed only when tried again, counts as failed. */
export function parsePlaywrightReport(json: string): Counts {
  const report = JSON.parse(json) as { stats?: unknown };
  const stats = report.stats;
  return {
    passed: numberField(stats, "expected"),
    failed: numberField(stats, "unexpected") + numberField(stats, "flaky"),
    skipped: numberField(stats, "skipped"),
  };
}
