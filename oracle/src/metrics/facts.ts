import type { Address } from "viem";

import type { EndpointReport } from "../chain/endpoints/endpoints.ts";
import type { EdgeReport } from "../edge/relay/start-relay.ts";
import type { OutboxState } from "../outbox/outbox-store.ts";
import type { SettlementStatus } from "../settlement/status.ts";

/** A meter that has not been heard for long. */
export type SilentMeter = { meter: number; lastReadingMs: number | null };

/**
 * How the oracle stands at one moment: what metrics, readiness, alarms and `status` are made of. It holds no secret. Moments
 * are unix milliseconds; null is what is not known.
 */
export type Facts = {
  /** By the machine's clock. */
  atMs: number;
  startedMs: number;
  version: string;
  /** By the clock that meters and days are judged by. */
  clock: { kind: "system" | "chain"; nowMs: number };
  database: { kind: "sqlite" | "postgres"; problem: string | null; bytes: number | null };
  chain: {
    chainId: number;
    endpoints: readonly EndpointReport[];
    head: { number: number; timestamp: number } | null;
    problem: string | null;
  };
  /** Where MQTT messages come from. */
  source: { kind: "embedded" | "external"; connected: boolean };
  inbox: {
    /** Messages ever stored. */
    stored: number;
    waiting: number;
    depth: number;
    aside: number;
    /** Since when the oldest message waits to be worked through; null when none waits. */
    oldestArrivalMs: number | null;
  };
  meters: {
    total: number;
    newestReadingMs: number | null;
    never: number;
    silent: number;
    /** The silent ones, longest first; at most {@link SHOWN_SILENT}. */
    longestSilent: readonly SilentMeter[];
    /** Meters with a day that should be closed by now. */
    overdue: number;
  };
  profiles: Record<OutboxState, number> & {
    /** Parked profiles of the last week. */
    parkedLately: number;
    /** First day that has a profile to record which is not on chain, as a day number. */
    oldestUnrecordedDay: number | null;
  };
  transactions: { unmined: number; watched: number; trouble: string | null };
  account: { address: Address; balanceWei: bigint | null; spentWeiPerDay: bigint | null };
  settlement: SettlementStatus | null;
  disk: { freeBytes: number | null; totalBytes: number | null; growthBytesPerDay: number | null };
  lastBackupMs: number | null;
  /** Days that gateways sign themselves and show here; null where none does. */
  edge: EdgeReport | null;
  /** Since the start, by reason. */
  refusals: Readonly<Record<string, number>>;
};

/** Of thousands of silent meters, so many are named. */
export const SHOWN_SILENT = 10;

/** Days until an amount is used up at a pace; null where the pace is not known, Infinity where nothing is used. */
export function daysLeft(amount: bigint | number | null, perDay: bigint | number | null): number | null {
  if (amount === null || perDay === null) return null;
  return Number(perDay) <= 0 ? Infinity : Number(amount) / Number(perDay);
}
