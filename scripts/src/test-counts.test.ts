import { describe, expect, it } from "vitest";

import { chromiumPath } from "./chromium.ts";
import {
  addCounts,
  formatCounts,
  parseHardhatSummary,
  parsePlaywrightReport,
  parseVitestReport,
} from "./test-counts.ts";

describe("test counts", () => {
  it("adds and prints the closing line", () => {
    const sum = addCounts({ passed: 1, failed: 0, skipped: 2 }, { passed: 3, failed: 1, skipped: 0 });
    expect(formatCounts(sum)).toBe("4 passed, 1 failed, 2 skipped");
  });

  it("reads Hardhat's summary, several blocks included", () => {
    expect(parseHardhatSummary("\n  12 passing (3s)\n  2 pending\n\n  5 passing\n  1 failing\n")).toEqual({
      passed: 17,
      failed: 1,
      skipped: 2,
    });
  });

  it("refuses an output in which nothing ran", () => {
    expect(() => parseHardhatSummary("Compiled 3 files")).toThrow("no `N passing` line");
  });

  it("counts a Vitest file that cannot be loaded as a failure", () => {
    const report = {
      numPassedTests: 4,
      numFailedTests: 0,
      numFailedTestSuites: 1,
      numPendingTests: 1,
      numTodoTests: 0,
    };
    expect(parseVitestReport(JSON.stringify(report))).toEqual({ passed: 4, failed: 1, skipped: 1 });
  });

  it("counts a flaky browser test as failed", () => {
    const report = { stats: { expected: 3, unexpected: 0, flaky: 1, skipped: 0 } };
    expect(parsePlaywrightReport(JSON.stringify(report))).toEqual({ passed: 3, failed: 1, skipped: 0 });
  });

  it("names a field that is missing", () => {
    expect(() => parsePlaywrightReport('{"stats":{}}')).toThrow('"expected" is undefined, expected a number');
  });
});

describe("chromiumPath", () => {
  it("prefers CHROMIUM, then a known place, then none", () => {
    expect(chromiumPath({ CHROMIUM: "/opt/browser" }, () => true)).toBe("/opt/browser");
    expect(chromiumPath({}, (path) => path === "/usr/bin/chromium-browser")).toBe("/usr/bin/chromium-browser");
    expect(chromiumPath({}, () => false)).toBeUndefined();
  });

  it("refuses a CHROMIUM that does not exist", () => {
    expect(() => chromiumPath({ CHROMIUM: "/opt/nothing" }, () => false)).toThrow('CHROMIUM is "/opt/nothing"');
  });
});
