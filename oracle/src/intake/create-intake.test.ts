import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { pino } from "pino";
import { describe, expect, test } from "vitest";

import { failingDatabase, type Fate } from "../../test/support/failing-database.ts";
import { parseConfig } from "../config/load.ts";
import type { InboxRow } from "../inbox/inbox-store.ts";
import { createRefusalLog } from "../refusals.ts";
import type { Message } from "../sources/message.ts";
import { DatabaseFullError } from "../storage/errors.ts";
import { openSqlite } from "../storage/sqlite.ts";
import { createIntake } from "./create-intake.ts";

const NOW = 1_780_000_000_000;
const config = parseConfig(
  {
    broker: { kind: "embedded" },
    dataDir: "data",
    keystoreDir: "keystore",
    passphraseFile: "passphrase",
    deploymentFile: "deployment.json",
    rpcUrls: ["http://127.0.0.1:8545"],
    meters: [{ meter: 1, node: "a", fuseWatts: 17_250, inputs: [{ input: "I", meaning: "importWh" }] }],
  },
  "/srv",
);

async function createScene({
  fateOf,
  isLive = true,
  file = ":memory:",
}: { fateOf?: (transaction: number) => Fate; isLive?: boolean; file?: string } = {}) {
  const { database, count } = failingDatabase(await openSqlite(file), (transaction) => fateOf?.(transaction) ?? "done");
  const scene = {
    nowMs: NOW,
    looks: 0,
    stored: [] as InboxRow[],
    unknown: 0,
    events: [] as string[],
    database,
    transactions: count,
    rows: () => database.all("SELECT seq, node, arrival_ms, time_ms, body FROM inbox ORDER BY seq"),
  };
  const log = pino({}, { write: (line: string) => scene.events.push((JSON.parse(line) as { event: string }).event) });
  const refusals = createRefusalLog(pino({ level: "silent" }));
  const intake = createIntake({
    config,
    database,
    clock: {
      nowMs: () => scene.nowMs,
      isLive,
      refresh() {
        scene.looks++;
        scene.nowMs += 5_000;
        return Promise.resolve();
      },
    },
    refusals,
    log,
    onStored: (rows) => scene.stored.push(...rows),
    onUnknown: () => scene.unknown++,
  });
  return { ...scene, scene, intake, refusals };
}

const message = (value: number, timeMs: number | undefined = NOW + value): Message => ({
  node: "a",
  timeMs,
  values: new Map([["I", value]]),
});
const decoded = (...messages: Message[]) => ({ messages, refusals: [] });

describe("what the intake takes", () => {
  test("is on the disk when the call resolves, as JSON of what the config names", async () => {
    const { intake, rows, refusals, scene } = await createScene();
    const values = new Map([
      ["Vrms", 239.6],
      ["I", 12.5],
    ]);
    await intake.take(decoded({ node: "a", timeMs: NOW, values }));
    expect(await rows()).toMatchObject([{ seq: 1, node: "a", arrival_ms: NOW, time_ms: NOW, body: '{"I":12.5}' }]);
    expect(scene.stored).toEqual([{ seq: 1, node: "a", arrivalMs: NOW, timeMs: NOW, values: new Map([["I", 12.5]]) }]);
    expect(refusals.counts()).toEqual({ "unknown-input": 1 });
  });

  test("at once is written together, in order, at most 1,000 to a transaction", async () => {
    const { intake, rows, transactions } = await createScene();
    await Promise.all(Array.from({ length: 2_500 }, (_, value) => intake.take(decoded(message(value)))));
    expect(transactions()).toBe(3);
    const bodies = (await rows()).map(({ body }) => body);
    expect(bodies).toEqual(Array.from({ length: 2_500 }, (_, value) => `{"I":${value}}`));
  });

  test("in one call of many resolves when the last of them is written", async () => {
    const { intake, rows } = await createScene();
    await intake.take(decoded(...Array.from({ length: 1_700 }, (_, value) => message(value))));
    expect(await rows()).toHaveLength(1_700);
  });

  test("of strangers costs no transaction, nor does nothing at all", async () => {
    const { intake, transactions, refusals } = await createScene();
    await intake.take(decoded({ ...message(1), node: "stranger" }));
    await intake.take({ messages: [], refusals: [{ reason: "malformed-json", node: "a", detail: "x" }] });
    expect(transactions()).toBe(0);
    expect(refusals.counts()).toEqual({ "unknown-input": 1, "malformed-json": 1 });
  });

  test("without a time counts at its arrival, however long the disk takes", async () => {
    const { intake, rows, scene } = await createScene();
    const taken = intake.take(decoded({ ...message(1), timeMs: undefined }));
    scene.nowMs = NOW + 60_000;
    await taken;
    expect(await rows()).toMatchObject([{ arrival_ms: NOW, time_ms: NOW }]);
  });

  test("without a time makes a clock look that has to, once for all that arrived together", async () => {
    const { intake, rows, scene } = await createScene({ isLive: false });
    await Promise.all([1, 2].map((value) => intake.take(decoded({ ...message(value), timeMs: undefined }))));
    expect(scene.looks).toBe(1);
    expect(await rows()).toMatchObject([{ time_ms: NOW + 5_000 }, { time_ms: NOW + 5_000 }]);
  });

  test("from the future or too long ago is refused for good", async () => {
    const { intake, rows, refusals } = await createScene();
    await intake.take(decoded(message(1, NOW + 60_001), message(2, NOW - 8 * 86_400_000), message(3, NOW + 60_000)));
    expect(refusals.counts()).toEqual({ "from-the-future": 1, "too-old": 1 });
    expect(await rows()).toMatchObject([{ body: '{"I":3}' }]);
  });

  test("that is no number is refused", async () => {
    const { intake, rows, refusals } = await createScene();
    await intake.take(decoded(message(Number.NaN, NOW), message(Infinity, NOW)));
    expect(await rows()).toEqual([]);
    expect(refusals.counts()).toEqual({ "not-a-number": 2 });
  });
});

describe("when the database fails", () => {
  test("the senders learn of it, what follows is taken, and the log says it once", async () => {
    const { intake, rows, scene } = await createScene({ fateOf: (number) => (number <= 2 ? "undone" : "done") });
    await expect(intake.take(decoded(message(1)))).rejects.toThrow("gone before the transaction");
    await expect(intake.take(decoded(message(1)))).rejects.toThrow("gone before the transaction");
    await intake.take(decoded(message(1)));
    expect(await rows()).toHaveLength(1);
    expect(scene.events).toEqual(["intake-failed", "intake-resumed"]);
    expect(scene.unknown).toBe(2);
  });

  test("nothing that waits overtakes what has to come again", async () => {
    const { intake, rows, transactions } = await createScene({
      fateOf: (number) => (number === 1 ? "undone" : "done"),
    });
    // More than one transaction takes, and more than waits to be written: the last calls wait for room.
    const calls = Array.from({ length: 30 }, (_, call) =>
      intake.take(decoded(...Array.from({ length: 1_000 }, (__, value) => message(call * 1_000 + value)))),
    );
    const outcomes = await Promise.allSettled(calls);
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toEqual([]);
    expect(await rows()).toEqual([]);
    expect(intake.status().waiting).toBe(0);
    await intake.take(decoded(message(1)));
    expect(await rows()).toHaveLength(1);
    expect(transactions()).toBe(2);
  });

  test("a transaction that took place unknown to anybody does not get its numbers given twice", async () => {
    const { intake, rows, scene } = await createScene({ fateOf: (number) => (number === 2 ? "unknown" : "done") });
    await intake.take(decoded(message(1)));
    await expect(intake.take(decoded(message(2)))).rejects.toThrow("gone before the answer");
    await intake.take(decoded(message(2)));
    expect((await rows()).map(({ seq, body }) => [seq, body])).toEqual([
      [1, '{"I":1}'],
      [2, '{"I":2}'],
      [3, '{"I":2}'],
    ]);
    expect(scene.stored.map(({ seq }) => seq)).toEqual([1, 3]);
  });
});

describe("more than there is room for", () => {
  test("waits, and is taken in its order when there is room", async () => {
    const { intake, rows } = await createScene();
    const calls = Array.from({ length: 30 }, (_, call) =>
      intake.take(decoded(...Array.from({ length: 1_000 }, (__, value) => message(call * 1_000 + value)))),
    );
    expect(intake.status().waiting).toBe(30_000);
    await Promise.all(calls);
    const bodies = (await rows()).map(({ body }) => body);
    expect(bodies).toEqual(Array.from({ length: 30_000 }, (_, value) => `{"I":${value}}`));
    expect(intake.status().waiting).toBe(0);
  });

  test("beyond any bound is to be sent again", async () => {
    const { intake, rows } = await createScene();
    const thousand = Array.from({ length: 1_000 }, (_, value) => message(value));
    const calls = Array.from({ length: 130 }, () => intake.take(decoded(...thousand)));
    const outcomes = await Promise.allSettled(calls);
    const refused = outcomes.filter(({ status }) => status === "rejected");
    expect(refused).toHaveLength(10);
    expect(String((refused[0] as PromiseRejectedResult).reason)).toContain("120000 messages wait to be stored");
    expect((await rows()).length).toBe(120_000);
  });
});

test("a full disk acknowledges nobody, says what to do, and goes on by itself when there is room", async () => {
  const folder = mkdtempSync(join(tmpdir(), "intake-"));
  const { intake, rows, scene, database } = await createScene({ file: join(folder, "oracle.sqlite") });
  const pages = Number((await database.get("PRAGMA page_count"))?.["page_count"]);
  await database.get(`PRAGMA max_page_count = ${pages + 2}`);
  const thousand = Array.from({ length: 1_000 }, (_, value) => message(value));
  await expect(intake.take(decoded(...thousand))).rejects.toThrow(DatabaseFullError);
  await expect(intake.take(decoded(...thousand))).rejects.toThrow(DatabaseFullError);
  expect(await rows()).toEqual([]);
  await database.get("PRAGMA max_page_count = 100000");
  await intake.take(decoded(...thousand));
  expect(await rows()).toHaveLength(1_000);
  expect(scene.events).toEqual(["intake-failed", "intake-resumed"]);
  await database.close();
  rmSync(folder, { recursive: true });
});
