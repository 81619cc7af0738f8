import type { AlarmName } from "./catalogue.ts";
import type { Trouble } from "./judge.ts";

/** What the oracle cannot do its work without, at this very moment: an alarm waits before it is raised, this does not. */
const NEEDED: readonly AlarmName[] = [
  "database-unavailable",
  "chain-unreachable",
  "chain-stale",
  "clock-off",
  "broker-disconnected",
  "messages-stale",
  "inbox-lagging",
];

export type Readiness = { ready: boolean; reasons: { name: AlarmName; says: string }[] };

/** Whether messages get in, are fresh and worked through, and the chain can be reached: old data is not ready. */
export function readinessOf(troubles: readonly Trouble[]): Readiness {
  const reasons = troubles.filter(({ name }) => NEEDED.includes(name));
  return { ready: reasons.length === 0, reasons };
}
