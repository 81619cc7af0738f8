import type { TransactionReceipt } from "viem";

import { blockHash, commonBlock } from "../endpoints/agree.ts";
import { agreedReceipt } from "../endpoints/receipts.ts";
import { nameOf, observerOf, type SubmitterParts } from "./parts.ts";
import { createTransactionStore, type Transaction } from "./store.ts";

/**
 * Blocks after which a transaction is no longer watched, where `confirmations` is less: it counts before, and if a
 * reorganisation undoes it nevertheless, it is sent again.
 */
const WATCHED_BLOCKS = 64;

/** Follows transactions from their block to the depth at which they are final. */
export function createWatch(parts: SubmitterParts) {
  const { endpoints, database, confirmations, log } = parts;
  const store = createTransactionStore(database);
  const watchedBlocks = BigInt(Math.max(confirmations, WATCHED_BLOCKS));

  /** What happens to a transaction whose block has been replaced. */
  async function putBack(transaction: Transaction): Promise<void> {
    await database.transaction(async (sql) => {
      if (transaction.state === "confirmed") await observerOf(parts, transaction).undone(sql, transaction);
      await createTransactionStore(sql).setUnmined(transaction.id);
    });
    log.warn(
      {
        event: "reorg",
        purpose: transaction.purpose,
        nonce: transaction.nonce,
        block: Number(transaction.block?.number),
      },
      `${nameOf(transaction)} is no longer in block ${transaction.block?.number}: the chain was reorganised, or the node is behind; it is sent again as it was`,
    );
  }

  async function confirm(transaction: Transaction, receipt: TransactionReceipt): Promise<void> {
    const say = await database.transaction(async (sql) => {
      await createTransactionStore(sql).setConfirmed(transaction.id);
      return observerOf(parts, transaction).confirmed(sql, transaction, receipt);
    });
    say();
    const { note, purpose } = transaction;
    const facts = { transaction: receipt.transactionHash, gasUsed: Number(receipt.gasUsed) };
    if (receipt.status === "reverted") {
      log.warn(
        { event: "transaction-failed", purpose, ...facts },
        `${nameOf(transaction)} failed on chain: what it was for is decided anew`,
      );
    } else if (note !== undefined) {
      const { msg, ...rest } = note;
      log.info({ ...rest, ...facts }, msg);
    }
  }

  return {
    /**
     * Puts transactions back whose block is no longer in the chain.
     *
     * @param mined - In any order.
     * @returns Whether there were any.
     */
    async checkBlocks(mined: readonly Transaction[]): Promise<boolean> {
      const blocks = [...Map.groupBy(mined, ({ block }) => block?.number ?? 0n)].toSorted(([a], [b]) =>
        a > b ? -1 : 1,
      );
      let putBackAny = false;
      for (const [number, transactions] of blocks) {
        const hash = await blockHash(endpoints, number);
        const lost = transactions.filter(({ block }) => block?.hash !== hash);
        // A block that is still there has all earlier ones before it.
        if (lost.length === 0) break;
        for (const transaction of lost) await putBack(transaction);
        putBackAny = true;
      }
      return putBackAny;
    },

    /**
     * Looks for the receipt of a transaction that is not known to be mined.
     *
     * @returns Whether it is.
     */
    async findReceipt(transaction: Transaction): Promise<boolean> {
      for (const { hash } of transaction.attempts.toReversed()) {
        const receipt = await agreedReceipt(endpoints, hash);
        if (receipt === undefined) continue;
        const fulfilled = receipt.status === "success" && observerOf(parts, transaction).isFulfilled(receipt);
        const block = { number: receipt.blockNumber, hash: receipt.blockHash };
        await store.setMined(transaction.id, { hash, block, fulfilled });
        return true;
      }
      return false;
    },

    /**
     * Counts what is deep enough, and lets go of what is final.
     *
     * @returns Whether anything changed.
     */
    async confirmDeep(mined: readonly Transaction[]): Promise<boolean> {
      if (mined.length === 0) return false;
      const head = await commonBlock(endpoints);
      const depthOf = ({ block }: Transaction) => head - (block?.number ?? head) + 1n;
      let changed = false;
      for (const transaction of mined) {
        const { state, minedHash } = transaction;
        if (state === "mined" && depthOf(transaction) >= BigInt(confirmations) && minedHash !== undefined) {
          const receipt = await agreedReceipt(endpoints, minedHash);
          if (receipt?.blockHash === transaction.block?.hash && receipt !== undefined)
            await confirm(transaction, receipt);
          else await putBack(transaction);
          changed = true;
        } else if (state === "confirmed" && depthOf(transaction) > watchedBlocks) {
          await database.transaction((sql) => createTransactionStore(sql).setFinal(transaction.id));
        }
      }
      return changed;
    },
  };
}
