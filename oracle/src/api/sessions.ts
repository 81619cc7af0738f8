import { createHash, randomBytes } from "node:crypto";

import type { Address } from "viem";

import type { Row, Sql } from "../storage/sql.ts";

export type Session = {
  /** SHA-256 of the token, hex: what the database knows it by. */
  id: string;
  /** In lower case. */
  wallet: Address;
  begunMs: number;
  usedMs: number;
  /** It ends then at the latest. */
  expiresMs: number;
};

export type SessionLimits = { sessionSeconds: number; idleSeconds: number; maxSessionsPerWallet: number };

/**
 * Who is signed in. A session is a token of 32 random bytes that is sent with each request in a header and never by a
 * browser on its own: no page can use it without having it, and nobody can give a victim one to use. Only its hash is kept.
 */
export type SessionStore = {
  /**
   * Begins a session; of more than the wallet may have, the one used least recently ends.
   *
   * @param untilMs - It ends then at the latest, whatever the limits say.
   * @returns The token, which is nowhere else, and the sessions that ended for it.
   */
  begin(sql: Sql, wallet: Address, untilMs?: number): Promise<{ token: string; session: Session; ended: string[] }>;
  /** The session of a token; undefined when there is none, or none any more. Notes that it is used. */
  find(token: string): Promise<Session | undefined>;
  /** Whether a session has not ended; says nothing of its use. */
  isAlive(id: string): Promise<boolean>;
  countOf(wallet: Address): Promise<number>;
  count(): Promise<number>;
  end(id: string): Promise<void>;
  /** @returns Those that ended. */
  endAll(wallet: Address): Promise<string[]>;
  removeExpired(): Promise<void>;
};

const TOKEN_BYTES = 32;
export const TOKEN = /^[A-Za-z0-9_-]{43}$/u;
/** The use of a session is written down at most so often. */
const NOTE_MS = 60_000;

const INSERT = "INSERT INTO api_sessions (token_hash, wallet, begun_ms, used_ms, expires_ms) VALUES (?, ?, ?, ?, ?)";
const FIND = "SELECT * FROM api_sessions WHERE token_hash = ? AND expires_ms > ? AND used_ms > ?";
const NOTE = "UPDATE api_sessions SET used_ms = ? WHERE token_hash = ? AND used_ms < ?";
const OF_WALLET = `
  SELECT token_hash FROM api_sessions WHERE wallet = ? AND expires_ms > ? AND used_ms > ?
  ORDER BY used_ms DESC, token_hash`;
const COUNT = "SELECT count(*) AS sessions FROM api_sessions WHERE expires_ms > ? AND used_ms > ?";
const END = "DELETE FROM api_sessions WHERE token_hash = ?";
const END_ALL = "DELETE FROM api_sessions WHERE wallet = ?";
const EXPIRE = "DELETE FROM api_sessions WHERE expires_ms <= ? OR used_ms <= ?";

/** What a token is kept and looked up by: who reads the database can do nothing with it, and time tells nothing. */
export function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/** @param nowMs - The machine's clock. */
export function createSessionStore(sql: Sql, limits: SessionLimits, nowMs: () => number): SessionStore {
  const idleSince = () => nowMs() - limits.idleSeconds * 1000;
  const of = async (inside: Sql, wallet: Address) =>
    (await inside.all(OF_WALLET, wallet.toLowerCase(), nowMs(), idleSince())).map((row) => String(row["token_hash"]));

  return {
    async begin(inside, wallet, untilMs = Infinity) {
      const token = randomBytes(TOKEN_BYTES).toString("base64url");
      const begunMs = nowMs();
      const expiresMs = Math.min(begunMs + limits.sessionSeconds * 1000, untilMs);
      const session: Session = {
        id: hashToken(token),
        wallet: wallet.toLowerCase() as Address,
        begunMs,
        usedMs: begunMs,
        expiresMs,
      };
      const ended = (await of(inside, wallet)).slice(limits.maxSessionsPerWallet - 1);
      for (const id of ended) await inside.run(END, id);
      await inside.run(INSERT, session.id, session.wallet, begunMs, begunMs, expiresMs);
      return { token, session, ended };
    },
    async find(token) {
      const id = hashToken(token);
      const row = await sql.get(FIND, id, nowMs(), idleSince());
      if (row === undefined) return undefined;
      const session = readSession(row);
      if (nowMs() - session.usedMs >= Math.min(NOTE_MS, limits.idleSeconds * 100)) {
        await sql.run(NOTE, nowMs(), id, nowMs());
        session.usedMs = nowMs();
      }
      return session;
    },
    isAlive: async (id) => (await sql.get(FIND, id, nowMs(), idleSince())) !== undefined,
    countOf: async (wallet) => (await of(sql, wallet)).length,
    count: async () => Number((await sql.get(COUNT, nowMs(), idleSince()))?.["sessions"]),
    async end(id) {
      await sql.run(END, id);
    },
    async endAll(wallet) {
      const ended = await of(sql, wallet);
      await sql.run(END_ALL, wallet.toLowerCase());
      return ended;
    },
    async removeExpired() {
      await sql.run(EXPIRE, nowMs(), idleSince());
    },
  };
}

function readSession(row: Row): Session {
  return {
    id: String(row["token_hash"]),
    wallet: row["wallet"] as Address,
    begunMs: Number(row["begun_ms"]),
    usedMs: Number(row["used_ms"]),
    expiresMs: Number(row["expires_ms"]),
  };
}
