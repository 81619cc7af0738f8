import type { Address, Hash, Hex } from "viem";

import type { Row, Sql } from "../../storage/sql.ts";
import type { Fees } from "./fees.ts";

/**
 * Where a transaction stands. `unmined`: on disk, and as soon as possible with the nodes. `mined`: in a block that may still
 * be replaced. `confirmed`: deep enough to count. `final`: so deep that it is no longer watched. `dropped`: its nonce went
 * to another, or no node will take it; what it was for is decided anew.
 */
export type TransactionState = "unmined" | "mined" | "confirmed" | "final" | "dropped";

/** One signing of a transaction; a replacement has the same nonce and higher fees. */
export type Attempt = Fees & {
  hash: Hash;
  /** Unix milliseconds. */
  signedMs: number;
};

export type Transaction = {
  id: number;
  /** What it is for: a kind, and what tells it apart from others of its kind: "record", "announce 20000". */
  purpose: string;
  account: Address;
  nonce: number;
  to: Address;
  data: Hex;
  gas: bigint;
  state: TransactionState;
  /** Mined, and all that it was for was done. */
  fulfilled: boolean;
  block: { number: bigint; hash: Hash } | undefined;
  minedHash: Hash | undefined;
  /** In the order of signing, at least one. */
  attempts: readonly Attempt[];
  /** The line to log when it is confirmed: its event, its sentence and its facts. */
  note: Note | undefined;
};

export type Note = { event: string; msg: string } & Record<string, unknown>;

export type NewTransaction = Pick<Transaction, "purpose" | "account" | "nonce" | "to" | "data" | "gas" | "note">;

/** The submitter's transactions, each with the bytes of every signing. */
export type TransactionStore = ReturnType<typeof createTransactionStore>;

const INSERT = `
  INSERT INTO transactions (purpose, account, nonce, to_address, data, gas, note, state)
  VALUES (?, ?, ?, ?, ?, ?, ?, 'unmined') RETURNING id`;
/** What was dropped and is decided anew can come out the same to the byte, where fees stand still: it is the new one's then. */
const INSERT_ATTEMPT = `
  INSERT INTO transaction_attempts (hash, transaction_id, max_fee_wei, tip_wei, signed_ms, raw) VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT (hash) DO UPDATE SET transaction_id = excluded.transaction_id, signed_ms = excluded.signed_ms,
  raw = excluded.raw`;
const SELECT_OPEN = `
  SELECT * FROM transactions WHERE state IN ('unmined', 'mined', 'confirmed') ORDER BY nonce, id`;
const SELECT_ONE = "SELECT * FROM transactions WHERE id = ?";
const SELECT_ATTEMPTS = `
  SELECT hash, transaction_id, max_fee_wei, tip_wei, signed_ms FROM transaction_attempts
  WHERE transaction_id IN (SELECT id FROM transactions WHERE state IN ('unmined', 'mined', 'confirmed'))
  ORDER BY signed_ms, max_fee_wei`;
const SELECT_RAW = "SELECT raw FROM transaction_attempts WHERE hash = ?";
const SELECT_LAST_NONCE = "SELECT max(nonce) AS nonce FROM transactions WHERE account = ? AND state <> 'dropped'";
const SET_MINED = `
  UPDATE transactions SET state = 'mined', mined_hash = ?, block_number = ?, block_hash = ?, fulfilled = ? WHERE id = ?`;
const SET_UNMINED = `
  UPDATE transactions SET state = 'unmined', mined_hash = NULL, block_number = NULL, block_hash = NULL, fulfilled = 0
  WHERE id = ?`;
const SET_STATE = "UPDATE transactions SET state = ?, reason = ? WHERE id = ?";
const FORGET_RAW = "UPDATE transaction_attempts SET raw = '' WHERE transaction_id = ?";
const COUNT = `SELECT state, count(*) AS "rows" FROM transactions GROUP BY state`;

export function createTransactionStore(sql: Sql) {
  async function addAttempt(id: number, attempt: Attempt, raw: Hex): Promise<void> {
    const { hash, maxFeePerGas, maxPriorityFeePerGas, signedMs } = attempt;
    await sql.run(INSERT_ATTEMPT, hash, id, String(maxFeePerGas), String(maxPriorityFeePerGas), signedMs, raw);
  }

  return {
    /** Inside the transaction that also notes what it is for. */
    async add(transaction: NewTransaction, attempt: Attempt, raw: Hex): Promise<number> {
      const { purpose, account, nonce, to, data, gas, note } = transaction;
      const text = note === undefined ? null : JSON.stringify(note);
      const row = await sql.get(INSERT, purpose, account.toLowerCase(), nonce, to, data, gas, text);
      const id = Number(row?.["id"]);
      await addAttempt(id, attempt, raw);
      return id;
    },

    addAttempt,

    /** Those that are watched, by nonce. */
    async open(): Promise<Transaction[]> {
      const rows = await sql.all(SELECT_OPEN);
      if (rows.length === 0) return [];
      const attempts = Map.groupBy(await sql.all(SELECT_ATTEMPTS), (row) => Number(row["transaction_id"]));
      return rows.map((row) => readTransaction(row, attempts.get(Number(row["id"])) ?? []));
    },

    /** Without its attempts. */
    async find(id: number): Promise<Transaction | undefined> {
      const row = await sql.get(SELECT_ONE, id);
      return row && readTransaction(row, []);
    },

    async rawOf(hash: Hash): Promise<Hex | undefined> {
      return (await sql.get(SELECT_RAW, hash))?.["raw"] as Hex | undefined;
    },

    /** The nonce after the last one used; undefined when none was. */
    async nextNonce(account: Address): Promise<number | undefined> {
      const last = (await sql.get(SELECT_LAST_NONCE, account.toLowerCase()))?.["nonce"];
      return last === null || last === undefined ? undefined : Number(last) + 1;
    },

    async setMined(
      id: number,
      mined: { hash: Hash; block: { number: bigint; hash: Hash }; fulfilled: boolean },
    ): Promise<void> {
      const { hash, block, fulfilled } = mined;
      await sql.run(SET_MINED, hash, block.number, block.hash, fulfilled ? 1 : 0, id);
    },

    /** Its block is no longer in the chain. */
    async setUnmined(id: number): Promise<void> {
      await sql.run(SET_UNMINED, id);
    },

    async setConfirmed(id: number): Promise<void> {
      await sql.run(SET_STATE, "confirmed", null, id);
    },

    /** It is not watched any more, and its bytes are not needed. */
    async setFinal(id: number): Promise<void> {
      await sql.run(SET_STATE, "final", null, id);
      await sql.run(FORGET_RAW, id);
    },

    async drop(id: number, reason: string): Promise<void> {
      await sql.run(SET_STATE, "dropped", reason, id);
    },

    async counts(): Promise<Record<TransactionState, number>> {
      const counts = { unmined: 0, mined: 0, confirmed: 0, final: 0, dropped: 0 };
      for (const row of await sql.all(COUNT)) counts[row["state"] as TransactionState] = Number(row["rows"]);
      return counts;
    },
  };
}

function readTransaction(row: Row, attempts: readonly Row[]): Transaction {
  const blockHash = row["block_hash"];
  return {
    id: Number(row["id"]),
    purpose: row["purpose"] as string,
    account: row["account"] as Address,
    nonce: Number(row["nonce"]),
    to: row["to_address"] as Address,
    data: row["data"] as Hex,
    gas: BigInt(Number(row["gas"])),
    state: row["state"] as TransactionState,
    fulfilled: Number(row["fulfilled"]) === 1,
    block:
      typeof blockHash === "string"
        ? { number: BigInt(Number(row["block_number"])), hash: blockHash as Hash }
        : undefined,
    minedHash: (row["mined_hash"] ?? undefined) as Hash | undefined,
    attempts: attempts
      .map((attempt) => ({
        hash: attempt["hash"] as Hash,
        maxFeePerGas: BigInt(String(attempt["max_fee_wei"])),
        maxPriorityFeePerGas: BigInt(String(attempt["tip_wei"])),
        signedMs: Number(attempt["signed_ms"]),
      }))
      // Fees only rise, so they give the order also when the clock does not.
      .toSorted((a, b) => (a.maxPriorityFeePerGas < b.maxPriorityFeePerGas ? -1 : 1)),
    note: typeof row["note"] === "string" ? (JSON.parse(row["note"]) as Note) : undefined,
  };
}
