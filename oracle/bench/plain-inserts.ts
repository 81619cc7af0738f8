/**
 * Plain inserts of the rows that the oracle keeps of its messages, each batch a transaction that is on the disk when it has
 * ended: what the database alone can do. Argument: JSON of `InsertOptions`; prints rows a second.
 */
import { once } from "node:events";
import { DatabaseSync } from "node:sqlite";

import { Client } from "pg";

export type InsertOptions = { kind: "sqlite" | "postgres"; target: string; batch: number; seconds: number };

type Row = [seq: number, arrivalMs: number, node: string, timeMs: number, body: string];

const { kind, target, batch, seconds } = JSON.parse(process.argv[2] ?? "{}") as InsertOptions;
const COLUMNS =
  "seq INTEGER PRIMARY KEY, arrival_ms BIGINT NOT NULL, node TEXT NOT NULL, time_ms BIGINT NOT NULL, body TEXT NOT NULL";
const until = performance.now() + seconds * 1000;

function rowOf(seq: number): Row {
  const now = Date.now();
  const body = { power1: 1_080 + (seq % 7), E1: seq * 3, Vrms: 230.4 };
  return [seq, now, `home-${(seq % 1_000) + 1}`, now - (now % 1000), JSON.stringify(body)];
}

async function sqlite(): Promise<number> {
  const database = new DatabaseSync(target);
  database.exec(
    `PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE inbox (${COLUMNS}) STRICT;`.replaceAll(
      "BIGINT",
      "INTEGER",
    ),
  );
  const insert = database.prepare("INSERT INTO inbox VALUES (?, ?, ?, ?, ?)");
  let seq = 0;
  while (performance.now() < until) {
    database.exec("BEGIN IMMEDIATE");
    for (let index = 0; index < batch; index++) insert.run(...rowOf(++seq));
    database.exec("COMMIT");
  }
  database.close();
  return Promise.resolve(seq);
}

async function postgres(): Promise<number> {
  const client = new Client(target);
  await client.connect();
  await client.query(`CREATE TABLE IF NOT EXISTS plain (${COLUMNS}); TRUNCATE plain;`);
  let seq = 0;
  while (performance.now() < until) {
    const rows = Array.from({ length: batch }, (_, index) => rowOf(seq + index + 1));
    const places = rows.map((_, row) => `(${[1, 2, 3, 4, 5].map((column) => `$${row * 5 + column}`).join(", ")})`);
    await client.query({
      name: `insert ${batch}`,
      text: `INSERT INTO plain VALUES ${places.join(", ")}`,
      values: rows.flat(),
    });
    seq += batch;
  }
  await client.end();
  return seq;
}

const began = performance.now();
const rows = kind === "sqlite" ? await sqlite() : await postgres();
const line = `${JSON.stringify({ rows, perSecond: (rows * 1000) / (performance.now() - began) })}\n`;
if (!process.stdout.write(line)) await once(process.stdout, "drain");
