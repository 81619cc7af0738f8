import { afterEach, beforeEach, describe, expect, test } from "vitest";

import type { Database, Sql } from "./sql.ts";
import { openSqlite } from "./sqlite.ts";

let database: Database;
beforeEach(async () => {
  database = await openSqlite(":memory:");
});
afterEach(() => database.close());

const ADD = "INSERT INTO open_days (meter, day) VALUES (?, ?)";
const ALL = "SELECT meter, day FROM open_days ORDER BY meter, day";

describe("a transaction", () => {
  test("is taken whole or not at all", async () => {
    await expect(
      database.transaction(async (sql) => {
        await sql.run(ADD, 1, 1);
        throw new Error("in the middle");
      }),
    ).rejects.toThrow("in the middle");
    expect(await database.all(ALL)).toEqual([]);
    expect(await database.transaction(() => Promise.resolve(5))).toBe(5);
  });

  test("has nothing else run in between, in the order of the calls", async () => {
    const pause = Promise.withResolvers<undefined>();
    const order: string[] = [];
    const first = database.transaction(async (sql) => {
      await sql.run(ADD, 1, 1);
      await pause.promise;
      await sql.run(ADD, 1, 2);
      order.push("first");
      throw new Error("rolled back");
    });
    const write = database.run(ADD, 2, 2).then(() => order.push("write"));
    const second = database.transaction(async (sql) => {
      expect(await sql.all(ALL)).toMatchObject([{ meter: 2, day: 2 }]);
      order.push("second");
    });
    pause.resolve(undefined);
    await expect(first).rejects.toThrow("rolled back");
    await Promise.all([write, second]);
    expect(order[0]).toBe("first");
  });

  test("lets nobody write through it once it is over", async () => {
    let kept: Sql | undefined;
    await database.transaction((sql) => {
      kept = sql;
      return Promise.resolve();
    });
    await expect(kept?.run(ADD, 1, 1)).rejects.toThrow("is over");
    expect(await database.all(ALL)).toEqual([]);
  });
});

describe("statements", () => {
  test("return rows, the first row, and how many rows they changed", async () => {
    expect(await database.get(ALL)).toBeUndefined();
    await database.runMany(ADD, [
      [1, 1],
      [1, 2],
      [2, 1],
    ]);
    expect(await database.get(ALL)).toMatchObject({ meter: 1, day: 1 });
    expect(await database.all(ALL)).toHaveLength(3);
    expect(await database.run("DELETE FROM open_days WHERE meter = ?", 1)).toBe(2);
  });

  test("run for many rows take all or none", async () => {
    await expect(
      database.runMany(ADD, [
        [1, 1],
        [1, 1],
      ]),
    ).rejects.toThrow();
    expect(await database.all(ALL)).toEqual([]);
    await database.runMany(ADD, []);
  });

  test("give integers as numbers where they are exact, and as bigints beyond", async () => {
    await database.run(ADD, 1, 2n ** 53n + 1n);
    await database.run(ADD, 2, Number.MAX_SAFE_INTEGER);
    const rows = await database.all(ALL);
    expect(rows.map(({ day }) => day)).toEqual([2n ** 53n + 1n, Number.MAX_SAFE_INTEGER]);
  });

  test("that the database refuses fail, and the next is taken", async () => {
    await expect(database.run("INSERT INTO nowhere VALUES (1)")).rejects.toThrow("nowhere");
    expect(await database.run(ADD, 1, 1)).toBe(1);
  });
});
