import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { openDatabase } from "./database.ts";
import { MIGRATIONS } from "./migrations.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "database-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe("the database", () => {
  test("is made with its folder, private to its owner, and opened again as it was", () => {
    const file = join(folder, "data", "oracle.sqlite");
    const first = openDatabase(file);
    first.sql.exec("INSERT INTO meters (meter, import_wh, export_wh) VALUES (1, 2, 3)");
    first.close();
    expect(statSync(join(folder, "data")).mode & 0o777).toBe(0o700);
    const second = openDatabase(file);
    expect(second.sql.prepare("SELECT import_wh FROM meters").get()).toMatchObject({ import_wh: 2 });
    second.close();
  });

  test("of a newer version is refused", () => {
    const file = join(folder, "oracle.sqlite");
    const database = openDatabase(file);
    database.sql.exec("PRAGMA user_version = 99");
    database.close();
    expect(() => openDatabase(file)).toThrow(`schema version 99, expected at most ${MIGRATIONS.length}`);
  });

  test("of the first version keeps its profiles, on their way to be recorded", () => {
    const file = join(folder, "oracle.sqlite");
    const old = new DatabaseSync(file);
    old.exec(MIGRATIONS[0] ?? "");
    old.exec(`
      PRAGMA user_version = 1;
      INSERT INTO outbox (id, meter, day, import_register, export_register, quality, intervals, state, attempts)
      VALUES (7, 1, 20600, 5, 6, '0', '0x', 'signed', 3)`);
    old.close();
    const database = openDatabase(file);
    expect(database.sql.prepare("SELECT * FROM outbox").all()).toMatchObject([
      { id: 7, meter: 1, day: 20_600, import_register: 5, route: "record", state: "signed", attempts: 3 },
    ]);
    database.sql.exec("UPDATE outbox SET route = 'share', state = 'settled'");
    database.close();
  });

  test("takes a transaction whole or not at all", () => {
    const database = openDatabase(":memory:");
    expect(() =>
      database.transaction(() => {
        database.sql.exec("INSERT INTO open_days VALUES (1, 1)");
        throw new Error("in the middle");
      }),
    ).toThrow("in the middle");
    expect(database.sql.prepare("SELECT * FROM open_days").all()).toEqual([]);
    expect(database.transaction(() => 5)).toBe(5);
    database.close();
  });
});
