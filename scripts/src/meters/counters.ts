import { SECONDS_PER_INTERVAL } from "@commonwatt/sdk/time";

import { counterWh, evenPart } from "../households/milli-wh.ts";
import type { Row } from "../households/rows.ts";

/** What a meter shows at one moment. */
export type CounterReading = {
  /** Unix seconds. */
  readonly seconds: number;
  /** Energy counted since the meter was put in, Wh. The import and export of a step never both grow. */
  readonly importWh: number;
  readonly exportWh: number;
  readonly generationWh: number;
  /** Mean power since the reading before, W: grid (import positive) and generation. */
  readonly gridW: number;
  readonly generationW: number;
};

/**
 * The counters of one metering point, driven by the rows of its household.
 *
 * Rounding: energy is summed in milli-Wh, import and export apart, and each counter shows its running sum rounded to the
 * nearest Wh. A row longer than a quarter-hour is spread evenly over its quarter-hours, remainders carried; a shorter
 * row is one step of its own, so that import and export within one quarter-hour are both counted. Hence after any
 * number of rows the import and the export of a home are each within 0.5 Wh of the exact sum.
 */
export class Counters {
  #importMilliWh = 0;
  #exportMilliWh = 0;
  #generationMilliWh = 0;
  #seconds: number | undefined;
  readonly #stepSeconds: number;

  /** @param stepSeconds - Length of the rows. */
  constructor(stepSeconds: number) {
    this.#stepSeconds = stepSeconds;
  }

  /**
   * Counts one row and returns the readings it leads to: one at the end of the row or of each of its quarter-hours, and
   * before them one at its start if the row does not follow the last one directly, because the meter was off in between.
   */
  *count(row: Row): Generator<CounterReading> {
    if (row.startSeconds !== this.#seconds) yield this.#show(row.startSeconds, 0, 0);
    const parts = Math.max(1, this.#stepSeconds / SECONDS_PER_INTERVAL);
    const partSeconds = this.#stepSeconds / parts;
    for (let part = 0; part < parts; part++) {
      const net = evenPart(row.netMilliWh, parts, part);
      const generation = evenPart(row.generationMilliWh, parts, part);
      if (net > 0) this.#importMilliWh += net;
      else this.#exportMilliWh -= net;
      this.#generationMilliWh += generation;
      this.#seconds = row.startSeconds + (part + 1) * partSeconds;
      const watts = (milliWh: number): number => Math.round((milliWh * 3.6) / partSeconds);
      yield this.#show(this.#seconds, watts(net), watts(generation));
    }
  }

  /** What the meter shows at a moment before its first row. */
  showIdle(seconds: number): CounterReading {
    return this.#show(seconds, 0, 0);
  }

  #show(seconds: number, gridW: number, generationW: number): CounterReading {
    return {
      seconds,
      importWh: counterWh(this.#importMilliWh),
      exportWh: counterWh(this.#exportMilliWh),
      generationWh: counterWh(this.#generationMilliWh),
      gridW,
      generationW,
    };
  }
}
