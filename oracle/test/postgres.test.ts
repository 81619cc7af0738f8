import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { type Postgres, postgresPrograms, startPostgres } from "./support/postgres.ts";

describe.skipIf(postgresPrograms() === undefined)("a PostgreSQL server for tests", () => {
  let server: Postgres;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.close());

  test("keeps what was committed through a kill, and asks for its password", async () => {
    const url = await server.createDatabase("kept");
    const client = new Client(url);
    client.on("error", () => undefined);
    await client.connect();
    await client.query("CREATE TABLE t (n int)");
    await client.query("INSERT INTO t VALUES (7)");
    await server.kill();
    await server.start();
    const again = new Client(url);
    await again.connect();
    expect((await again.query("SELECT n FROM t")).rows).toEqual([{ n: 7 }]);
    await again.end();
    const wrong = new Client(url.replace(/:[^:@]*@/u, ":wrong@"));
    await expect(wrong.connect()).rejects.toThrow(/password/u);
  });
});
