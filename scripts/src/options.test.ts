import { parseIsoDay } from "@commonwatt/sdk/time";
import { describe, expect, it } from "vitest";

import { parseOptions } from "./options.ts";

describe("parseOptions", () => {
  it("reads the acceptance command", () => {
    const args = "--once --data f.csv.gz --from 2017-06-01 --days 7 --homes a,b --mode self --json out.json".split(" ");
    expect(parseOptions(args)).toEqual({
      once: true,
      mode: "self",
      json: "out.json",
      data: "f.csv.gz",
      fromDay: parseIsoDay("2017-06-01"),
      days: 7,
      homes: ["a", "b"],
      daySeconds: 60,
      port: undefined,
      keep: false,
    });
  });

  it("lets generated homes share and a file's trade by hand, unless told otherwise", () => {
    expect(parseOptions([])).toMatchObject({ mode: "sharing" });
    expect(parseOptions(["--data", "f.csv"])).toMatchObject({ mode: "self" });
    expect(parseOptions(["--data", "f.csv", "--mode", "sharing"])).toMatchObject({ mode: "sharing" });
    expect(parseOptions(["--mode", "mixed"])).toMatchObject({ mode: "mixed" });
  });

  it("answers --help with nothing to do", () => {
    expect(parseOptions(["--help"])).toBeUndefined();
  });

  it.each([
    ["--mode share", '--mode is "share", expected self, sharing, mixed'],
    ["--days 0", '--days is "0", expected a whole number from 1'],
    ["--days 1.5", '--days is "1.5"'],
    ["--from 2017-02-30", '--from is "2017-02-30", expected a day as YYYY-MM-DD'],
    ["--data f --homes a,,b", '--homes is "a,,b"'],
    ["--data f --homes a,a", '--homes names "a" twice'],
    ["--homes a", "--homes goes with --data"],
    ["--json out.json", "--json goes with --once"],
    ["--once --day-seconds 60", "--day-seconds goes without --once"],
    ["--once --port 5173", "--port goes without --once"],
    ["--port 70000", '--port is "70000"'],
    ["--twice", "--twice"],
    ["file.csv", "file.csv"],
    ["--days", "--days"],
  ])("refuses %s", (line, message) => {
    expect(() => parseOptions(line.split(" "))).toThrow(message);
  });
});
