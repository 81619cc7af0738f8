import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { DatabaseFullError } from "./errors.ts";
import { MIGRATIONS } from "./migrations.ts";
import { openSqlite } from "./sqlite.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "database-"));
  file = join(folder, "data", "oracle.sqlite");
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const ADD_DAY = "INSERT INTO open_days (meter, day) VALUES (?, ?)";
const ALL_DAYS = "SELECT meter, day FROM open_days ORDER BY meter, day";

describe("the SQLite database", () => {
  test("is made with its folder, private to its owner, and opened again as it was", async () => {
    const first = await openSqlite(file);
    await first.run(ADD_DAY, 1, 20_000);
    await first.close();
    expect(statSync(join(folder, "data")).mode & 0o777).toBe(0o700);
    const second = await openSqlite(file);
    expect(await second.all(ALL_DAYS)).toMatchObject([{ meter: 1, day: 20_000 }]);
    await second.close();
  });

  test("of a newer version is refused, and given free again", async () => {
    const database = await openSqlite(file);
    await database.run("PRAGMA user_version = 99");
    await database.close();
    for (let round = 0; round < 2; round++) {
      await expect(openSqlite(file)).rejects.toThrow(`schema version 99, expected at most ${MIGRATIONS.length}`);
    }
  });

  test("of the first version keeps its profiles, on their way to be recorded", async () => {
    await (await openSqlite(join(folder, "data", "other.sqlite"))).close();
    const old = new DatabaseSync(file);
    old.exec(MIGRATIONS[0]?.sqlite ?? "");
    old.exec(`
      PRAGMA user_version = 1;
      INSERT INTO outbox (id, meter, day, import_register, export_register, quality, intervals, state, attempts)
      VALUES (7, 1, 20600, 5, 6, '0', '0x', 'signed', 3)`);
    old.close();
    const database = await openSqlite(file);
    expect(await database.all("SELECT * FROM outbox")).toMatchObject([
      { id: 7, meter: 1, day: 20_600, import_register: 5, route: "record", state: "signed", attempts: 3 },
    ]);
    await database.run("UPDATE outbox SET route = 'share', state = 'settled'");
    await database.close();
  });

  test("has one oracle at a time", async () => {
    const first = await openSqlite(file);
    await expect(openSqlite(file)).rejects.toThrow("in use by another oracle");
    await first.run(ADD_DAY, 1, 1);
    await first.close();
    await (await openSqlite(file)).close();
  });

  test("lets others read while the oracle writes", async () => {
    const database = await openSqlite(file);
    const reader = new DatabaseSync(file, { readOnly: true });
    await database.transaction(async (sql) => {
      await sql.run(ADD_DAY, 1, 1);
      expect(reader.prepare(ALL_DAYS).all()).toEqual([]);
    });
    expect(reader.prepare(ALL_DAYS).all()).toHaveLength(1);
    reader.close();
    await database.close();
  });

  test("says that it is full, takes nothing of that transaction, and goes on when there is room", async () => {
    const database = await openSqlite(file);
    const pages = Number((await database.get("PRAGMA page_count"))?.["page_count"]);
    await database.get(`PRAGMA max_page_count = ${pages + 1}`);
    const big = "x".repeat(100_000);
    const insert = "INSERT INTO offers (hash, seller, meter, expiry, body) VALUES (?, 's', 1, 1, ?)";
    await expect(
      database.transaction(async (sql) => {
        await sql.run(ADD_DAY, 1, 1);
        await sql.run(insert, "0x1", big);
      }),
    ).rejects.toThrow(DatabaseFullError);
    expect(await database.all(ALL_DAYS)).toEqual([]);
    await database.get(`PRAGMA max_page_count = ${pages + 1_000}`);
    expect(await database.run(insert, "0x1", big)).toBe(1);
    await database.close();
  });
});
