/**
 * What the chain must hold of a meter, computed from its messages alone by the rules of the documentation, and by nothing
 * of the oracle's code: a rise of the net counter between two messages is import, a fall is export, in the quarter-hour
 * that the later message closes or lies in. What passed while a counter was replaced is in the registers, but its
 * quarter-hour is missing.
 */
import { type Day, dayStart, INTERVALS_PER_DAY, SECONDS_PER_INTERVAL } from "@commonwatt/sdk/time";

import type { TimedMessage } from "../meters/driver.ts";

export const MEASURED = 0;
export const MISSING = 2;

/** A meter's day as it must be on chain, Wh. */
export type ExpectedDay = {
  readonly importRegister: bigint;
  readonly exportRegister: bigint;
  readonly quality: readonly number[];
  readonly imports: readonly number[];
  readonly exports: readonly number[];
};

/** Follows one meter's messages, in their order. */
export class MeterBook {
  #importWh = 0;
  #exportWh = 0;
  #counter: number | undefined;

  /** Takes what was sent before the first day. */
  begin(message: TimedMessage): void {
    this.#counter = counterOf(message);
  }

  /**
   * @param messages - All of the day.
   * @param replacedAt - Unix seconds of the last message of a counter that was replaced.
   */
  day(day: Day, messages: readonly TimedMessage[], replacedAt?: number): ExpectedDay {
    const quality = new Array<number>(INTERVALS_PER_DAY).fill(MEASURED);
    const imports = new Array<number>(INTERVALS_PER_DAY).fill(0);
    const exports = new Array<number>(INTERVALS_PER_DAY).fill(0);
    let isNew = false;
    for (const message of messages) {
      const counter = counterOf(message);
      const index = Math.floor((message.seconds - 1 - dayStart(day)) / SECONDS_PER_INTERVAL);
      const change = isNew ? counter : Number(BigInt.asIntN(32, BigInt(counter - (this.#counter ?? counter))));
      if (isNew) quality[index] = MISSING;
      if (change > 0) {
        this.#importWh += change;
        imports[index] = (imports[index] ?? 0) + change;
      } else if (change < 0) {
        this.#exportWh -= change;
        exports[index] = (exports[index] ?? 0) - change;
      }
      this.#counter = counter;
      isNew = message.seconds === replacedAt;
    }
    const known = (values: readonly number[]) => values.map((value, index) => (quality[index] === MISSING ? 0 : value));
    return {
      importRegister: BigInt(this.#importWh),
      exportRegister: BigInt(this.#exportWh),
      quality,
      imports: known(imports),
      exports: known(exports),
    };
  }
}

function counterOf({ text }: TimedMessage): number {
  return (JSON.parse(text) as { E1: number }).E1;
}
