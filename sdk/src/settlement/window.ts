import { type Day, day, dayEnd, dayOf, SECONDS_PER_DAY } from "../time.ts";
import type { MarketState } from "./types.ts";

/** The first hour of a window belongs to members who were left out. */
export const FORCING_SECONDS = 3_600;
/** After a settled day the next window may open this much later. */
export const PAUSE_AFTER_SETTLED_SECONDS = 3_600;
/** After a window that ran out the next may open this much later. */
export const PAUSE_AFTER_VOID_SECONDS = 64_800;
/** A day that is not announced this long after its end is void. */
export const ANNOUNCEMENT_DAYS = 7;

/** Unix second from which on `settleDay` is accepted, and `force` no more. */
export function settlesFrom({ openedAt }: MarketState): number {
  return openedAt + FORCING_SECONDS;
}

/** Unix second at which the window of the last announced day runs out, if it is not settled before. */
export function closesAt({ openedAt }: MarketState, closingWindowSeconds: number): number {
  return openedAt + closingWindowSeconds;
}

/** Whether a window is open, in which sharing meters stand still. */
export function isOpen(market: MarketState, closingWindowSeconds: number, now: number): boolean {
  return market.settledAt === 0 && now < closesAt(market, closingWindowSeconds);
}

/**
 * Whether a day is settled or void, so that it can only be late. A day that was announced at the last moment keeps its
 * whole window.
 */
export function isClosed(market: MarketState, closingWindowSeconds: number, of: Day, now: number): boolean {
  if (of === market.day) return !isOpen(market, closingWindowSeconds, now);
  return of < market.day || now >= dayEnd(of) + ANNOUNCEMENT_DAYS * SECONDS_PER_DAY;
}

/** The day that `announce` takes next, and the unix second from which on. */
export function nextWindow(
  market: MarketState,
  closingWindowSeconds: number,
  now: number,
): { day: Day; opensAt: number } {
  const next = day(Math.max(market.day + 1, dayOf(now) - ANNOUNCEMENT_DAYS));
  const mayOpenAt =
    market.settledAt === 0
      ? closesAt(market, closingWindowSeconds) + PAUSE_AFTER_VOID_SECONDS
      : market.settledAt + PAUSE_AFTER_SETTLED_SECONDS;
  return { day: next, opensAt: Math.max(mayOpenAt, dayEnd(next)) };
}
