import { parseNumber, parseTime } from "../sources/decode/scalars.ts";

/** A sender whose clock differs by less is right; the difference is the way here. */
const CLOCK_TOLERANCE_SECONDS = 5;

/** What is added to the times of the rows of a bulk upload. */
export type TimeReference = {
  /** Milliseconds; undefined: the time of the last row is now. */
  referenceMs: number | undefined;
  /** Whether the times stand by themselves: sent again later, they are the same. */
  absolute: boolean;
};

/**
 * Reads the time reference of a bulk upload: `sentat` and `offset` (the sender's time, or its distance, at the moment of
 * sending), `time` (a unix time), none (the last row is now). The first present wins.
 *
 * A sender that agrees with our clock within a few seconds keeps its own times: otherwise the way here, different each time
 * a batch is sent again, would move its readings.
 *
 * @returns The name of the parameter that cannot be read.
 */
export function readTimeReference(
  params: ReadonlyMap<string, string>,
  nowMs: number,
): TimeReference | "sentat" | "offset" | "time" {
  for (const name of ["sentat", "offset"] as const) {
    const text = params.get(name);
    if (text === undefined) continue;
    const seconds = parseNumber(text.trim());
    if (seconds === undefined) return name;
    const referenceMs = nowMs - seconds * 1000;
    const agrees = Math.abs(referenceMs) <= CLOCK_TOLERANCE_SECONDS * 1000;
    return { referenceMs: agrees ? 0 : referenceMs, absolute: false };
  }
  const text = params.get("time");
  if (text === undefined) return { referenceMs: undefined, absolute: false };
  const referenceMs = parseTime(text);
  return referenceMs === undefined ? "time" : { referenceMs, absolute: true };
}
