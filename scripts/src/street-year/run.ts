import { parseIsoDay } from "@commonwatt/sdk/time";

import { type Checked, checkYear } from "./check.ts";
import { trends } from "./measure.ts";
import type { StreetYearOptions } from "./options.ts";
import { type Played, Year } from "./play.ts";
import { withYearScene } from "./scene.ts";

const FIRST_DAY = parseIsoDay("2026-01-01");

export type StreetYearResult = Played &
  Checked & { readonly seconds: number; readonly trends: ReturnType<typeof trends> };

/** Plays a year and checks it. */
export async function runStreetYear(
  options: StreetYearOptions,
  { say, onDay }: { say: (line: string) => void; onDay: (done: number, all: number) => void },
  interrupt: AbortSignal,
): Promise<StreetYearResult> {
  const began = performance.now();
  return withYearScene({ ...options, firstDay: FIRST_DAY, say }, interrupt, async (scene, signal) => {
    const played = await new Year(scene).live({ firstDay: FIRST_DAY, days: options.days, onDay }, signal);
    const checked = await checkYear(scene, played.expectation, signal);
    return {
      ...played,
      ...checked,
      trends: trends(played.samples),
      seconds: Math.round((performance.now() - began) / 1000),
    };
  });
}
