import { describe, expect, test } from "vitest";

import { createHarness } from "../test/support/pipeline-harness.ts";

const DAY = 86_400;
const QUARTER = 900;
const type1 = { meter: 1, node: "a", fuseWatts: 17_250, profile: "emonTx4", wiring: "type1" };

describe("a meter whose transformers measure use and generation", () => {
  test("imports and exports the difference, through the wrap of either counter", async () => {
    const harness = await createHarness({ meters: [type1] });
    // Uses 100 Wh in each quarter-hour; generates 300 from 09:00 to 15:00. Both counters are int32, near their end.
    for (let quarter = 0; quarter <= 96; quarter++) {
      const generated = 300 * Math.min(Math.max(quarter - 36, 0), 24);
      const wrap = (wh: number) => (wh > 2 ** 31 - 1 ? wh - 2 ** 32 : wh);
      const E1 = wrap(2 ** 31 - 3_000 + 100 * quarter);
      const E2 = wrap(2 ** 31 - 5_000 + generated);
      await harness.send(quarter * QUARTER, { MSG: quarter, Vrms: 240, E1, E2, P1: 400, P2: 0 });
    }
    const [day] = await harness.closeAt(DAY);
    expect(day?.profile.imports).toEqual(Array.from({ length: 96 }, (_, at) => (at >= 36 && at < 60 ? 0 : 100)));
    expect(day?.profile.exports).toEqual(Array.from({ length: 96 }, (_, at) => (at >= 36 && at < 60 ? 200 : 0)));
  });

  test("is not read from messages that have only one of the two", async () => {
    const harness = await createHarness({ meters: [type1] });
    await harness.sendRaw("emon/a/E1", "5");
    await harness.sendRaw("emon/a/E2", "7");
    expect(harness.refusals()).toEqual({ incomplete: 1 });
  });
});
