import { pino } from "pino";
import { describe, expect, test } from "vitest";

import { createRefusalLog } from "./refusals.ts";

function createScene() {
  const lines: { level: string; reason: string; msg: string }[] = [];
  const log = pino(
    { formatters: { level: (level) => ({ level }) } },
    { write: (line: string) => lines.push(JSON.parse(line) as (typeof lines)[number]) },
  );
  return { lines, refusals: createRefusalLog(log) };
}

describe("refusals", () => {
  test("are counted by reason and logged with node, input and detail", () => {
    const { lines, refusals } = createScene();
    refusals.note({ reason: "spike", node: "a", input: "E1", detail: "9000 at noon" });
    expect(refusals.counts()).toEqual({ spike: 1 });
    expect(lines[0]).toMatchObject({ level: "warn", event: "refused", reason: "spike", node: "a", input: "E1" });
    expect(lines[0]?.msg).toContain("a/E1, 9000 at noon");
  });

  test("of a broken sensor do not fill the disk", () => {
    const { lines, refusals } = createScene();
    for (let count = 0; count < 2_500; count++) refusals.note({ reason: "malformed-json", node: "a", detail: "NaN" });
    expect(refusals.counts()).toEqual({ "malformed-json": 2_500 });
    expect(lines).toHaveLength(5 + 2);
  });

  test("of an unknown input are logged once for each input", () => {
    const { lines, refusals } = createScene();
    for (const input of ["Vrms", "T1", "Vrms", "Vrms"])
      refusals.note({ reason: "unknown-input", node: "a", input, detail: "" });
    expect(lines).toHaveLength(2);
    expect(refusals.counts()).toEqual({ "unknown-input": 4 });
  });
});
