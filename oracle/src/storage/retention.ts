import { intervalOf, SECONDS_PER_DAY } from "@commonwatt/sdk/time";

import type { Config } from "../config/schema.ts";
import { createSharedInbox } from "../cluster/shared-inbox.ts";
import { createInboxStore } from "../inbox/inbox-store.ts";
import { createRelayStore } from "../relay/relay-store.ts";
import { createUseStore } from "../uses/use-store.ts";
import type { Database } from "./sql.ts";

/** One step removes at most so much, so that messages never wait long for it. */
const MESSAGES = 2_000;
const INTERVALS = 24;
const ACTIONS = 500;

/** Days that things are kept. Without `relayDays`, as on a gateway, nothing is relayed. */
type Kept = Omit<Config["retention"], "relayDays"> & { relayDays?: number };

/**
 * Removes what has been kept for long enough: messages that are worked through, energy by use, and members' actions that
 * were relayed and have ended. What was signed of meters stays in the outbox for ever.
 *
 * @param nowMs - The oracle's clock, unix milliseconds.
 * @param isShared - Several processes share the inbox.
 * @returns Takes one step; says whether there was anything to remove.
 */
export function createRetention(
  database: Database,
  { messageDays, useDays, relayDays }: Kept,
  nowMs: () => number,
  isShared = false,
): () => Promise<boolean> {
  return async () => {
    const now = nowMs();
    const oldestMessageMs = now - messageDays * SECONDS_PER_DAY * 1000;
    const inbox = isShared ? createSharedInbox(database) : createInboxStore(database);
    const messages = await inbox.prune(oldestMessageMs, MESSAGES);
    const oldestUse = intervalOf(Math.max(now / 1000 - useDays * SECONDS_PER_DAY, 0));
    const uses = await createUseStore(database).removeBefore(oldestUse, INTERVALS);
    const actions =
      relayDays === undefined
        ? 0
        : await createRelayStore(database).removeBefore(now - relayDays * SECONDS_PER_DAY * 1000, ACTIONS);
    return messages + uses + actions > 0;
  };
}
