import { dayOf } from "@commonwatt/sdk/time";
import type { Address, Hash, Hex } from "viem";

import type { Row, Sql } from "../storage/sql.ts";

/**
 * Where an action stands. `queued`: waits to be sent. `sent`: in a transaction that is written down and does not count
 * yet. `confirmed`: on chain, deep enough to count. `failed`: mined, and reverted. `refused`: given up without a
 * transaction.
 */
export type RelayState = "queued" | "sent" | "confirmed" | "failed" | "refused";

/** What is called, and what has to hold for it. */
export type RelayCall = { to: Address; data: Hex; counter: Address; nonce: string; deadline: string };

export type RelayRow = {
  id: Hex;
  wallet: Address;
  action: string;
  call: RelayCall;
  day: number;
  gas: number;
  state: RelayState;
  reason: string | undefined;
  receivedMs: number;
  transactionId: number | undefined;
  transactionHash: Hash | undefined;
  /** Of its transaction, as the submitter has it: "mined" while it is in a block that does not count yet. */
  transactionState: string | undefined;
};

export type Spent = { actions: number; failures: number; gas: number };

/** Members' actions on their way, one row each: what was sent is known by what was signed. */
export type RelayStore = ReturnType<typeof createRelayStore>;

/** What failed was paid for, and counts for its day for ever: it makes room under another name. */
const SET_ASIDE = "UPDATE relay_actions SET hash = hash || '-' || seq WHERE hash = ? AND state = 'failed'";
const INSERT = `
  INSERT INTO relay_actions (hash, seq, wallet, action, call, day, gas, state, received_ms)
  VALUES (?, (SELECT coalesce(max(seq), 0) + 1 FROM relay_actions), ?, ?, ?, ?, ?, 'queued', ?)
  ON CONFLICT (hash) DO UPDATE SET seq = excluded.seq, call = excluded.call, day = excluded.day, gas = excluded.gas,
  state = 'queued', reason = NULL, received_ms = excluded.received_ms, next_attempt_ms = 0, transaction_id = NULL,
  transaction_hash = NULL WHERE relay_actions.state = 'refused'`;
const SELECT = `
  SELECT relay_actions.*, transactions.state AS transaction_state, (
    SELECT hash FROM transaction_attempts WHERE transaction_attempts.transaction_id = relay_actions.transaction_id
    ORDER BY signed_ms DESC LIMIT 1
  ) AS sent_hash
  FROM relay_actions LEFT JOIN transactions ON transactions.id = relay_actions.transaction_id`;
const FIND = `${SELECT} WHERE relay_actions.hash = ?`;
const NEXT = `${SELECT} WHERE relay_actions.state = 'queued' AND next_attempt_ms <= ? ORDER BY seq LIMIT ?`;
const IN_TRANSACTION = `${SELECT} WHERE relay_actions.transaction_id = ?`;
const UNDER_WAY = `
  SELECT hash FROM relay_actions WHERE wallet = ? AND hash <> ? AND (state = 'queued' OR (state = 'sent' AND NOT EXISTS (
    SELECT 1 FROM transactions WHERE transactions.id = relay_actions.transaction_id AND transactions.state <> 'unmined'
  ))) LIMIT 1`;
const COUNTS = `SELECT state, count(*) AS "rows" FROM relay_actions GROUP BY state`;
/** What was refused was never sent, and counts for nothing. */
const SPENT = `
  SELECT count(*) AS actions, coalesce(sum(CASE state WHEN 'failed' THEN 1 ELSE 0 END), 0) AS failures,
  coalesce(sum(gas), 0) AS gas FROM relay_actions WHERE day = ? AND state <> 'refused'`;
const SPENT_BY = `${SPENT} AND wallet = ?`;
const SEND = `
  UPDATE relay_actions SET state = 'sent', transaction_id = ?, gas = ?, reason = NULL WHERE hash = ? AND state = 'queued'`;
const END = "UPDATE relay_actions SET state = ?, reason = ?, gas = ?, transaction_hash = ? WHERE transaction_id = ?";
const UNDO = `
  UPDATE relay_actions SET state = 'sent', transaction_hash = NULL, reason = NULL
  WHERE transaction_id = ? AND state IN ('confirmed', 'failed')`;
const RELEASE = `
  UPDATE relay_actions SET state = 'queued', transaction_id = NULL, next_attempt_ms = 0
  WHERE transaction_id = ? AND state = 'sent'`;
const REFUSE = "UPDATE relay_actions SET state = 'refused', reason = ? WHERE hash = ? AND state = 'queued'";
const POSTPONE = "UPDATE relay_actions SET next_attempt_ms = ?, reason = ? WHERE hash = ? AND state = 'queued'";

const REMOVE = `
  DELETE FROM relay_actions WHERE hash IN (
    SELECT hash FROM relay_actions
    WHERE day < ? AND received_ms < ? AND state IN ('confirmed', 'failed', 'refused') ORDER BY day LIMIT ?
  )`;

export function createRelayStore(sql: Sql) {
  const spent = (row: Row | undefined): Spent => ({
    actions: Number(row?.["actions"]),
    failures: Number(row?.["failures"]),
    gas: Number(row?.["gas"]),
  });

  return {
    /**
     * Queues an action; one that failed or was refused is queued anew, any other stays as it is. Inside a transaction. What
     * failed keeps a row of its own: could the same action be sent again for nothing, a wallet whose code says yes when it is
     * asked and burns gas on chain would never come to its limits.
     */
    async add(row: Pick<RelayRow, "id" | "wallet" | "action" | "call" | "day" | "gas" | "receivedMs">): Promise<void> {
      const { id, wallet, action, call, day, gas, receivedMs } = row;
      await sql.run(SET_ASIDE, id);
      await sql.run(INSERT, id, wallet.toLowerCase(), action, JSON.stringify(call), day, gas, receivedMs);
    },
    async find(id: Hex): Promise<RelayRow | undefined> {
      const row = await sql.get(FIND, id);
      return row && readRow(row);
    },
    /** The action that a transaction carries. */
    async inTransaction(transactionId: number): Promise<RelayRow | undefined> {
      const row = await sql.get(IN_TRANSACTION, transactionId);
      return row && readRow(row);
    },
    /** Queued actions whose next attempt is due, in the order of their coming. */
    async next(nowMs: number, limit: number): Promise<RelayRow[]> {
      return (await sql.all(NEXT, nowMs, limit)).map(readRow);
    },
    /** Whether the wallet has another action that is in no block yet: what follows it cannot be simulated. */
    async isUnderWay(wallet: Address, besides: Hex): Promise<boolean> {
      return (await sql.get(UNDER_WAY, wallet.toLowerCase(), besides)) !== undefined;
    },
    async counts(): Promise<Record<RelayState, number>> {
      const counts = { queued: 0, sent: 0, confirmed: 0, failed: 0, refused: 0 };
      for (const row of await sql.all(COUNTS)) counts[row["state"] as RelayState] = Number(row["rows"]);
      return counts;
    },
    /** What has been spent on a UTC day: of one wallet, or of all. */
    async spentOn(day: number, wallet?: Address): Promise<Spent> {
      const row = wallet === undefined ? sql.get(SPENT, day) : sql.get(SPENT_BY, day, wallet.toLowerCase());
      return spent(await row);
    },
    /** Inside the transaction that writes the submitter's down. */
    async markSent(id: Hex, transactionId: number, gas: number): Promise<void> {
      if ((await sql.run(SEND, transactionId, gas, id)) !== 1)
        throw new Error(`the action ${id} is not queued any more`);
    },
    async end(
      transactionId: number,
      outcome: { state: "confirmed" | "failed"; reason: string | undefined; gas: number; transactionHash: Hash },
    ): Promise<void> {
      const { state, reason, gas, transactionHash } = outcome;
      await sql.run(END, state, reason ?? null, gas, transactionHash, transactionId);
    },
    /** Its transaction does not count any more, and is on its way again. */
    async undo(transactionId: number): Promise<void> {
      await sql.run(UNDO, transactionId);
    },
    /** Its transaction will never be mined: it is decided anew. */
    async release(transactionId: number): Promise<void> {
      await sql.run(RELEASE, transactionId);
    },
    async refuse(id: Hex, reason: string): Promise<void> {
      await sql.run(REFUSE, reason, id);
    },
    /** Removes some of the actions that came before a moment and have ended. Returns how many. */
    removeBefore(receivedMs: number, limit: number): Promise<number> {
      // Those of that day may still count; the index by day finds the others.
      return sql.run(REMOVE, dayOf(Math.max(receivedMs / 1000, 0)), receivedMs, limit);
    },
    async postpone(id: Hex, nextAttemptMs: number, reason: string): Promise<void> {
      await sql.run(POSTPONE, nextAttemptMs, reason, id);
    },
  };
}

function readRow(row: Row): RelayRow {
  const text = (name: string) => (row[name] ?? undefined) as string | undefined;
  return {
    id: row["hash"] as Hex,
    wallet: row["wallet"] as Address,
    action: String(row["action"]),
    call: JSON.parse(String(row["call"])) as RelayCall,
    day: Number(row["day"]),
    gas: Number(row["gas"]),
    state: row["state"] as RelayState,
    reason: text("reason"),
    receivedMs: Number(row["received_ms"]),
    transactionId: row["transaction_id"] === null ? undefined : Number(row["transaction_id"]),
    transactionHash: (text("transaction_hash") ?? text("sent_hash")) as Hash | undefined,
    transactionState: text("transaction_state"),
  };
}
