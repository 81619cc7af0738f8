import type { Address, Hex } from "viem";

import type { Sql } from "../../storage/sql.ts";
import { tips } from "../endpoints/agree.ts";
import { createCarrier } from "./carry.ts";
import { askCounts, chooseNonce, createPatience, hasReached, isBelow, PATIENCE_MS } from "./nonces.ts";
import { kindOf, nameOf, observerOf, type SubmitterParts } from "./parts.ts";
import { createTransactionStore, type Note, type Transaction } from "./store.ts";
import { createWatch } from "./watch.ts";

export type Order = {
  purpose: string;
  to: Address;
  data: Hex;
  gas: bigint;
  /** Logged when it is confirmed. */
  note?: Note;
};

/** How the submitter stands, for `GET /api/health`. */
export type SubmitterReport = {
  account: Address;
  /** The transaction that the nodes have and no block. */
  unmined: { purpose: string; nonce: number; signings: number; hash: string | null } | null;
  /** In blocks, and watched. */
  watched: number;
  trouble: string | null;
};

/**
 * The submitter's account, and its transactions: each is on disk with its signed bytes before a node hears of it, and
 * carried until it is deep in the chain. One at a time is not mined; any number waits for its depth.
 */
export type Submitter = {
  /**
   * Looks after every transaction: learns what became of it, shows it to the nodes again, replaces it.
   *
   * @returns Whether anything changed.
   * @throws When the nodes do not answer, or contradict each other: nothing is lost, call again later.
   */
  look(): Promise<boolean>;
  /** Whether a new transaction can be sent. */
  isFree(): boolean;
  /**
   * Writes a transaction down, and hands it to the nodes.
   *
   * @param link - Notes, within the same database transaction, what is on its way with it.
   * @returns False when it has to wait (fees above the maximum, doubts about the nonce): nothing was written; decide anew.
   */
  send(order: Order, link?: (sql: Sql, id: number) => Promise<void>): Promise<boolean>;
  /** Purposes of these kinds whose transactions do not count yet. */
  underWay(...kinds: string[]): string[];
  /** The highest block with a transaction of these kinds that counts: state before it does not show what it did. */
  countsFrom(...kinds: string[]): bigint;
  report(): SubmitterReport;
};

/** What no node takes is decided anew, and most often comes out the same: after a pause that doubles, up to ten minutes. */
const REFUSED_PAUSE_MS = 5_000;
const LONGEST_REFUSED_PAUSE_MS = 600_000;

export function createSubmitter(parts: SubmitterParts): Submitter {
  const { endpoints, database, account, nowMs, log } = parts;
  const store = createTransactionStore(database);
  const watch = createWatch(parts);
  const carrier = createCarrier(parts);
  const patience = createPatience(nowMs);
  let open: readonly Transaction[] | undefined;
  /** The latest blocks at the last look that came to its end. */
  let seenTip: string | undefined;
  /** Nonces before are used, whatever anybody says. */
  let floor = 0;
  /** Transactions in a row that no node took, and until when the next one waits. */
  let refused = 0;
  let resumeMs = 0;

  const inState = (...states: Transaction["state"][]) => (open ?? []).filter(({ state }) => states.includes(state));

  const isFree = () => open !== undefined && inState("unmined").length === 0 && nowMs() >= resumeMs;

  async function reload(): Promise<void> {
    open = await store.open();
  }

  async function drop(transaction: Transaction, reason: string): Promise<void> {
    await database.transaction(async (sql) => {
      await createTransactionStore(sql).drop(transaction.id, reason);
      await observerOf(parts, transaction).dropped(sql, transaction, reason);
    });
    // The same bytes may come again, and then have their time again.
    carrier.forget(transaction);
    log.warn(
      { event: "dropped", purpose: transaction.purpose, nonce: transaction.nonce, reason },
      `${nameOf(transaction)} is given up, what it was for is decided anew: ${reason}`,
    );
  }

  /** Why a transaction can no longer be mined as it is; undefined while it can, "wait" while that is in doubt. */
  async function hopeless(transaction: Transaction, unmined: readonly Transaction[]): Promise<string | undefined> {
    const { nonce } = transaction;
    if (transaction.account !== account.address.toLowerCase()) return "the submitter's account has changed";
    const counts = await askCounts(endpoints, account.address);
    const subject = `nonce ${nonce}`;
    const timeoutMs = parts.receiptTimeoutSeconds * 1000;
    if (hasReached(counts, nonce + 1)) {
      if (patience.of(subject, "used") < PATIENCE_MS) return "wait";
      floor = nonce + 1;
      return "its nonce was used by another transaction of the account";
    }
    const { saidUsed, sinceMs } = carrier.saidUsed(transaction);
    if (saidUsed && counts.some((count) => count > nonce) && nowMs() - sinceMs >= timeoutMs) {
      floor = nonce + 1;
      return "its nonce is used, as some of the RPC endpoints say, and it does not get into a block";
    }
    const isCarried = (missing: number) => unmined.some((other) => other.nonce === missing);
    const next = counts.at(-1) ?? nonce;
    const gap = Array.from({ length: Math.min(Math.max(nonce - next, 0), 1_000) }, (_, index) => next + index);
    if (isBelow(counts, nonce) && !gap.every(isCarried)) {
      if (patience.of(subject, "gap") < Math.max(timeoutMs, PATIENCE_MS)) return undefined;
      return `nonce ${next} and those after it were never used`;
    }
    patience.forget(subject);
    return undefined;
  }

  /** Looks after those that are not mined, in the order of their nonces. */
  async function carryUnmined(): Promise<boolean> {
    let changed = false;
    for (const transaction of inState("unmined")) {
      if (await watch.findReceipt(transaction)) {
        patience.forget(`nonce ${transaction.nonce}`);
        refused = 0;
        changed = true;
        continue;
      }
      const reason = await hopeless(transaction, inState("unmined"));
      if (reason === "wait") continue;
      const problem = reason ?? (await carrier.carry(transaction));
      if (problem === undefined) continue;
      await drop(transaction, problem);
      if (reason === undefined)
        resumeMs = nowMs() + Math.min(REFUSED_PAUSE_MS * 2 ** Math.min(refused++, 16), LONGEST_REFUSED_PAUSE_MS);
      changed = true;
    }
    return changed;
  }

  async function nextNonce(): Promise<number | undefined> {
    const own = await store.nextNonce(account.address);
    const counts = await askCounts(endpoints, account.address);
    const chosen = chooseNonce(counts, own, floor);
    if (own === undefined || chosen === own) {
      patience.forget("next");
      return chosen;
    }
    // What is in blocks that were just looked up is used.
    const mined = inState("mined", "confirmed").filter(({ account: of }) => of === account.address.toLowerCase());
    if (mined.some(({ nonce }) => nonce >= chosen)) return own;
    if (patience.of("next", String(chosen)) < PATIENCE_MS) return undefined;
    patience.forget("next");
    log.warn(
      { event: "nonce", own, chosen },
      chosen > own
        ? `The account ${account.address} has sent transactions that are not in the oracle's records: it goes on with nonce ${chosen}`
        : `The chain has fewer transactions of the account ${account.address} than the oracle's records, it may have been restored from a backup: it goes on with nonce ${chosen}`,
    );
    return chosen;
  }

  return {
    async look() {
      if (open === undefined) await reload();
      if (open?.length === 0) return false;
      const tip = await tips(endpoints);
      // With the same latest blocks nothing has become of what is mined.
      if (tip === seenTip && inState("unmined").length === 0) return false;
      seenTip = undefined;
      let changed = await watch.checkBlocks(inState("mined", "confirmed"));
      if (changed) {
        await reload();
        for (const transaction of inState("unmined")) carrier.forget(transaction);
      }
      try {
        if (await carryUnmined()) changed = true;
        await reload();
        if (await watch.confirmDeep(inState("mined", "confirmed"))) changed = true;
        seenTip = tip;
      } finally {
        // Whatever got on disk before a failure is known.
        await reload();
      }
      return changed;
    },

    isFree,

    async send(order, link = () => Promise.resolve()) {
      if (!isFree()) return false;
      const nonce = await nextNonce();
      if (nonce === undefined) return false;
      const { note, ...rest } = order;
      const transaction = { ...rest, note, account: account.address, nonce };
      const signed = await carrier.prepare(transaction);
      if (signed === undefined) return false;
      // Should the writing fail, it may have taken place all the same: then the next look is to find it.
      open = undefined;
      await database.transaction(async (sql) => {
        const id = await createTransactionStore(sql).add(transaction, signed.attempt, signed.raw);
        await link(sql, id);
      });
      await reload();
      await carrier.show(transaction, signed.attempt.hash, signed.raw).catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        log.warn(
          { event: "not-sent", purpose: order.purpose, nonce, reason },
          `${nameOf(transaction)} is written down, and no node was reached; it is sent as soon as one is: ${reason}`,
        );
      });
      return true;
    },

    underWay: (...kinds) =>
      inState("unmined", "mined")
        .map(({ purpose }) => purpose)
        .filter((purpose) => kinds.includes(kindOf(purpose))),

    countsFrom: (...kinds) =>
      inState("confirmed")
        .filter(({ purpose }) => kinds.includes(kindOf(purpose)))
        .reduce((highest, { block }) => (block !== undefined && block.number > highest ? block.number : highest), 0n),

    report() {
      const [unmined] = inState("unmined");
      return {
        account: account.address,
        unmined:
          unmined === undefined
            ? null
            : {
                purpose: unmined.purpose,
                nonce: unmined.nonce,
                signings: unmined.attempts.length,
                hash: unmined.attempts.at(-1)?.hash ?? null,
              },
        watched: inState("mined", "confirmed").length,
        trouble: carrier.trouble() ?? null,
      };
    },
  };
}
