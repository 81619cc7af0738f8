import { afterEach, beforeEach, describe, expect, test } from "vitest";

import type { Database } from "../storage/sql.ts";
import { openSqlite } from "../storage/sqlite.ts";
import { createNonces } from "./nonces.ts";

const WALLET = "0x00000000000000000000000000000000000000a1";
const LIFE_MS = 300_000;

let database: Database;
let nowMs: number;
beforeEach(async () => {
  database = await openSqlite(":memory:");
  nowMs = 1_800_000_000_000;
});
afterEach(() => database.close());

describe("a nonce", () => {
  test("is used up once", async () => {
    const nonces = createNonces(new Uint8Array(32), LIFE_MS, () => nowMs);
    const { nonce } = nonces.issue(WALLET);
    expect(await nonces.use(database, nonce)).toBe(true);
    expect(await nonces.use(database, nonce)).toBe(false);
  });

  test("that was genuine when it came, and runs out while the wallet is asked, is not good a second time", async () => {
    const nonces = createNonces(new Uint8Array(32), LIFE_MS, () => nowMs);
    const { nonce, expiresMs } = nonces.issue(WALLET);
    expect(await nonces.use(database, nonce)).toBe(true);
    nowMs = expiresMs - 1;
    expect(nonces.isGenuine(nonce, WALLET)).toBe(true);
    nowMs = expiresMs;
    expect(await nonces.use(database, nonce)).toBe(false);
  });
});
