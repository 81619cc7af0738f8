import { describe, expect, it } from "vitest";

import { parseLcov } from "./lcov.ts";

describe("an lcov report", () => {
  it("tells the covered lines of each file from the uncovered", () => {
    const report =
      "TN:\nSF:b.sol\nDA:9,0\nDA:4,1\nDA:3,0\nLH:1\nLF:3\nend_of_record\nSF:a.sol\nDA:1,7\nend_of_record\n";
    expect(parseLcov(report)).toEqual([
      { path: "a.sol", covered: 1, uncovered: [] },
      { path: "b.sol", covered: 1, uncovered: [3, 9] },
    ]);
  });

  it("adds up what two runs say of a line", () => {
    const report = "SF:a.sol\nDA:1,0\nDA:2,0\nend_of_record\nSF:a.sol\nDA:1,2\nDA:2,0\nend_of_record\n";
    expect(parseLcov(report)).toEqual([{ path: "a.sol", covered: 1, uncovered: [2] }]);
  });

  it("is refused when it names no file, or lines of none", () => {
    expect(() => parseLcov("TN:\n")).toThrow("names no file");
    expect(() => parseLcov("DA:1,1\n")).toThrow('"DA:1,1" cannot be read');
    expect(() => parseLcov("SF:a.sol\nDA:one,1\n")).toThrow('"DA:one,1" cannot be read');
  });
});
