import type { Logger } from "pino";
import { type Address, formatEther, type Hash } from "viem";

import type { Reader } from "../reader.ts";
import type { Market } from "./fees.ts";
import { gwei, nameOf } from "./parts.ts";
import type { Reply, Verdict } from "./reply.ts";
import type { Transaction } from "./store.ts";

type Named = Pick<Transaction, "purpose" | "nonce">;

/** What is said of each verdict, and whether it is worth a warning. */
const SENTENCES: Readonly<Record<Verdict, string>> = {
  taken: "is with the nodes",
  known: "is known to the nodes already",
  "nonce-too-low": "is refused because its nonce is used: whether by itself or by another is looked up",
  "nonce-too-high": "is refused because earlier ones are missing: if they do not come, it is decided anew",
  underpriced: "is refused because the nodes have another of its nonce: the fee is raised",
  "fee-too-low": "is refused because fees have risen: its fee is raised",
  underfunded: "is refused because the account is empty",
  invalid: "is refused for good",
  refused: "is refused: the same is tried again",
};

/** Tells the operator what becomes of transactions, each thing once. */
export function createTeller(log: Logger, address: Address) {
  let told = "";
  let trouble: string | undefined;

  return {
    trouble: () => trouble,

    replied(transaction: Named, hash: Hash, { verdict, reason }: Reply): void {
      const fine = verdict === "taken" || verdict === "known";
      if (fine && trouble !== undefined) {
        log.info({ event: "transactions-again" }, "Transactions are taken again");
      }
      trouble = fine ? undefined : `${nameOf(transaction)} ${SENTENCES[verdict]}`;
      const what = `${hash} ${verdict}`;
      if (what === told) return;
      told = what;
      const facts = {
        event: "sent",
        verdict,
        purpose: transaction.purpose,
        nonce: transaction.nonce,
        transaction: hash,
      };
      if (fine) log.debug(facts, `${nameOf(transaction)} ${SENTENCES[verdict]}`);
      else log.warn({ ...facts, event: "not-taken" }, `${nameOf(transaction)} ${SENTENCES[verdict]} (${reason})`);
    },

    async underfunded(transaction: Named, reader: Reader): Promise<void> {
      trouble = `the account ${address} cannot pay for transactions`;
      const what = `underfunded ${transaction.nonce}`;
      if (what === told) return;
      const balanceWei = await reader.getBalance({ address });
      told = what;
      log.error(
        { event: "underfunded", account: address, balanceWei: String(balanceWei), purpose: transaction.purpose },
        `The submitter's account ${address} has ${formatEther(balanceWei)} ether, too little for the transaction for ${transaction.purpose}: send it some. Everything waits and goes on by itself`,
      );
    },

    tooDear(name: string, { baseFeePerGas, tipPerGas }: Market, maxFeeWei: bigint): void {
      const feePerGas = baseFeePerGas + tipPerGas;
      trouble = `the chain asks for ${gwei(feePerGas)}, submission.maxFeeGwei allows ${gwei(maxFeeWei)}`;
      const what = `too dear ${name}`;
      if (what === told) return;
      told = what;
      log.warn(
        { event: "fee-too-high", feeWei: String(feePerGas), maxFeeWei: String(maxFeeWei) },
        `${name} waits: it would have to pay more than submission.maxFeeGwei allows, ${gwei(maxFeeWei)}; the chain asks for ${gwei(feePerGas)} now`,
      );
    },

    affordable(): void {
      if (told.startsWith("too dear")) told = "";
      trouble = undefined;
    },
  };
}
