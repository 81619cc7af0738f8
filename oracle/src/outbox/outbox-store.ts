import {
  decodeIntervals,
  decodeQuality,
  type DayProfile,
  encodeIntervals,
  encodeQuality,
} from "@commonwatt/sdk/profile";
import { type Day, day } from "@commonwatt/sdk/time";
import type { Address, Hex } from "viem";

import type { Database } from "../storage/database.ts";

/**
 * Where a profile stands. `closed`: waits for its signature. `signed`: waits to be sent, or for its day's settlement.
 * `sent`: in a transaction whose receipt is awaited. `recorded`, `settled`, `late`: on chain, confirmed. `parked`: will not
 * get there; `reason` says why.
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
  /** Inside the transaction that closes the day. */
  add(meter: number, profile: DayProfile, route?: Route): void;
  /** Rows that wait for their signature, by day. */
  toSign(limit: number): OutboxRow[];
  /** Signed rows to record whose next attempt is due and whose meter has no earlier day waiting: at most one of each. */
  toSend(nowMs: number, limit: number): OutboxRow[];
  /** Rows in transactions, in the order they have there. */
  sent(): OutboxRow[];
  markSigned(id: number, device: Address, signature: Hex): void;
  markSent(ids: readonly number[], transactionHash: Hex): void;
  markRecorded(id: number, transactionHash: Hex | undefined): void;
  park(id: number, reason: string): void;
  /** Another attempt later; a row that was sent is signed again. */
  postpone(id: number, nextAttemptMs: number, reason: string): void;
  counts(): Record<OutboxState, number>;
  /** Signed profiles on the way of the settlement, by day and meter. */
  waiting(): WaitingProfile[];
  /** The row of a meter's day. */
  find(meter: number, day: number): OutboxRow | undefined;
  /** First day of each meter that is not recorded yet and will be. */
  unrecorded(): Map<number, number>;
  /** Sends a profile the other way. */
  reroute(id: number, route: Route): void;
  markShared(id: number, state: "settled" | "late", transactionHash: Hex): void;
};

export function createOutboxStore(database: Database): OutboxStore {
  const { sql } = database;
  const insert = sql.prepare(`
    INSERT INTO outbox (meter, day, import_register, export_register, quality, intervals, route, state)
    VALUES (?, ?, ?, ?, ?, ?, ?, 'closed')`);
  const selectClosed = sql.prepare("SELECT * FROM outbox WHERE state = 'closed' ORDER BY day, id LIMIT ?");
  const selectSigned = sql.prepare(`
    SELECT * FROM outbox AS row WHERE state = 'signed' AND route = 'record' AND next_attempt_ms <= ? AND NOT EXISTS (
      SELECT 1 FROM outbox WHERE meter = row.meter AND day < row.day AND state IN ('closed', 'signed', 'sent')
    ) ORDER BY day, id LIMIT ?`);
  const selectSent = sql.prepare("SELECT * FROM outbox WHERE state = 'sent' ORDER BY day, id");
  const sign = sql.prepare("UPDATE outbox SET state = 'signed', device = ?, signature = ? WHERE id = ?");
  const send = sql.prepare(
    "UPDATE outbox SET state = 'sent', transaction_hash = ?, attempts = attempts + 1 WHERE id = ?",
  );
  const record = sql.prepare("UPDATE outbox SET state = 'recorded', transaction_hash = ?, reason = NULL WHERE id = ?");
  const setAside = sql.prepare("UPDATE outbox SET state = 'parked', reason = ? WHERE id = ?");
  const delay = sql.prepare(`
    UPDATE outbox SET next_attempt_ms = ?, reason = ?,
    attempts = attempts + (state <> 'sent'), state = CASE state WHEN 'sent' THEN 'signed' ELSE state END WHERE id = ?`);
  const count = sql.prepare("SELECT state, count(*) AS rows FROM outbox GROUP BY state");
  const selectWaiting = sql.prepare(`
    SELECT id, meter, day, device, next_attempt_ms FROM outbox WHERE state = 'signed' AND route = 'share'
    ORDER BY day, meter`);
  const selectOne = sql.prepare("SELECT * FROM outbox WHERE meter = ? AND day = ?");
  const selectUnrecorded = sql.prepare(`
    SELECT meter, min(day) AS day FROM outbox WHERE state IN ('closed', 'signed', 'sent') AND route = 'record'
    GROUP BY meter`);
  const setRoute = sql.prepare("UPDATE outbox SET route = ?, next_attempt_ms = 0 WHERE id = ?");
  const share = sql.prepare("UPDATE outbox SET state = ?, transaction_hash = ?, reason = NULL WHERE id = ?");

  return {
    add(meter, { day: number, importRegister, exportRegister, quality, imports, exports }, route = "record") {
      const intervals = encodeIntervals(imports, exports);
      const qualityText = encodeQuality(quality).toString();
      insert.run(meter, number, importRegister, exportRegister, qualityText, intervals, route);
    },
    toSign: (limit) => selectClosed.all(limit).map(readRow),
    toSend: (nowMs, limit) => selectSigned.all(nowMs, limit).map(readRow),
    sent: () => selectSent.all().map(readRow),
    markSigned(id, device, signature) {
      sign.run(device, signature, id);
    },
    markSent(ids, transactionHash) {
      database.transaction(() => {
        for (const id of ids) send.run(transactionHash, id);
      });
    },
    markRecorded(id, transactionHash) {
      record.run(transactionHash ?? null, id);
    },
    park(id, reason) {
      setAside.run(reason, id);
    },
    postpone(id, nextAttemptMs, reason) {
      delay.run(nextAttemptMs, reason, id);
    },
    counts() {
      const counts = { closed: 0, signed: 0, sent: 0, recorded: 0, settled: 0, late: 0, parked: 0 };
      for (const row of count.all()) counts[row["state"] as OutboxState] = Number(row["rows"]);
      return counts;
    },
    waiting: () =>
      selectWaiting.all().map((row) => ({
        id: Number(row["id"]),
        meter: Number(row["meter"]),
        day: day(Number(row["day"])),
        device: row["device"] as Address,
        nextAttemptMs: Number(row["next_attempt_ms"]),
      })),
    find(meter, number) {
      const row = selectOne.get(meter, number);
      return row === undefined ? undefined : readRow(row);
    },
    unrecorded: () => new Map(selectUnrecorded.all().map((row) => [Number(row["meter"]), Number(row["day"])])),
    reroute(id, route) {
      setRoute.run(route, id);
    },
    markShared(id, state, transactionHash) {
      share.run(state, transactionHash, id);
    },
  };
}

function readRow(row: Record<string, unknown>): OutboxRow {
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
