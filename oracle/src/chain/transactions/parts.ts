import type { Logger } from "pino";
import type { PrivateKeyAccount, TransactionReceipt } from "viem";

import type { Database, Sql } from "../../storage/sql.ts";
import type { Endpoints } from "../endpoints/endpoints.ts";
import type { Reader } from "../reader.ts";
import type { Transaction } from "./store.ts";

/** What the submitter and its watch are made of. */
export type SubmitterParts = {
  endpoints: Endpoints;
  reader: Reader;
  database: Database;
  account: PrivateKeyAccount;
  /** Blocks that must hold a transaction, its own included, before it counts. */
  confirmations: number;
  /** A transaction that is not mined for so long is replaced at a higher fee. */
  receiptTimeoutSeconds: number;
  /** Most that is paid per unit of gas, wei. */
  maxFeeWei: bigint;
  /** By kind of purpose. */
  observers: Readonly<Record<string, Observer>>;
  /** Unix milliseconds of the machine's clock. */
  nowMs: () => number;
  log: Logger;
};

/** What somebody who has transactions sent learns of them, within the database transaction that notes it. */
export type Observer = {
  /** Whether the receipt shows that all was done that the transaction was for. */
  isFulfilled(receipt: TransactionReceipt): boolean;
  /**
   * It is deep enough to count.
   *
   * @returns What is to be logged once that is on disk.
   */
  confirmed(sql: Sql, transaction: Transaction, receipt: TransactionReceipt): Promise<() => void>;
  /** It had counted, and a deeper reorganisation than `confirmations` has undone it: it is on its way again. */
  undone(sql: Sql, transaction: Transaction): Promise<void>;
  /** It will never be mined: what it was for is to be decided anew. */
  dropped(sql: Sql, transaction: Transaction, reason: string): Promise<void>;
};

/** The kind of a purpose, its first word: "settle" of "settle 20000". */
export function kindOf(purpose: string): string {
  return purpose.split(" ", 1)[0] ?? purpose;
}

export function observerOf({ observers }: Pick<SubmitterParts, "observers">, { purpose }: Transaction): Observer {
  const observer = observers[kindOf(purpose)];
  if (observer === undefined) throw new Error(`nobody observes transactions for ${purpose}`);
  return observer;
}

/** A transaction as it is called in the log. */
export function nameOf({ purpose, nonce }: Pick<Transaction, "purpose" | "nonce">): string {
  return `The transaction for ${purpose} (nonce ${nonce})`;
}

/** @example gwei(1_500_000_000n) // "1.5 gwei" */
export function gwei(wei: bigint): string {
  return `${Math.round(Number(wei) / 1e6) / 1e3} gwei`;
}
