import { neighbourhoodAbi } from "@commonwatt/sdk/generated/abis";
import { type Address, decodeFunctionData, type Hex, parseEventLogs, type TransactionReceipt } from "viem";

import { readRefusal } from "../chain/refusal.ts";
import type { Observer } from "../chain/transactions/parts.ts";
import { createOutboxStore, type OutboxRow } from "./outbox-store.ts";
import { createSetAside, type SetAside, type SetAsideParts } from "./set-aside.ts";

/** Moves profiles on when the transaction that carries them counts, and back when it does not any more. */
export function createRecordObserver(neighbourhood: Address, parts: SetAsideParts): Observer {
  const logsOf = ({ logs }: TransactionReceipt) =>
    logs.filter(({ address }) => address.toLowerCase() === neighbourhood.toLowerCase());

  return {
    isFulfilled: (receipt) =>
      parseEventLogs({ abi: neighbourhoodAbi, logs: logsOf(receipt), eventName: "ProfileSkipped" }).length === 0,

    async confirmed(sql, { id, data }, receipt) {
      const outbox = createOutboxStore(sql);
      const setAside = createSetAside(outbox, parts);
      await settle(await outbox.inTransaction(id), data, receipt, setAside);
      return () => {
        for (const say of setAside.said) say();
      };
    },

    async undone(sql, { id }) {
      await createOutboxStore(sql).unrecord(id);
    },

    async dropped(sql, { id }) {
      await createOutboxStore(sql).release(id);
    },
  };

  async function settle(
    rows: readonly OutboxRow[],
    data: Hex,
    receipt: TransactionReceipt,
    setAside: SetAside,
  ): Promise<void> {
    const hash = receipt.transactionHash;
    if (receipt.status === "reverted") {
      for (const row of rows) await setAside.postpone(row, `Transaction ${hash} failed`);
      return;
    }
    const logs = logsOf(receipt);
    const recorded = new Set(
      parseEventLogs({ abi: neighbourhoodAbi, logs, eventName: "ProfileRecorded" }).map(
        ({ args }) => `${args.device.toLowerCase()} ${args.day}`,
      ),
    );
    const signatures = signaturesIn(data);
    const skipped = new Map(
      parseEventLogs({ abi: neighbourhoodAbi, logs, eventName: "ProfileSkipped" }).map(({ args }) => [
        signatures[Number(args.index)],
        readRefusal(args.reason),
      ]),
    );
    for (const row of rows) {
      const refusal = skipped.get(row.signature?.toLowerCase());
      if (recorded.has(`${(row.device ?? "").toLowerCase()} ${row.profile.day}`))
        await setAside.markRecorded(row, hash);
      else if (refusal?.verdict === "shared") await setAside.reroute(row);
      else if (refusal?.verdict === "never") await setAside.park(row, refusal.reason);
      // One that is consumed is looked up on chain before it is sent again.
      else await setAside.postpone(row, refusal?.reason ?? `Transaction ${hash} says nothing of it`);
    }
  }
}

/** The signatures of the profiles in a call of `recordMany`, in their order there. */
function signaturesIn(data: Hex): string[] {
  const call = decodeFunctionData({ abi: neighbourhoodAbi, data });
  if (call.functionName !== "recordMany") throw new Error(`a transaction for record calls ${call.functionName}`);
  const [profiles] = call.args;
  return profiles.map(({ signature }) => signature.toLowerCase());
}
