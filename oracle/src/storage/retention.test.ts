import { interval } from "@commonwatt/sdk/time";
import { expect, test } from "vitest";

import { createHarness, HARNESS_DAY, HARNESS_START } from "../../test/support/pipeline-harness.ts";
import { createOutboxStore } from "../outbox/outbox-store.ts";
import { createUseStore } from "../uses/use-store.ts";
import { createRetention } from "./retention.ts";

const DAY = 86_400;

test("messages go some days after they were worked through, uses after theirs, and what was signed stays", async () => {
  const harness = await createHarness();
  const { database } = harness;
  for (let quarter = 0; quarter <= 96; quarter++) await harness.send(quarter * 900, { I: quarter, X: 0 });
  for (const meter of await harness.pipeline.due()) {
    await harness.pipeline.closeDays(meter, 5_000, ({ profile }, sql) =>
      createOutboxStore(sql).add(meter.meter, profile),
    );
  }
  const uses = createUseStore(database);
  const first = interval(HARNESS_DAY * 96);
  await uses.add(
    Array.from({ length: 192 }, (_, index) => {
      return { meter: 1, use: "heating" as const, interval: interval(first + index), energyWh: 1 };
    }),
  );
  let now = HARNESS_START + 2 * DAY;
  const step = createRetention(database, { messageDays: 2, useDays: 3, relayDays: 400 }, () => now * 1000);
  const messages = async () => Number((await database.get('SELECT count(*) AS "rows" FROM inbox'))?.["rows"]);

  expect(await step()).toBe(false);
  expect(await messages()).toBe(97);
  now = HARNESS_START + 2.5 * DAY;
  expect(await step()).toBe(true);
  expect(await step()).toBe(false);
  expect(await messages()).toBe(49);
  now = HARNESS_START + 4 * DAY;
  for (let steps = 0; await step(); steps++) expect(steps).toBeLessThan(20);
  expect(await messages()).toBe(0);
  expect((await uses.usesOf(1, first, interval(first + 192))).map((row) => row.interval)).toEqual(
    Array.from({ length: 96 }, (_, index) => first + 96 + index),
  );
  expect(await createOutboxStore(database).find(1, HARNESS_DAY)).toMatchObject({ state: "closed" });
  // A meter goes on from where it was, though its messages are gone.
  await harness.send(4 * DAY, { I: 500, X: 0 });
  expect(harness.pipeline.status().aside).toBe(0);
});
