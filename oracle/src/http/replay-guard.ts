import { createHash } from "node:crypto";

import type { Sql } from "../storage/sql.ts";

/**
 * Encrypted input has no nonce: whoever hears a message can send it again. What was taken is remembered, on disk, until it
 * would be refused as too old in any case.
 */
export type ReplayGuard = {
  /**
   * Stores what was not taken before, and remembers it. The same coming in twice at a time is stored once.
   *
   * @param store - Resolves when the message is durable.
   * @returns False when it was taken before.
   * @throws What `store` throws, and when the database is not there: then it must be sent again.
   */
  once(message: { user: number; digest: string; expiresMs: number }, store: () => Promise<void>): Promise<boolean>;
  /** Forgets what has expired, and of each user all but the newest. */
  sweep(nowMs: number): Promise<void>;
};

/** A message every 10 seconds for a week is 60,480. */
const MAX_REMEMBERED = 100_000;

const SEEN = "SELECT 1 AS seen FROM http_messages WHERE user_id = ? AND digest = ?";
const REMEMBER =
  "INSERT INTO http_messages (user_id, digest, expires_ms) VALUES (?, ?, ?) ON CONFLICT (user_id, digest) DO NOTHING";
const EXPIRE = "DELETE FROM http_messages WHERE expires_ms < ?";
const CROWDED = "SELECT user_id FROM http_messages GROUP BY user_id HAVING COUNT(*) > ?";
const LIMIT = `DELETE FROM http_messages WHERE user_id = ? AND expires_ms <=
  (SELECT expires_ms FROM http_messages WHERE user_id = ? ORDER BY expires_ms DESC LIMIT 1 OFFSET ?)`;

export function createReplayGuard(sql: Sql, maxRemembered = MAX_REMEMBERED): ReplayGuard {
  const underway = new Map<string, Promise<boolean>>();

  async function storeNew(
    user: number,
    digest: string,
    expiresMs: number,
    store: () => Promise<void>,
  ): Promise<boolean> {
    if ((await sql.get(SEEN, user, digest)) !== undefined) return false;
    // In this order: remembered first, a message that was then lost would be taken for stored when it comes again.
    await store();
    await sql.run(REMEMBER, user, digest, expiresMs);
    return true;
  }

  return {
    async once({ user, digest, expiresMs }, store) {
      const name = `${user} ${digest}`;
      const first = underway.get(name);
      if (first !== undefined) return first.then(() => false);
      const stored = storeNew(user, digest, expiresMs, store).finally(() => underway.delete(name));
      underway.set(name, stored);
      return stored;
    },
    async sweep(nowMs) {
      await sql.run(EXPIRE, nowMs);
      for (const row of await sql.all(CROWDED, maxRemembered)) {
        const user = Number(row["user_id"]);
        await sql.run(LIMIT, user, user, maxRemembered);
      }
    },
  };
}

/**
 * What a message is recognised by. One whose times stand by themselves: by its plaintext, so that the sender itself may
 * encrypt it anew and send it again. One that counts from its arrival: by its ciphertext, because the same values a moment
 * later are a new reading, and a sender takes a new initialisation vector for it, which nobody else can: the plaintext goes
 * on beyond one block, so another beginning would need another key.
 */
export function digestOf(plaintext: Uint8Array, envelope: Uint8Array, absolute: boolean): string {
  const hash = createHash("sha256");
  return (absolute ? hash.update("content:").update(plaintext) : hash.update("envelope:").update(envelope)).digest(
    "hex",
  );
}
