import { MEASURED } from "@commonwatt/sdk/profile";
import { describe, expect, test } from "vitest";

import { failingDatabase, type Fate } from "../../test/support/failing-database.ts";
import { createHarness, HARNESS_START } from "../../test/support/pipeline-harness.ts";
import { openSqlite } from "../storage/sqlite.ts";
import { createInboxStore } from "./inbox-store.ts";
import { createInboxTail } from "./tail.ts";

const DAY = 86_400;
const QUARTER = 900;

/** A day of quarter-hours, handed over without waiting, then worked through. */
async function sendDay(harness: Awaited<ReturnType<typeof createHarness>>) {
  harness.setTime(DAY);
  await Promise.all(
    Array.from({ length: 97 }, (_, quarter) => {
      const body = JSON.stringify({ time: HARNESS_START + quarter * QUARTER, I: 10 * quarter, X: 4 * quarter });
      return harness.handle({ topic: "emon/a", payload: Buffer.from(body), retained: false });
    }),
  );
}

const wholeDay = { importRegister: 960n, exportRegister: 384n, quality: Array(96).fill(MEASURED) };

describe("the inbox", () => {
  test("is worked through before a day is closed, with nobody asking", async () => {
    const harness = await createHarness();
    await sendDay(harness);
    expect(harness.pipeline.status()).toMatchObject({ depth: 97, aside: 0 });
    expect((await harness.closeAt(DAY))[0]?.profile).toMatchObject(wholeDay);
    expect(harness.pipeline.status()).toMatchObject({ depth: 0, lastCommitMs: (HARNESS_START + DAY) * 1000 });
  });

  test("is worked through from the disk after a restart", async () => {
    const database = await openSqlite(":memory:");
    await sendDay(await createHarness({}, database));
    const again = await createHarness({}, database);
    expect((await again.closeAt(DAY))[0]?.profile).toMatchObject(wholeDay);
    expect(again.refusals()).toEqual({});
  });

  test.each<[string, Fate]>([
    ["that did not take place", "undone"],
    ["of which nobody knows that it took place", "unknown"],
  ])("goes on after a transaction %s, counting nothing twice", async (_name, fate) => {
    // The first makes the meter, the next ones take the day's messages, then comes the first run through the inbox.
    let failing: Fate = "done";
    const { database } = failingDatabase(await openSqlite(":memory:"), () => failing);
    const harness = await createHarness({}, database);
    await sendDay(harness);
    failing = fate;
    await expect(harness.pipeline.catchUp()).rejects.toThrow("gone before");
    failing = "done";
    expect((await harness.closeAt(DAY))[0]?.profile).toMatchObject(wholeDay);
    expect(harness.refusals()).toEqual({});
  });

  test("keeps a message aside that it cannot work through, and goes on with the next", async () => {
    const database = await openSqlite(":memory:");
    // A moment that no day has: only a defect of a decoder could have let it through.
    const broken = { seq: 1, arrivalMs: 0, node: "a", timeMs: 9e15, values: new Map([["I", 7]]) };
    await createInboxStore(database).append([broken], ['{"I":7}']);
    const harness = await createHarness({}, database);
    await sendDay(harness);
    expect((await harness.closeAt(DAY))[0]?.profile).toMatchObject(wholeDay);
    expect(harness.pipeline.status()).toMatchObject({ aside: 1, depth: 0 });
    expect(await database.all("SELECT seq, node, body FROM inbox_aside")).toMatchObject([
      { seq: 1, node: "a", body: '{"I":7}' },
    ]);
  });

  test("loses what worked through messages leave behind only after their time, and never one that waits", async () => {
    const database = await openSqlite(":memory:");
    const inbox = createInboxStore(database);
    const rows = [100, 200, 300, 400].map((arrivalMs, index) => {
      return { seq: index + 1, arrivalMs, node: "a", timeMs: arrivalMs, values: new Map([["I", 1]]) };
    });
    await inbox.append(
      rows,
      rows.map(() => '{"I":1}'),
    );
    await inbox.moveCursor(3);
    expect(await inbox.prune(250, 1)).toBe(1);
    expect(await inbox.prune(250, 100)).toBe(1);
    expect(await inbox.prune(250, 100)).toBe(0);
    expect(await inbox.prune(1_000, 100)).toBe(1);
    expect(await inbox.prune(1_000, 100)).toBe(0);
    expect(await inbox.after(0, 10)).toEqual(rows.slice(3));
    await inbox.moveCursor(4);
    await inbox.prune(1_000, 100);
    expect(await inbox.last()).toBe(4);
  });
});

describe("the newest rows in memory", () => {
  const row = (seq: number) => ({ seq, arrivalMs: 0, node: "a", timeMs: 0, values: new Map<string, number>() });

  test("are given without a gap, or not at all", () => {
    const tail = createInboxTail(10);
    tail.push([row(3), row(4), row(5)]);
    expect(tail.after(1, 10)).toBeUndefined();
    expect(tail.after(2, 2)).toEqual([row(3), row(4)]);
    expect(tail.after(4, 2)).toEqual([row(5)]);
    expect(tail.after(5, 2)).toBeUndefined();
  });

  test("are given up when there are too many", () => {
    const tail = createInboxTail(3);
    tail.push([row(1), row(2), row(3)]);
    tail.push([row(4)]);
    expect(tail.after(0, 10)).toBeUndefined();
    expect(tail.after(3, 10)).toEqual([row(4)]);
    tail.clear();
    expect(tail.after(3, 10)).toBeUndefined();
  });
});
