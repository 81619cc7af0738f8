import type { MeterConfig } from "../config/schema.ts";
import { inputsOf } from "../readings/readings.ts";
import type { RefusalLog } from "../refusals.ts";
import { isPrivate } from "./take-use.ts";

/**
 * The same log, but it is not told what the input of a use shows, nor what stood in a message of its node that could not
 * be read at all.
 */
export function createDiscreetRefusals(refusals: RefusalLog, meters: readonly MeterConfig[]): RefusalLog {
  const privateOf = new Map<string, Set<string>>();
  for (const { node, inputs } of meters) {
    const found = inputsOf({ inputs: inputs.filter(({ meaning }) => isPrivate(meaning)) });
    if (found.length > 0) privateOf.set(node, new Set([...(privateOf.get(node) ?? []), ...found]));
  }
  return {
    counts: () => refusals.counts(),
    note(refusal) {
      const inputs = privateOf.get(refusal.node);
      const isTold = inputs === undefined || (refusal.input !== undefined && !inputs.has(refusal.input));
      refusals.note(isTold ? refusal : { ...refusal, detail: "what it shows is not told, it is about a use" });
    },
  };
}
