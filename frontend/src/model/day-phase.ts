import type { MarketState } from "@commonwatt/sdk/settlement/types";
import { closesAt, isOpen, nextWindow, settlesFrom } from "@commonwatt/sdk/settlement/window";
import { dayEnd, type Day, day as toDay } from "@commonwatt/sdk/time";

/** The settlement's calendar as the contract has it. */
export type MarketClock = MarketState & { closingWindowSeconds: number };

/**
 * How far the settlement of the newest day is.
 * - "collecting": the day is over, its profiles are being gathered.
 * - "forcing": announced; in the first hour a member who was left out can still get in.
 * - "closing": announced; whoever proves the right result settles it.
 * - "settled", "void": how the last announced day ended; the next one is not over yet.
 * - "waiting": nothing has been announced yet, and the first day is not over.
 */
export type DayPhase =
  | { phase: "waiting"; day: Day }
  | { phase: "collecting"; day: Day }
  | { phase: "forcing"; day: Day; endsAt: number; closesAt: number }
  | { phase: "closing"; day: Day; closesAt: number }
  | { phase: "settled"; day: Day; at: number }
  | { phase: "void"; day: Day; at: number };

/** The moment at which an open window closes, if nobody settles before; undefined while none is open. */
export function standsStillUntil(clock: MarketClock, now: number): number | undefined {
  return isOpen(clock, clock.closingWindowSeconds, now) ? closesAt(clock, clock.closingWindowSeconds) : undefined;
}

/**
 * Says how far the settlement is.
 *
 * @param now - Unix seconds of the newest block.
 */
export function dayPhase(clock: MarketClock, now: number): DayPhase {
  const day = toDay(clock.day);
  const until = standsStillUntil(clock, now);
  if (until !== undefined) {
    const endsAt = settlesFrom(clock);
    return now < endsAt
      ? { phase: "forcing", day, endsAt, closesAt: until }
      : { phase: "closing", day, closesAt: until };
  }
  const next = nextWindow(clock, clock.closingWindowSeconds, now).day;
  if (now >= dayEnd(next)) return { phase: "collecting", day: next };
  if (clock.openedAt === 0) return { phase: "waiting", day: next };
  if (clock.settledAt > 0) return { phase: "settled", day, at: clock.settledAt };
  return { phase: "void", day, at: closesAt(clock, clock.closingWindowSeconds) };
}

/** Whether the seat of a meter is among the announced or the forced ones. */
export function isIn(seat: number, announced: { bitmap: bigint; forced: bigint }): boolean {
  return (((announced.bitmap | announced.forced) >> BigInt(seat)) & 1n) === 1n;
}
