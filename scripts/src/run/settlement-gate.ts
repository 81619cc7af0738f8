import { setTimeout as sleep } from "node:timers/promises";

import { neighbourhoodAbi } from "@commonwatt/sdk/generated/abis";
import { type Day, dayEnd, day as toDay, isoDay } from "@commonwatt/sdk/time";

import type { Neighbourhood } from "./neighbourhood.ts";
import { type SettlementHealth, settlementHealth } from "./oracle-health.ts";

/** The clock stops so long before an unsettled window would run out. */
const MARGIN_SECONDS = 3_600;
/** A day that is over this long and not announced, although the oracle is at it, stops the clock too. */
const ANNOUNCE_WITHIN_SECONDS = 12 * 3_600;
/** Longest stop: an oracle that needs more has stopped working, and the clock goes on without it. */
const MAX_HOLD_MS = 60_000;
const POLL_MS = 50;

type Parts = Pick<Neighbourhood, "chain" | "deployment" | "boardUrl">;

/**
 * Keeps the simulated clock from running away from the oracle: on a slow machine a day takes longer, and no window runs
 * out because of it.
 */
export class SettlementGate {
  readonly #parts: Parts;
  readonly #say: (line: string) => void;
  #closingWindowSeconds: number | undefined;
  /** The day for which the clock has waited in vain. */
  #givenUp: Day | undefined;

  constructor(parts: Parts, say: (line: string) => void) {
    this.#parts = parts;
    this.#say = say;
  }

  /**
   * Resolves when the clock may move on to `seconds`.
   *
   * @returns Real milliseconds for which it had to wait.
   */
  async pass(seconds: number, signal: AbortSignal): Promise<number> {
    const startedAt = performance.now();
    for (;;) {
      const waitsFor = await this.#waitsFor(seconds);
      const heldMs = performance.now() - startedAt;
      if (waitsFor === undefined || waitsFor === this.#givenUp) return heldMs;
      if (heldMs > MAX_HOLD_MS) {
        this.#givenUp = waitsFor;
        this.#say(`The oracle has not settled ${isoDay(waitsFor)}; the clock goes on. The oracle's log may tell why.`);
        return heldMs;
      }
      await sleep(POLL_MS, undefined, { signal });
    }
  }

  /** The day that must be settled or announced first, if there is one. */
  async #waitsFor(seconds: number): Promise<Day | undefined> {
    const { chain, deployment } = this.#parts;
    const neighbourhood = { address: deployment.neighbourhood, abi: neighbourhoodAbi } as const;
    this.#closingWindowSeconds ??= Number(
      await chain.client.readContract({ ...neighbourhood, functionName: "closingWindowSeconds" }),
    );
    const market = await chain.client.readContract({ ...neighbourhood, functionName: "market" });
    const open = unsettledDay(market, this.#closingWindowSeconds, await chain.now(), seconds);
    if (open !== undefined || seconds < dayEnd(toDay(market.day + 1)) + ANNOUNCE_WITHIN_SECONDS) return open;
    return unannouncedDay(await this.#health(), seconds);
  }

  async #health(): Promise<SettlementHealth | undefined> {
    try {
      return await settlementHealth(this.#parts.boardUrl);
    } catch (error) {
      // An oracle too busy to answer is asked again at the next quarter-hour; one that is gone ends the run.
      if (error instanceof DOMException && error.name === "TimeoutError") return undefined;
      throw error;
    }
  }
}

type Window = { readonly day: number; readonly openedAt: number; readonly settledAt: number };

/**
 * The day whose window would run out, or nearly so, if the clock went on.
 *
 * @param now - Unix seconds of the chain.
 * @param seconds - Where the clock would go.
 */
export function unsettledDay(
  { day, openedAt, settledAt }: Window,
  closingWindowSeconds: number,
  now: number,
  seconds: number,
): Day | undefined {
  const closesAt = openedAt + closingWindowSeconds;
  return settledAt === 0 && now < closesAt && seconds >= closesAt - MARGIN_SECONDS ? toDay(day) : undefined;
}

/** The day that the oracle is about to announce and is long late with. */
export function unannouncedDay(health: SettlementHealth | undefined, seconds: number): Day | undefined {
  if (health === undefined) return undefined;
  const isAtIt = health.waitingFor === "profiles" || health.waitingFor === "confirmation";
  const next = toDay(health.nextDay);
  return isAtIt && seconds >= dayEnd(next) + ANNOUNCE_WITHIN_SECONDS ? next : undefined;
}
