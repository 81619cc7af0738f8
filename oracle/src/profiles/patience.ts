import { type Day, dayEnd } from "@commonwatt/sdk/time";

import type { Timing } from "../config/schema.ts";
import type { CloseTime } from "./close-days.ts";

/** How long days wait for readings that are late. */
export type Patience = {
  at(meter: number, nowMs: number): CloseTime;
  /** The meter's days up to this one are closed. */
  forget(meter: number, day: Day | undefined): void;
};

/**
 * The greatest wait of a day counts from the first look that found it past its end, so that after an outage, of a gateway
 * or of the oracle itself, what was kept meanwhile still has its time to come in.
 *
 * @param startedMs - When this process began to listen, by the oracle's clock.
 */
export function createPatience(
  { graceSeconds, maxLateSeconds }: Pick<Timing, "graceSeconds" | "maxLateSeconds">,
  startedMs: number,
): Patience {
  const graceMs = graceSeconds * 1000;
  const mostMs = Math.max(graceSeconds, maxLateSeconds) * 1000;
  /** By meter and day: the first look after its end. */
  const firstLooks = new Map<number, Map<Day, number>>();
  return {
    at: (meter, nowMs) => ({
      nowMs,
      graceMs,
      startedMs,
      isLastCall(day) {
        if (nowMs < dayEnd(day) * 1000) return false;
        const looks = firstLooks.get(meter) ?? new Map<Day, number>();
        if (!looks.has(day)) firstLooks.set(meter, looks.set(day, nowMs));
        return nowMs >= (looks.get(day) ?? nowMs) + mostMs;
      },
    }),
    forget(meter, closed) {
      const looks = firstLooks.get(meter);
      if (looks === undefined || closed === undefined) return;
      for (const day of looks.keys()) if (day <= closed) looks.delete(day);
      if (looks.size === 0) firstLooks.delete(meter);
    },
  };
}
