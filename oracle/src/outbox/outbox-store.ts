import {
  decodeIntervals,
  decodeQuality,
  type DayProfile,
  encodeIntervals,
  encodeQuality,
} from "@commonwatt/sdk/profile";
import { type Day, day } from "@commonwatt/sdk/time";
import type { Address, Hex } from "viem";

import type { Row, Sql } from "../storage/sql.ts";

/**
 * Where a profile stands. `closed`: waits for its signature. `signed`: waits to be sent, or for its day's settlement.
 * `sent`: in a transaction that is written down and does not count yet. `recorded`, `settled`, `late`: on chain, deep enough
 * to count. `parked`: will not get there; `reason` says why.
 */
export type OutboxState = "closed" | "signed" | "sent" | "recorded" | "settled" | "late" | "parked";

/** How a profile gets on chain: by the `record` of a self-trading meter, or by the day settlement of a sharing one. */
export type Route = "record" | "share";

/** A signed profile that waits for its day's settlement, without its content. */
export type WaitingProfile = {
  id: number;
  meter: number;
  day: Day;
  device: Address;
  nextAttemptMs: number;
};

export type OutboxRow = {
  id: number;
  meter: number;
  profile: DayProfile;
  route: Route;
  state: OutboxState;
  device: Address | undefined;
  signature: Hex | undefined;
  transactionHash: Hex | undefined;
  attempts: number;
  reason: string | undefined;
};

/** Profiles on their way to the chain, one row each, in order of their days. */
export type OutboxStore = {
  /** Inside the transaction that closes the day, over its `sql`. */
  add(meter: number, profile: DayProfile, route?: Route): Promise<void>;
  /**
   * Rows that wait for their signature, by day.
   *
   * @param after - Only those that follow this one.
   */
  toSign(limit: number, after?: OutboxRow): Promise<OutboxRow[]>;
  /**
   * Signed rows to record whose next attempt is due, at most one of each meter. An earlier day of the meter must be in a
   * block; how deep does not matter.
   */
  toSend(nowMs: number, limit: number): Promise<OutboxRow[]>;
  /** Rows on their way in a transaction, in the order they have there. */
  inTransaction(transactionId: number): Promise<OutboxRow[]>;
  markSigned(id: number, device: Address, signature: Hex): Promise<void>;
  /** A meter's profiles that were signed and are not on chain nor on their way there: waiting, or parked. */
  signedOf(meter: number): Promise<{ id: number; day: Day; device: Address }[]>;
  /** A signed or parked profile waits for its signature again: another device has taken over. */
  unsign(id: number): Promise<void>;
  /**
   * Inside a transaction: all of them or none.
   *
   * @throws When one is not signed any more as it is in the row: what is on its way would not be what is written down.
   */
  markSent(rows: readonly Pick<OutboxRow, "id" | "signature">[], transactionId: number): Promise<void>;
  markRecorded(id: number, transactionHash: Hex | undefined): Promise<void>;
  park(id: number, reason: string): Promise<void>;
  /** Parks what the signer refused, if it waits for its signature still: another process may have had it signed. */
  parkUnsigned(id: number, reason: string): Promise<void>;
  /** What a transaction had recorded is on its way in it again. */
  unrecord(transactionId: number): Promise<void>;
  /** What is on its way in a transaction is signed again, to be sent in another. */
  release(transactionId: number): Promise<void>;
  /** Another attempt later; a row that was sent is signed again. */
  postpone(id: number, nextAttemptMs: number, reason: string): Promise<void>;
  counts(): Promise<Record<OutboxState, number>>;
  /** Signed profiles on the way of the settlement, by day and meter. */
  waiting(): Promise<WaitingProfile[]>;
  /** The row of a meter's day. */
  find(meter: number, day: number): Promise<OutboxRow | undefined>;
  /** First day of each meter that is not recorded yet and will be. */
  unrecorded(): Promise<Map<number, number>>;
  /** Sends a profile the other way; a row that was sent is signed again. */
  reroute(id: number, route: Route): Promise<void>;
  markShared(id: number, state: "settled" | "late", transactionHash: Hex): Promise<void>;
  /** Profiles of days after `day` that count as settled or late. */
  sharedAfter(day: number): Promise<{ id: number; meter: number; day: Day }[]>;
  /** A profile that counted as settled or late waits again. */
  unshare(id: number): Promise<void>;
};

const INSERT = `
  INSERT INTO outbox (meter, day, import_register, export_register, quality, intervals, route, state)
  VALUES (?, ?, ?, ?, ?, ?, ?, 'closed')`;
const SELECT_CLOSED = "SELECT * FROM outbox WHERE state = 'closed' AND (day, id) > (?, ?) ORDER BY day, id LIMIT ?";
const SELECT_SIGNED = `
  SELECT * FROM outbox AS signed WHERE state = 'signed' AND route = 'record' AND next_attempt_ms <= ? AND NOT EXISTS (
    SELECT 1 FROM outbox AS earlier WHERE earlier.meter = signed.meter AND earlier.day < signed.day AND (
      earlier.state IN ('closed', 'signed') OR (earlier.state = 'sent' AND NOT EXISTS (
        SELECT 1 FROM transactions WHERE transactions.id = earlier.transaction_id AND transactions.fulfilled = 1
      ))
    )
  ) ORDER BY day, id LIMIT ?`;
const SELECT_IN_TRANSACTION = "SELECT * FROM outbox WHERE transaction_id = ? AND state = 'sent' ORDER BY day, id";
/** A process that was late must not set back what another has signed, and perhaps sent, meanwhile. */
const SIGN = "UPDATE outbox SET state = 'signed', device = ?, signature = ? WHERE id = ? AND state = 'closed'";
const SELECT_SIGNED_OF = `
  SELECT id, day, device FROM outbox WHERE meter = ? AND state IN ('signed', 'parked') AND device IS NOT NULL
  ORDER BY day, id`;
const UNSIGN = `
  UPDATE outbox SET state = 'closed', device = NULL, signature = NULL, attempts = 0, next_attempt_ms = 0, reason = NULL,
  transaction_id = NULL WHERE id = ? AND state IN ('signed', 'parked')`;
const SEND = `
  UPDATE outbox SET state = 'sent', transaction_id = ?, transaction_hash = NULL, attempts = attempts + 1
  WHERE id = ? AND state = 'signed' AND signature = ?`;
const UNRECORD = `
  UPDATE outbox SET state = 'sent', transaction_hash = NULL WHERE transaction_id = ? AND state = 'recorded'`;
const RELEASE = `
  UPDATE outbox SET state = 'signed', transaction_id = NULL, next_attempt_ms = 0 WHERE transaction_id = ? AND state = 'sent'`;
const RECORD = "UPDATE outbox SET state = 'recorded', transaction_hash = ?, reason = NULL WHERE id = ?";
const PARK = "UPDATE outbox SET state = 'parked', reason = ? WHERE id = ?";
const PARK_UNSIGNED = `${PARK} AND state = 'closed'`;
const POSTPONE = `
  UPDATE outbox SET next_attempt_ms = ?, reason = ?,
  attempts = attempts + CASE state WHEN 'sent' THEN 0 ELSE 1 END,
  transaction_id = CASE state WHEN 'sent' THEN NULL ELSE transaction_id END,
  state = CASE state WHEN 'sent' THEN 'signed' ELSE state END WHERE id = ?`;
const COUNT = 'SELECT state, count(*) AS "rows" FROM outbox GROUP BY state';
const SELECT_WAITING = `
  SELECT id, meter, day, device, next_attempt_ms FROM outbox WHERE state = 'signed' AND route = 'share'
  ORDER BY day, meter`;
const SELECT_ONE = "SELECT * FROM outbox WHERE meter = ? AND day = ?";
const SELECT_UNRECORDED = `
  SELECT meter, min(day) AS day FROM outbox WHERE state IN ('closed', 'signed', 'sent') AND route = 'record'
  GROUP BY meter`;
const REROUTE = `
  UPDATE outbox SET route = ?, next_attempt_ms = 0, transaction_id = NULL,
  state = CASE state WHEN 'sent' THEN 'signed' ELSE state END WHERE id = ?`;
const SHARE = "UPDATE outbox SET state = ?, transaction_hash = ?, reason = NULL WHERE id = ?";
const SELECT_SHARED_AFTER =
  "SELECT id, meter, day FROM outbox WHERE state IN ('settled', 'late') AND day > ? ORDER BY day, id";
const UNSHARE = "UPDATE outbox SET state = 'signed', transaction_hash = NULL, next_attempt_ms = 0 WHERE id = ?";

export function createOutboxStore(sql: Sql): OutboxStore {
  return {
    async add(meter, { day: number, importRegister, exportRegister, quality, imports, exports }, route = "record") {
      const intervals = encodeIntervals(imports, exports);
      const qualityText = encodeQuality(quality).toString();
      await sql.run(INSERT, meter, number, importRegister, exportRegister, qualityText, intervals, route);
    },
    toSign: async (limit, after) =>
      (await sql.all(SELECT_CLOSED, after?.profile.day ?? -1, after?.id ?? 0, limit)).map(readRow),
    toSend: async (nowMs, limit) => (await sql.all(SELECT_SIGNED, nowMs, limit)).map(readRow),
    inTransaction: async (transactionId) => (await sql.all(SELECT_IN_TRANSACTION, transactionId)).map(readRow),
    async markSigned(id, device, signature) {
      await sql.run(SIGN, device, signature, id);
    },
    signedOf: async (meter) =>
      (await sql.all(SELECT_SIGNED_OF, meter)).map((row) => ({
        id: Number(row["id"]),
        day: day(Number(row["day"])),
        device: row["device"] as Address,
      })),
    async unsign(id) {
      await sql.run(UNSIGN, id);
    },
    async markSent(rows, transactionId) {
      for (const { id, signature } of rows) {
        if ((await sql.run(SEND, transactionId, id, signature ?? null)) > 0) continue;
        throw new Error(`outbox row ${id} is not signed any more as it was to be sent`);
      }
    },
    async unrecord(transactionId) {
      await sql.run(UNRECORD, transactionId);
    },
    async release(transactionId) {
      await sql.run(RELEASE, transactionId);
    },
    async markRecorded(id, transactionHash) {
      await sql.run(RECORD, transactionHash ?? null, id);
    },
    async park(id, reason) {
      await sql.run(PARK, reason, id);
    },
    async parkUnsigned(id, reason) {
      await sql.run(PARK_UNSIGNED, reason, id);
    },
    async postpone(id, nextAttemptMs, reason) {
      await sql.run(POSTPONE, nextAttemptMs, reason, id);
    },
    async counts() {
      const counts = { closed: 0, signed: 0, sent: 0, recorded: 0, settled: 0, late: 0, parked: 0 };
      for (const row of await sql.all(COUNT)) counts[row["state"] as OutboxState] = Number(row["rows"]);
      return counts;
    },
    waiting: async () =>
      (await sql.all(SELECT_WAITING)).map((row) => ({
        id: Number(row["id"]),
        meter: Number(row["meter"]),
        day: day(Number(row["day"])),
        device: row["device"] as Address,
        nextAttemptMs: Number(row["next_attempt_ms"]),
      })),
    async find(meter, number) {
      const row = await sql.get(SELECT_ONE, meter, number);
      return row === undefined ? undefined : readRow(row);
    },
    unrecorded: async () =>
      new Map((await sql.all(SELECT_UNRECORDED)).map((row) => [Number(row["meter"]), Number(row["day"])])),
    async reroute(id, route) {
      await sql.run(REROUTE, route, id);
    },
    async markShared(id, state, transactionHash) {
      await sql.run(SHARE, state, transactionHash, id);
    },
    sharedAfter: async (after) =>
      (await sql.all(SELECT_SHARED_AFTER, after)).map((row) => ({
        id: Number(row["id"]),
        meter: Number(row["meter"]),
        day: day(Number(row["day"])),
      })),
    async unshare(id) {
      await sql.run(UNSHARE, id);
    },
  };
}

function readRow(row: Row): OutboxRow {
  return {
    id: Number(row["id"]),
    meter: Number(row["meter"]),
    profile: {
      day: day(Number(row["day"])),
      importRegister: BigInt(Number(row["import_register"])),
      exportRegister: BigInt(Number(row["export_register"])),
      quality: decodeQuality(BigInt(String(row["quality"]))),
      ...decodeIntervals(row["intervals"] as Hex),
    },
    route: row["route"] as Route,
    state: row["state"] as OutboxState,
    device: (row["device"] ?? undefined) as Address | undefined,
    signature: (row["signature"] ?? undefined) as Hex | undefined,
    transactionHash: (row["transaction_hash"] ?? undefined) as Hex | undefined,
    attempts: Number(row["attempts"]),
    reason: (row["reason"] ?? undefined) as string | undefined,
  };
}
