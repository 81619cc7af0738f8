import type { Logger } from "pino";

import type { Observer } from "../chain/transactions/parts.ts";
import { createRelayStore } from "./relay-store.ts";

/** The kind of purpose of a relayed action's transaction. */
export const RELAY_KIND = "relay";

/** Moves actions on when the transaction that carries them counts, and back when it does not any more. */
export function createRelayObserver(log: Logger): Observer {
  return {
    isFulfilled: ({ status }) => status === "success",

    async confirmed(sql, { id }, { status, gasUsed, transactionHash }) {
      const store = createRelayStore(sql);
      const row = await store.inTransaction(id);
      const fine = status === "success";
      // It had passed its simulation: somebody was faster, or a contract wallet said one thing and did another.
      const reason = fine
        ? undefined
        : "It was sent and changed nothing: the state of the chain, or the same action sent by somebody else, came before it.";
      await store.end(id, { state: fine ? "confirmed" : "failed", reason, gas: Number(gasUsed), transactionHash });
      return () => {
        const facts = { action: row?.action, id: row?.id, gas: Number(gasUsed), transaction: transactionHash };
        if (fine) log.info({ event: "relayed", ...facts }, `A member's ${row?.action ?? "action"} is on chain`);
        else log.warn({ event: "relay-failed", ...facts }, `A member's ${row?.action ?? "action"} failed on chain`);
      };
    },

    async undone(sql, { id }) {
      await createRelayStore(sql).undo(id);
    },

    async dropped(sql, { id }) {
      await createRelayStore(sql).release(id);
    },
  };
}
