import { expect, test } from "vitest";

import { FACTS } from "../../test/support/facts.ts";
import { createMetrics } from "./metrics.ts";

test("a relay shows what gateways have shown it, and an oracle that is none shows nothing of it", async () => {
  const metrics = createMetrics();
  const edge = {
    waiting: 2,
    answered: { taken: 5, rejected: 1 },
    meters: [
      { meter: 7, lastDay: "2026-05-03", lastShown: "2026-05-04T01:00:00.000Z" },
      { meter: 8, lastDay: null, lastShown: null },
    ],
  };
  const linesOf = async () => (await metrics.text()).split("\n").filter((line) => line.startsWith("commonwatt_edge_"));
  metrics.show({ ...FACTS, edge }, [], true);
  expect(new Set(await linesOf())).toEqual(
    new Set([
      "commonwatt_edge_waiting_profiles 2",
      'commonwatt_edge_meters{state="shown"} 1',
      'commonwatt_edge_meters{state="silent"} 1',
      'commonwatt_edge_answers_total{answer="taken"} 5',
      'commonwatt_edge_answers_total{answer="rejected"} 1',
    ]),
  );
  metrics.show(FACTS, [], true);
  expect(await linesOf()).toEqual([]);
});
