import type { Logger } from "pino";
import type { Address } from "viem";

import type { Reader } from "../chain/reader.ts";
import type { Submitter } from "../chain/transactions/submitter.ts";
import type { RelayConfig } from "../config/relay.ts";
import type { SettlementStatus } from "../settlement/status.ts";
import { SETTLEMENT_KINDS } from "../settlement/setbacks.ts";
import type { Database } from "../storage/sql.ts";
import { estimateAction } from "./estimate.ts";
import { RELAY_KIND } from "./observer.ts";
import { createRelayStore, type RelayRow } from "./relay-store.ts";
import { lackOf } from "./reserve.ts";

/** Sends members' actions, when nothing else is to be sent. */
export type Relayer = {
  /**
   * Sends the action that has waited longest, if any and if now is a good moment. Never throws: what goes wrong here holds
   * up neither recording nor settling.
   *
   * @returns Whether it did something.
   */
  round(): Promise<boolean>;
};

export type RelayerParts = {
  config: RelayConfig;
  settlementEnabled: boolean;
  settlement: () => SettlementStatus | undefined;
  submitter: Pick<Submitter, "isFree" | "send" | "underWay">;
  reader: Reader;
  database: Database;
  account: Address;
  maxFeeWei: bigint;
  /** The machine's clock. */
  nowMs: () => number;
  log: Logger;
};

const TROUBLE_PAUSE_MS = 15_000;
const LACK_PAUSE_MS = 30_000;
/** Long enough for some others to be tried. */
const ASIDE_MS = 8 * TROUBLE_PAUSE_MS;

export function createRelayer(parts: RelayerParts): Relayer {
  const { config, submitter, reader, database, account, nowMs, log } = parts;
  const store = createRelayStore(database);
  let resumeMs = 0;

  async function send(row: RelayRow): Promise<boolean> {
    const { id, action, call } = row;
    if (nowMs() - row.receivedMs >= config.expireSeconds * 1000) {
      return refuse(row, "It could not be sent in time.");
    }
    // Never more than what its limits were charged with, or a wallet could ask for little and have much.
    const estimate = await estimateAction(reader, account, call, BigInt(row.gas));
    if ("refused" in estimate) return refuse(row, estimate.refused);
    const lack = await lackOf(reader, account, estimate.gas, { ...config, maxFeeWei: parts.maxFeeWei });
    if (lack !== undefined) {
      await store.postpone(id, nowMs() + LACK_PAUSE_MS, `It waits: ${lack}.`);
      return true;
    }
    const { gas } = estimate;
    const order = { purpose: `${RELAY_KIND} ${action} ${id}`, to: call.to, data: call.data, gas };
    return submitter.send(order, (sql, transactionId) =>
      createRelayStore(sql).markSent(id, transactionId, Number(gas)),
    );
  }

  async function refuse({ id, action }: RelayRow, reason: string): Promise<boolean> {
    await store.refuse(id, reason);
    log.info({ event: "relay-refused", id, action, reason }, `A member's ${action} is not sent: ${reason}`);
    return true;
  }

  async function stepAside({ id }: RelayRow): Promise<void> {
    try {
      await store.postpone(id, nowMs() + ASIDE_MS, "It waits: the chain could not be asked about it.");
    } catch {
      // Then it is the database that is away, and the next round says so.
    }
  }

  return {
    async round() {
      if (!config.enabled || nowMs() < resumeMs || !submitter.isFree()) return false;
      if (parts.settlementEnabled && !isQuiet(parts)) return false;
      let row: RelayRow | undefined;
      try {
        [row] = await store.next(nowMs(), 1);
        return row === undefined ? false : await send(row);
      } catch (error) {
        resumeMs = nowMs() + TROUBLE_PAUSE_MS;
        // It may be this action that a node is asked in vain about: the others go first then.
        if (row !== undefined) await stepAside(row);
        const reason = error instanceof Error ? (error.message.split("\n", 1)[0] ?? "") : String(error);
        log.warn({ event: "relay-setback", reason }, `Members' actions wait a little: ${reason}`);
        return false;
      }
    },
  };
}

/**
 * Whether the settlement neither acts now nor is about to: one transaction at a time is not mined, and a member's must not
 * be the one that an announced day waits for.
 */
function isQuiet({ config, settlement, submitter }: RelayerParts): boolean {
  const status = settlement();
  if (status === undefined) return false;
  // Mined and waiting for its depth, it is in nobody's way.
  if (status.waitingFor === "confirmation" && submitter.underWay(...SETTLEMENT_KINDS).length === 0) return false;
  return status.wakeAt === null || status.wakeAt - status.asOf >= config.quietSeconds;
}
