import type { Meaning, MeterConfig } from "../config/schema.ts";
import { type Gaps, spread } from "../intervals/spread.ts";
import type { Reading } from "../readings/readings.ts";
import type { Segment } from "../registers/segment.ts";
import type { UseRow } from "./use-store.ts";

/** Meanings of which no value may be told to anyone, not even in a refusal. */
export function isPrivate(meaning: Meaning): boolean {
  return meaning === "useWh" || meaning === "useW";
}

/**
 * Energy by use that a reading of a circuit brings. A circuit only uses: where its power shows a sign, or noise below 0,
 * that is none of the household's business either.
 */
export function takeUse(
  { meter, input, meaning }: Reading,
  segments: readonly Segment[],
  { inputs }: Pick<MeterConfig, "inputs">,
  gaps: Gaps,
): UseRow[] {
  const use = inputs.find((entry) => entry.input === input)?.use;
  if (use === undefined || !isPrivate(meaning)) return [];
  return segments
    .flatMap((segment) => spread({ ...segment, exportWh: 0 }, gaps))
    .filter(({ importWh }) => importWh > 0)
    .map(({ interval, importWh }) => ({ meter, use, interval, energyWh: importWh }));
}
