import { expect, test } from "vitest";

import { runChaos } from "./chaos/run-chaos.ts";

/** The short form of `npm run test:chaos`: same processes, same mishaps, three days. */
const SHORT = { seed: 7, days: 3, meters: 5, kills: 12, json: undefined, keep: false } as const;

test("the chain holds exactly what the acknowledged readings come to, whatever was killed on the way", async () => {
  const options = { ...SHORT, database: "sqlite", broker: "embedded" } as const;
  const result = await runChaos(options, () => undefined, new AbortController().signal);
  expect(result.differences).toEqual([]);
  expect(result.kills).toBe(SHORT.kills);
  expect(result.profiles).toBeGreaterThan(SHORT.days * SHORT.meters - 3);
});
