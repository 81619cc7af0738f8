import { setTimeout as sleep } from "node:timers/promises";

import { type Day, isoDay } from "@commonwatt/sdk/time";

import type { LocalChain } from "./local-chain.ts";
import { type SettlementHealth, settlementHealth } from "./oracle-health.ts";

/** How long the oracle may take over one step: an announcement, a settlement, the profiles it waits for. */
const STEP_TIMEOUT_MS = 120_000;
const POLL_MS = 15;
/** Moves of the clock for one day: two for each day that is outstanding, of which there are at most eight. */
const MAX_MOVES = 32;

export type SettleDayOptions = {
  readonly chain: LocalChain;
  /** Where the oracle tells its health. */
  readonly boardUrl: string;
  /** Meters from which no profile of the day will come: nobody waits for them. */
  readonly silent: ReadonlySet<number>;
  readonly signal: AbortSignal;
};

/**
 * Moves the clock so that the oracle can announce and settle a day that is over, and waits until it is dealt with. The
 * clock goes exactly where the oracle has something to do next, so no window runs out however slow the machine is.
 *
 * @throws Error when the oracle does not get on with it.
 */
export async function settleDay(day: Day, { chain, boardUrl, silent, signal }: SettleDayOptions): Promise<void> {
  let now = await chain.now();
  let since = performance.now();
  for (let moves = 0; moves < MAX_MOVES;) {
    signal.throwIfAborted();
    const status = await settlementHealth(boardUrl);
    const current = status !== undefined && status.asOf >= now ? status : undefined;
    if (current !== undefined && (current.nextDay > day || current.waitingFor === "nothing")) return;
    const wakeAt = current === undefined ? undefined : moveTo(current, silent);
    if (wakeAt !== undefined && wakeAt > now) {
      await chain.advanceTo(wakeAt);
      now = wakeAt;
      since = performance.now();
      moves += 1;
      continue;
    }
    if (performance.now() - since > STEP_TIMEOUT_MS) {
      throw new Error(
        `${isoDay(day)} is not settled: the oracle has not moved for ${STEP_TIMEOUT_MS / 1000} s; it says ${JSON.stringify(status)}.`,
      );
    }
    await sleep(POLL_MS, undefined, { signal });
  }
  throw new Error(`${isoDay(day)} is not settled after ${MAX_MOVES} moves of the clock.`);
}

/** Where the clock must go for the oracle to act; undefined: it acts by itself. */
export function moveTo(
  { waitingFor, wakeAt, awaited }: SettlementHealth,
  silent: ReadonlySet<number>,
): number | undefined {
  if (wakeAt === null) return undefined;
  if (waitingFor === "hour" || waitingFor === "window") return wakeAt;
  return waitingFor === "profiles" && awaited.every((meter) => silent.has(meter)) ? wakeAt : undefined;
}
