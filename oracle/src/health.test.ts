import { expect, test } from "vitest";

import { createHealth, type HealthParts } from "./health.ts";
import { createMeterStore } from "./storage/meter-store.ts";
import { openSqlite } from "./storage/sqlite.ts";

test("the last readings of all meters are one question to the database, however many there are", async () => {
  const database = await openSqlite(":memory:");
  const store = createMeterStore(database);
  await store.saveChannels([
    { meter: 1, input: "e1", meaning: "importWh", state: { timeMs: 1_000 } },
    { meter: 1, input: "e2", meaning: "exportWh", state: { timeMs: 2_000 } },
    // It meant something else when it was last read.
    { meter: 2, input: "e1", meaning: "exportWh", state: { timeMs: 3_000 } },
  ]);
  const inputs = [
    { input: "e1", meaning: "importWh" },
    { input: "e2", meaning: "exportWh" },
  ];
  let asked = 0;
  const counted = { allChannels: () => (asked++, store.allChannels()) };
  const health = createHealth({
    config: { meters: [1, 2, 3].map((meter) => ({ meter, inputs })), database: { kind: "sqlite" } },
    clock: { nowMs: () => 0 },
    endpoints: { report: () => [] },
    submitter: { report: () => null },
    outbox: { counts: () => Promise.resolve({}) },
    offers: { count: () => Promise.resolve(0) },
    refusals: { counts: () => ({}) },
    pipeline: { status: () => ({}), disagreementOf: () => undefined },
    http: () => undefined,
    settlement: () => undefined,
    cluster: () => undefined,
    edge: () => undefined,
    signer: () => ({ kind: "process", state: "answers" }),
    store: counted,
  } as unknown as HealthParts);
  const { meters } = await health.report();
  expect(meters.map(({ lastReading }) => lastReading)).toEqual(["1970-01-01T00:00:02.000Z", null, null]);
  expect(asked).toBe(1);
  await database.close();
});

test("what gateways have shown the relay is in it, and null where no meter signs for itself", async () => {
  const edge = { waiting: 0, answered: { taken: 1 }, meters: [{ meter: 7, lastDay: "2026-05-03", lastShown: null }] };
  const healthWith = (report: () => typeof edge | undefined) =>
    createHealth({
      config: { meters: [], database: { kind: "sqlite" } },
      clock: { nowMs: () => 0 },
      endpoints: { report: () => [] },
      submitter: { report: () => null },
      outbox: { counts: () => Promise.resolve({}) },
      offers: { count: () => Promise.resolve(0) },
      refusals: { counts: () => ({}) },
      pipeline: { status: () => ({}) },
      http: () => undefined,
      settlement: () => undefined,
      cluster: () => undefined,
      edge: report,
      signer: () => ({ kind: "process", state: "answers" }),
      store: { allChannels: () => Promise.resolve(new Map()) },
    } as unknown as HealthParts).report();
  expect((await healthWith(() => edge)).edge).toEqual(edge);
  expect((await healthWith(() => undefined)).edge).toBeNull();
});
