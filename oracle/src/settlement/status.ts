import type { Step } from "./next-step.ts";
import type { View } from "./view.ts";

/** Where the day settlement stands, for `GET /api/health`. Moments are unix seconds, days are day numbers. */
export type SettlementStatus = {
  /** Moment of the view that this was decided on. */
  asOf: number;
  /** The first day that is neither settled nor void: the one in the window, or the one to announce. */
  nextDay: number;
  windowDay: number | null;
  /** From when on the next window may open. */
  windowOpensAt: number;
  settleFrom: number | null;
  closesAt: number | null;
  lastSettledDay: number | null;
  waitingFor: "profiles" | "window" | "hour" | "confirmation" | "nothing";
  /** When the oracle acts next by time alone. */
  wakeAt: number | null;
  /** Meters whose profile of `nextDay` is missing, while that is what it waits for. */
  awaited: number[];
  /** How many of this oracle's meters share. */
  sharingMeters: number;
  paused: boolean;
};

/**
 * @param underWay - A transaction waits for its receipt.
 * @param lastSettledDay - The last day with a settlement, undefined before the first.
 */
export function statusOf(
  view: View,
  step: Step,
  { underWay, lastSettledDay }: { underWay: boolean; lastSettledDay: number | undefined },
): SettlementStatus {
  const waits = step.do === "wait" || step.do === "nothing";
  const acts = !waits || underWay;
  return {
    asOf: view.now,
    nextDay: view.window?.day ?? view.next.day,
    windowDay: view.window?.day ?? null,
    windowOpensAt: view.next.opensAt,
    settleFrom: view.window?.settlesFrom ?? null,
    closesAt: view.window?.closesAt ?? null,
    lastSettledDay: lastSettledDay ?? null,
    waitingFor: acts ? "confirmation" : step.do === "wait" ? step.for : "nothing",
    wakeAt: acts ? null : (step.until ?? null),
    awaited: step.do === "wait" && step.for === "profiles" ? step.awaited : [],
    sharingMeters: view.meters.filter(({ shares }) => shares).length,
    paused: view.paused,
  };
}
