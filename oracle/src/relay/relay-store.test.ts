import { afterEach, beforeEach, expect, test } from "vitest";

import type { Database } from "../storage/sql.ts";
import { openSqlite } from "../storage/sqlite.ts";
import { createRelayStore, type RelayStore } from "./relay-store.ts";

const WALLET = "0x00000000000000000000000000000000000000a1";
const DAY = 20_000;
const ID = `0x${"ab".repeat(32)}` as const;
const HASH = `0x${"cd".repeat(32)}` as const;

let database: Database;
let store: RelayStore;
beforeEach(async () => {
  database = await openSqlite(":memory:");
  store = createRelayStore(database);
});
afterEach(() => database.close());

const queue = (day: number, gas: number) =>
  store.add({
    id: ID,
    wallet: WALLET,
    action: "withdraw",
    call: { to: WALLET, data: "0x", counter: WALLET, nonce: "0", deadline: "0" },
    day,
    gas,
    receivedMs: 0,
  });

test("an action that failed counts on, however often the same one is sent again", async () => {
  for (const [index, transactionId] of [11, 12, 13].entries()) {
    await queue(DAY, 100_000);
    expect(await store.find(ID)).toMatchObject({ state: "queued", gas: 100_000, transactionId: undefined });
    await store.markSent(ID, transactionId, 90_000);
    await store.end(transactionId, { state: "failed", reason: "x", gas: 80_000, transactionHash: HASH });
    const spent = { actions: index + 1, failures: index + 1, gas: (index + 1) * 80_000 };
    expect(await store.spentOn(DAY, WALLET)).toEqual(spent);
    expect(await store.spentOn(DAY)).toEqual(spent);
  }
  expect(await store.find(ID)).toMatchObject({ state: "failed", transactionId: 13 });
});

test("a failure of the day before is not taken away by today's attempt", async () => {
  await queue(DAY, 100_000);
  await store.markSent(ID, 11, 90_000);
  await store.end(11, { state: "failed", reason: "x", gas: 80_000, transactionHash: HASH });
  await queue(DAY + 1, 70_000);
  expect(await store.spentOn(DAY, WALLET)).toEqual({ actions: 1, failures: 1, gas: 80_000 });
  expect(await store.spentOn(DAY + 1, WALLET)).toEqual({ actions: 1, failures: 0, gas: 70_000 });
  // A reorganisation takes the failed transaction back: the row that it belongs to is still there.
  await store.undo(11);
  expect(await store.inTransaction(11)).toMatchObject({ state: "sent" });
  expect(await store.find(ID)).toMatchObject({ state: "queued" });
});

test("an action that was refused cost nothing, and is queued anew in its own row", async () => {
  await queue(DAY, 100_000);
  await store.refuse(ID, "x");
  await queue(DAY, 60_000);
  expect(await store.spentOn(DAY)).toEqual({ actions: 1, failures: 0, gas: 60_000 });
  expect(await store.counts()).toMatchObject({ queued: 1, refused: 0, failed: 0 });
});

test("what has ended goes when it is old enough, and what is on its way stays", async () => {
  const others = [1, 2, 3, 4].map((number) => `0x${String(number).repeat(64)}` as const);
  const atMs = DAY * 86_400_000;
  for (const [index, id] of [ID, ...others].entries()) {
    await store.add({
      ...{ id, wallet: WALLET, action: "withdraw", day: DAY, gas: 1, receivedMs: atMs + index },
      call: { to: WALLET, data: "0x", counter: WALLET, nonce: "0", deadline: "0" },
    });
  }
  const [sent, confirmed, failed, refused] = others as [typeof ID, typeof ID, typeof ID, typeof ID];
  for (const [index, id] of [sent, confirmed, failed].entries()) await store.markSent(id, index, 1);
  for (const [index, state] of (["confirmed", "failed"] as const).entries()) {
    await store.end(index + 1, { state, reason: undefined, gas: 1, transactionHash: HASH });
  }
  await store.refuse(refused, "x");
  // A day's limits are known until it is over.
  expect(await store.removeBefore(atMs + 86_399_999, 10)).toBe(0);
  expect(await store.removeBefore(atMs + 86_400_000, 2)).toBe(2);
  expect(await store.removeBefore(atMs + 86_400_000, 10)).toBe(1);
  expect(await store.removeBefore(atMs + 86_400_000, 10)).toBe(0);
  expect(await store.counts()).toEqual({ queued: 1, sent: 1, confirmed: 0, failed: 0, refused: 0 });
});
