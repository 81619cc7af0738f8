import type { InputSeen } from "./observations.ts";

/**
 * What an input looks like:
 *
 * - `counter`: only rose; `netCounter`: rose and fell, or fell, as a counter at a connection that exports does.
 * - `power`: signed where it was below 0.
 * - `wrongUnit`: energy in kWh, which must be Wh here.
 * - `other`: a voltage, a temperature, a message number: nothing to bill.
 */
export type InputKind = "counter" | "netCounter" | "power" | "wrongUnit" | "other";

const KWH = /kwh/iu;
const COUNTER = /^e\d{1,2}$|wh$|energy|(^|_)(total|import|export)($|_)|total_returned$|total_act/iu;
const POWER = /^p\d{1,2}$|^p\d+pluspower\d+$|power|^ct\d{1,2}$|watt|_w$|^(grid|solar|use)$/iu;
const NEITHER = /^msg\d?$|volt|^v(rms)?\d?$|vrms|temp|^t\d|hum|rssi|pulse|batt|^(0|pf|freq)$|reactive|current/iu;
/** Beyond this a quantity that only rises is no power any more. */
const LEAST_COUNTER = 100;

/** Judges by the name first, for a short listen shows little; then by how the value moved. */
export function classify(name: string, { rises, falls, count, min, max }: InputSeen): InputKind {
  if (KWH.test(name)) return "wrongUnit";
  if (NEITHER.test(name)) return "other";
  if (COUNTER.test(name)) return falls > 0 || min < 0 ? "netCounter" : "counter";
  if (POWER.test(name)) return "power";
  // Without a telling name: something large that kept rising counts.
  const onlyRose = falls === 0 && rises >= 2 && count >= 3 && min >= LEAST_COUNTER;
  if (onlyRose) return "counter";
  return min < 0 && max > 0 && rises > 0 && falls > 0 ? "power" : "other";
}
