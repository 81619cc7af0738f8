import { pino } from "pino";
import { describe, expect, test } from "vitest";

import { createRefusalLog } from "./refusals.ts";

function createScene() {
  const lines: { level: string; reason: string; msg: string }[] = [];
  const log = pino(
    { formatters: { level: (level) => ({ level }) } },
    { write: (line: string) => lines.push(JSON.parse(line) as (typeof lines)[number]) },
  );
  let nowMs = 0;
  return { lines, refusals: createRefusalLog(log, () => nowMs), pass: (ms: number) => (nowMs += ms) };
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

  test("under thousands of new names a second write a burst, then a line in ten seconds that says what was left out", () => {
    const { lines, refusals, pass } = createScene();
    let made = 0;
    for (let second = 0; second < 60; second++, pass(1_000)) {
      for (let index = 0; index < 2_000; index++)
        refusals.note({ reason: "unknown-input", node: `node${made++}`, input: "x".repeat(64), detail: "" });
    }
    expect(refusals.counts()).toEqual({ "unknown-input": 120_000 });
    // Of 1,000 places and one for all others, 500 may be written at once; the rest never comes up again.
    expect(lines).toHaveLength(500);

    for (let round = 0; round < 10; round++, pass(10_000))
      refusals.note({ reason: "malformed-json", node: `late${round}`, detail: "" });
    expect(lines).toHaveLength(510);
    expect(lines[500]).toMatchObject({ reason: "malformed-json", unlogged: 501 });
    expect(lines[501]).not.toHaveProperty("unlogged");
  });

  test("that made-up names have hidden are seen again after an hour", () => {
    const { lines, refusals, pass } = createScene();
    for (let index = 0; index < 5_000; index++) refusals.note({ reason: "spike", node: `made-up${index}`, detail: "" });
    pass(3_600_000);
    const before = lines.length;
    refusals.note({ reason: "spike", node: "home", input: "E1", detail: "" });
    expect(lines).toHaveLength(before + 1);
  });
});
