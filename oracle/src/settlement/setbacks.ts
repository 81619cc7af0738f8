import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import type { Logger } from "pino";

import { CallRefusedError } from "../chain/sender.ts";
import type { Observer } from "../chain/transactions/parts.ts";

/** Kinds of transactions that the settlement sends. */
export const SETTLEMENT_KINDS = ["announce", "settle", "late", "apply"] as const;

/** The chain's time is a moment behind, or somebody else was faster: the next look decides anew. */
const PASSING = [
  "DayNotOver",
  "DayStillOpen",
  "ForcingHour",
  "IsPaused",
  "NoWindow",
  "NotNextDay",
  "NotSharing",
  "StandsStill",
  "WindowHasClosed",
  "WindowNotYet",
];
const MAX_PAUSE_MS = 60_000;

/** Whether time alone cures a refusal. */
export function isPassing(error: CommonwattError): boolean {
  return error instanceof CallRefusedError && PASSING.includes(error.refusal.error);
}

/** Pauses after what went wrong, each longer than the one before. */
export type Setbacks = ReturnType<typeof createSetbacks>;

export type SetbackParts = {
  retrySeconds: number;
  /** Unix milliseconds of the machine's clock. */
  machineMs: () => number;
  log: Logger;
};

export function createSetbacks({ retrySeconds, machineMs, log }: SetbackParts) {
  let count = 0;
  let resumeMs = 0;
  return {
    /** Nothing is sent before. */
    resumeMs: () => resumeMs,
    succeeded(): void {
      count = 0;
    },
    failed(error: CommonwattError): void {
      const passing = isPassing(error);
      const pauseMs = passing ? 0 : Math.min(retrySeconds * 1000 * 2 ** Math.min(count++, 16), MAX_PAUSE_MS);
      resumeMs = machineMs() + pauseMs;
      const reason = error.shortMessage;
      if (passing) log.debug({ event: "not-yet", reason }, reason);
      else {
        log.warn(
          { event: "settlement-setback", reason, pauseMs },
          `The day settlement does not get on, trying again in ${Math.round(pauseMs / 1000)} s: ${reason}`,
        );
      }
    },
  };
}

/**
 * What the settlement learns of its transactions: only how well they went, for everything else is read from the chain,
 * whoever did it.
 */
export function createSettlementObserver(setbacks: Setbacks): Observer {
  return {
    isFulfilled: ({ logs }) => logs.length > 0,
    confirmed: (_sql, { purpose }, { status, logs, transactionHash }) =>
      Promise.resolve(() => {
        if (status === "success" && logs.length > 0) setbacks.succeeded();
        else {
          // Else it would be sent again and again.
          const problem = status === "success" ? "changed nothing" : "failed on chain";
          setbacks.failed(new CommonwattError(`The transaction ${transactionHash} for ${purpose} ${problem}`));
        }
      }),
    undone: () => Promise.resolve(),
    dropped: () => Promise.resolve(),
  };
}
