import type { Timing } from "../config/schema.ts";
import type { Message, Refusal } from "../sources/message.ts";

type Tolerances = Pick<Timing, "futureToleranceSeconds" | "pastToleranceSeconds">;

/** Judges the times of messages by the oracle's clock, in unix milliseconds. */
export type TimeCheck = {
  /** Whether a clock that is a look behind might judge it wrongly. */
  needsLook(timeMs: number | undefined, nowMs: number): boolean;
  /** The time a message counts for, where it says none that of its arrival; or why it is refused. */
  of(message: Pick<Message, "node" | "timeMs">, nowMs: number): number | Refusal;
};

export function createTimeCheck({ futureToleranceSeconds, pastToleranceSeconds }: Tolerances): TimeCheck {
  const aheadMs = futureToleranceSeconds * 1000;
  const behindMs = pastToleranceSeconds * 1000;
  const iso = (timeMs: number) => new Date(timeMs).toISOString();
  return {
    needsLook: (timeMs, nowMs) => timeMs === undefined || timeMs > nowMs + aheadMs,
    of({ node, timeMs }, nowMs) {
      if (timeMs === undefined) return nowMs;
      if (timeMs > nowMs + aheadMs) {
        const detail = `${iso(timeMs)}, expected at most ${iso(nowMs + aheadMs)}`;
        return { reason: "from-the-future", node, detail };
      }
      if (timeMs < nowMs - behindMs) {
        return { reason: "too-old", node, detail: `${iso(timeMs)}, expected at least ${iso(nowMs - behindMs)}` };
      }
      return timeMs;
    },
  };
}
