import { setTimeout as sleep } from "node:timers/promises";

import { type Day, isoDay } from "@commonwatt/sdk/time";

import type { LocalChain } from "../run/local-chain.ts";
import { type SettlementHealth, settlementHealth } from "../run/oracle-health.ts";
import { moveTo } from "../run/settle-day.ts";

/** How long all the oracles together may take over one step: with many on few processors, minutes. */
const STEP_TIMEOUT_MS = 900_000;
const POLL_MS = 200;
const MAX_MOVES = 64;
const NOBODY: ReadonlySet<number> = new Set();

/**
 * Moves the one clock of several oracles, so that each can announce and settle a day that is over, and waits until all
 * have. The clock goes on only when none of them has anything left to do by it, so no window runs out.
 *
 * @throws Error when they do not get on.
 */
export async function settleAll(
  day: Day,
  boards: readonly string[],
  { chain, signal }: { chain: LocalChain; signal: AbortSignal },
): Promise<void> {
  let last = "";
  let since = performance.now();
  for (let moves = 0; moves < MAX_MOVES;) {
    signal.throwIfAborted();
    const now = await chain.now();
    const found = await Promise.all(boards.map((board) => settlementHealth(board).catch(() => undefined)));
    const isDone = (status: SettlementHealth | undefined) =>
      status !== undefined && status.asOf >= now && (status.nextDay > day || status.waitingFor === "nothing");
    const open = found.filter((status) => !isDone(status));
    if (open.length === 0) return;
    const wakes = open.map((status) =>
      status !== undefined && status.asOf >= now ? moveTo(status, NOBODY) : undefined,
    );
    const known = wakes.filter((wakeAt) => wakeAt !== undefined && wakeAt > now) as number[];
    if (known.length === open.length) {
      await chain.advanceTo(Math.min(...known));
      moves++;
    }
    const text = JSON.stringify(found);
    if (text !== last) [last, since] = [text, performance.now()];
    if (performance.now() - since > STEP_TIMEOUT_MS) {
      throw new Error(`${isoDay(day)} is not settled, nothing has moved for ${STEP_TIMEOUT_MS / 1000} s: ${text}.`);
    }
    await sleep(POLL_MS, undefined, { signal });
  }
  throw new Error(`${isoDay(day)} is not settled after ${MAX_MOVES} moves of the clock.`);
}
