import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

import type { Address } from "viem";

import { standAlone } from "../storage/alone.ts";
import type { Sql } from "../storage/sql.ts";

/**
 * Nonces of sign-ins. One that is issued is kept nowhere: it carries its end and a seal over that and the wallet it was
 * issued to, so that nobody can fill a table by asking. One that a session was begun with is kept until its end.
 */
export type Nonces = {
  issue(wallet: Address): { nonce: string; expiresMs: number };
  /** Whether it was issued here to this wallet and has not run out. Says nothing of whether it was used. */
  isGenuine(nonce: string, wallet: Address): boolean;
  /**
   * Uses it up. Inside the transaction that begins the session.
   *
   * @returns False when it was used before, or has run out meanwhile.
   */
  use(sql: Sql, nonce: string): Promise<boolean>;
};

const SECRET_BYTES = 32;
const RANDOM_BYTES = 12;
const SEAL_BYTES = 16;
/** Milliseconds as 12 hex digits, random bytes, seal: hex, for a nonce has letters and digits only. */
const NONCE = /^([0-9a-f]{12})([0-9a-f]{24})([0-9a-f]{32})$/u;

const GET_SECRET = "SELECT secret FROM api_secret";
const PUT_SECRET = "INSERT INTO api_secret (secret) VALUES (?)";
const USE = "INSERT INTO api_nonces (nonce, expires_ms) VALUES (?, ?) ON CONFLICT DO NOTHING";
const FORGET = "DELETE FROM api_nonces WHERE expires_ms <= ?";

/**
 * @param secret - Of all processes on one database: a sign-in may begin at one and end at another.
 * @param nowMs - The machine's clock.
 */
export function createNonces(secret: Uint8Array, lifeMs: number, nowMs: () => number): Nonces {
  const seal = (head: string, wallet: Address): Buffer =>
    createHmac("sha256", secret).update(`${head} ${wallet.toLowerCase()}`).digest().subarray(0, SEAL_BYTES);

  return {
    issue(wallet) {
      const expiresMs = nowMs() + lifeMs;
      const head = expiresMs.toString(16).padStart(12, "0") + randomBytes(RANDOM_BYTES).toString("hex");
      return { nonce: head + seal(head, wallet).toString("hex"), expiresMs };
    },
    isGenuine(nonce, wallet) {
      const [, time = "", random = "", given = ""] = NONCE.exec(nonce) ?? [];
      if (given === "") return false;
      const isOurs = timingSafeEqual(Buffer.from(given, "hex"), seal(time + random, wallet));
      return isOurs && Number.parseInt(time, 16) > nowMs();
    },
    async use(sql, nonce) {
      const expiresMs = Number.parseInt(nonce.slice(0, 12), 16);
      // It may have run out since it was looked at: what is forgotten here must not be good any more.
      const usedMs = nowMs();
      if (!(expiresMs > usedMs)) return false;
      await sql.run(FORGET, usedMs);
      return (await sql.run(USE, nonce, expiresMs)) === 1;
    },
  };
}

/** The secret of this database, made when there is none. Inside a transaction. */
export async function nonceSecret(sql: Sql): Promise<Uint8Array> {
  // Of two processes that start at the same time one makes it.
  await standAlone(sql);
  const found = (await sql.get(GET_SECRET))?.["secret"];
  if (found instanceof Uint8Array) return found;
  const secret = randomBytes(SECRET_BYTES);
  await sql.run(PUT_SECRET, secret);
  return secret;
}
