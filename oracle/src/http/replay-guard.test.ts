import { afterEach, beforeEach, describe, expect, test } from "vitest";

import type { Database } from "../storage/sql.ts";
import { openSqlite } from "../storage/sqlite.ts";
import { createReplayGuard, digestOf } from "./replay-guard.ts";

let database: Database;
beforeEach(async () => {
  database = await openSqlite(":memory:");
});
afterEach(() => database.close());

const message = (digest: string, user = 1, expiresMs = 1_000) => ({ user, digest, expiresMs });

describe("the guard against replays", () => {
  test("stores a message once for each user, also across a restart", async () => {
    let stored = 0;
    const store = () => {
      stored++;
      return Promise.resolve();
    };
    const guard = createReplayGuard(database);
    expect(await guard.once(message("a"), store)).toBe(true);
    expect(await guard.once(message("a"), store)).toBe(false);
    expect(await createReplayGuard(database).once(message("a"), store)).toBe(false);
    expect(await guard.once(message("a", 2), store)).toBe(true);
    expect(stored).toBe(2);
  });

  test("stores a message once that comes in twice at a time", async () => {
    const guard = createReplayGuard(database);
    const gate = Promise.withResolvers<undefined>();
    let stored = 0;
    const store = async () => {
      stored++;
      await gate.promise;
    };
    const both = [guard.once(message("a"), store), guard.once(message("a"), store)];
    gate.resolve(undefined);
    expect(await Promise.all(both)).toEqual([true, false]);
    expect(stored).toBe(1);
  });

  test("does not remember what could not be stored", async () => {
    const guard = createReplayGuard(database);
    const fails = () => Promise.reject(new Error("the disk is full"));
    const both = await Promise.allSettled([guard.once(message("a"), fails), guard.once(message("a"), fails)]);
    expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(await guard.once(message("a"), () => Promise.resolve())).toBe(true);
  });

  test("forgets what has expired, and of each user all but the newest", async () => {
    const guard = createReplayGuard(database, 3);
    const store = () => Promise.resolve();
    for (let index = 0; index < 6; index++) await guard.once(message(`a${index}`, 1, 1_000 + index), store);
    await guard.once(message("b", 2, 1_000), store);
    await guard.sweep(1_000);
    const left = await database.all("SELECT user_id, digest FROM http_messages ORDER BY user_id, digest");
    expect(left.map((row) => row["digest"])).toEqual(["a3", "a4", "a5", "b"]);
    await guard.sweep(1_001);
    expect(await guard.once(message("b", 2), store)).toBe(true);
  });

  test("tells a message with a time by its content, one without by its ciphertext", () => {
    const [plain, envelope, other] = ["time=5&csv=1", "iv1", "iv2"].map((text) => Buffer.from(text));
    if (plain === undefined || envelope === undefined || other === undefined) throw new Error("no text");
    expect(digestOf(plain, envelope, true)).toBe(digestOf(plain, other, true));
    expect(digestOf(plain, envelope, false)).not.toBe(digestOf(plain, other, false));
    expect(digestOf(plain, envelope, true)).not.toBe(digestOf(envelope, plain, false));
  });
});
