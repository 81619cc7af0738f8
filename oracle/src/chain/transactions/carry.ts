import type { Endpoints } from "../endpoints/endpoints.ts";
import type { Hash, Hex } from "viem";
import { keccak256 } from "viem";

import type { Reader } from "../reader.ts";
import { type Fees, firstFees, type Market, raisedFees } from "./fees.ts";
import { gwei, nameOf, type SubmitterParts } from "./parts.ts";
import { bestReply, readReply, type Reply } from "./reply.ts";
import type { Attempt, NewTransaction, Transaction } from "./store.ts";
import { createTransactionStore } from "./store.ts";
import { createTeller } from "./teller.ts";

/** The same bytes are handed over again after so long, and sooner after they were refused. */
const SHOW_AGAIN_MS = 30_000;
const SHOW_REFUSED_AGAIN_MS = 3_000;
/** Fees jump from block to block: a transaction that cannot be mined at its fee is replaced after so long. */
const SPIKE_PAUSE_MS = 15_000;

type Shown = { firstMs: number; lastMs: number; reply: Reply | undefined };

/** Signs transactions, hands them to the nodes, and replaces those that are not mined. */
export type Carrier = ReturnType<typeof createCarrier>;

export function createCarrier(parts: SubmitterParts) {
  const { endpoints, reader, database, account, maxFeeWei, nowMs, log } = parts;
  const store = createTransactionStore(database);
  const teller = createTeller(log, account.address);
  /** When, and with what success, the nodes were shown each signing; of this process only. */
  const shown = new Map<Hash, Shown>();

  async function sign(transaction: NewTransaction, fees: Fees): Promise<{ attempt: Attempt; raw: Hex }> {
    const { nonce, to, data, gas } = transaction;
    const { chainId } = endpoints;
    const raw = await account.signTransaction({ type: "eip1559", chainId, nonce, to, data, gas, value: 0n, ...fees });
    return { attempt: { ...fees, hash: keccak256(raw), signedMs: nowMs() }, raw };
  }

  /** Hands the bytes of a signing to the nodes. Whatever comes of it, they are on disk and are handed over again. */
  async function show(transaction: Pick<Transaction, "purpose" | "nonce">, hash: Hash, raw: Hex): Promise<Reply> {
    const before = shown.get(hash);
    const firstMs = before?.firstMs ?? nowMs();
    shown.set(hash, { firstMs, lastMs: nowMs(), reply: undefined });
    const reply = bestReply((await endpoints.broadcast(raw)).map(readReply));
    // One that was refused until now has its time to be mined from now on.
    const isNew = isTaken(reply) && before?.reply !== undefined && !isTaken(before.reply);
    shown.set(hash, { firstMs: isNew ? nowMs() : firstMs, lastMs: nowMs(), reply });
    if (reply.verdict === "underfunded") await teller.underfunded(transaction, reader);
    else teller.replied(transaction, hash, reply);
    return reply;
  }

  async function replace(transaction: Transaction, last: Attempt, why: string): Promise<void> {
    const market = await readMarket(reader, endpoints);
    const fees = raisedFees(last, market, maxFeeWei);
    if (fees === undefined) {
      teller.tooDear(nameOf(transaction), market, maxFeeWei);
      return;
    }
    const { attempt, raw } = await sign(transaction, fees);
    await store.addAttempt(transaction.id, attempt, raw);
    log.info(
      { event: "replaced", purpose: transaction.purpose, nonce: transaction.nonce, transaction: attempt.hash },
      `${nameOf(transaction)} ${why}: it is replaced at a fee of ${gwei(fees.maxFeePerGas)} at most, before ${gwei(last.maxFeePerGas)}`,
    );
    await show(transaction, attempt.hash, raw);
  }

  /** Why the transaction is to be replaced now; undefined while it is to be waited for. */
  async function causeToReplace(last: Attempt): Promise<string | undefined> {
    // A signing that this process has not shown before gets its time, however old it is.
    const { firstMs, reply } = shown.get(last.hash) ?? { firstMs: nowMs(), reply: undefined };
    const waitedMs = nowMs() - firstMs;
    if (reply?.verdict === "underfunded") return undefined;
    if (reply?.verdict === "underpriced") return "is outbid by another of its nonce";
    if (waitedMs >= parts.receiptTimeoutSeconds * 1000) return `was not mined for ${Math.round(waitedMs / 1000)} s`;
    if (waitedMs < SPIKE_PAUSE_MS && reply?.verdict !== "fee-too-low") return undefined;
    const { baseFeePerGas } = await readMarket(reader, endpoints);
    if (baseFeePerGas <= last.maxFeePerGas) return undefined;
    return `cannot be mined at its fee, the base fee is ${gwei(baseFeePerGas)}`;
  }

  return {
    /**
     * Signs a new transaction.
     *
     * @returns Undefined while the chain asks for more than the configured maximum.
     */
    async prepare(transaction: NewTransaction): Promise<{ attempt: Attempt; raw: Hex } | undefined> {
      const market = await readMarket(reader, endpoints);
      const fees = firstFees(market, maxFeeWei);
      if (fees === undefined) {
        teller.tooDear(nameOf(transaction), market, maxFeeWei);
        return undefined;
      }
      teller.affordable();
      return sign(transaction, fees);
    },

    show,

    /**
     * Does what there is to do for a transaction that is not mined, whose turn it is.
     *
     * @returns Why no node will ever take it, if that is so.
     */
    async carry(transaction: Transaction): Promise<string | undefined> {
      const last = transaction.attempts.at(-1);
      if (last === undefined) return "its bytes are lost";
      const seen = shown.get(last.hash);
      const pauseMs = seen?.reply === undefined || isTaken(seen.reply) ? SHOW_AGAIN_MS : SHOW_REFUSED_AGAIN_MS;
      if (seen === undefined || nowMs() - seen.lastMs >= pauseMs) {
        const raw = await store.rawOf(last.hash);
        if (raw === undefined || raw === "0x") return "its bytes are lost";
        const { verdict, reason } = await show(transaction, last.hash, raw);
        // What was taken before can be in somebody's pool, whatever is said now.
        if (verdict === "invalid" && transaction.attempts.length === 1) return `no node takes it: ${reason}`;
      }
      const why = await causeToReplace(last);
      if (why !== undefined) await replace(transaction, last, why);
      return undefined;
    },

    /** Its block was replaced, or it is given up: when it is carried again, the nodes are shown it at once. */
    forget({ attempts }: Transaction): void {
      for (const { hash } of attempts) shown.delete(hash);
    },

    /** Whether a node said that the nonce is used, and since when the signing has been with the nodes. */
    saidUsed({ attempts }: Transaction): { saidUsed: boolean; sinceMs: number } {
      const last = attempts.at(-1);
      const seen = last === undefined ? undefined : shown.get(last.hash);
      return { saidUsed: seen?.reply?.verdict === "nonce-too-low", sinceMs: seen?.firstMs ?? nowMs() };
    },

    /** What keeps the transactions from being mined, for health. */
    trouble: teller.trouble,
  };
}

const isTaken = ({ verdict }: Reply) => verdict === "taken" || verdict === "known";

async function readMarket(reader: Reader, { chainId }: Endpoints): Promise<Market> {
  const { baseFeePerGas } = await reader.getBlock({ blockTag: "latest" });
  if (baseFeePerGas === null) throw new Error(`chain ${chainId} has no base fee, expected one with EIP-1559`);
  return { baseFeePerGas, tipPerGas: await reader.estimateMaxPriorityFeePerGas() };
}
