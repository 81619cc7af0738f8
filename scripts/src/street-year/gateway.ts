import type { Day } from "@commonwatt/sdk/time";

import { Counters } from "../meters/counters.ts";
import type { TimedMessage } from "../meters/driver.ts";
import { type MeterNode, meterMessage } from "../meters/message.ts";
import type { Resident } from "../run/homes.ts";
import { STEP_SECONDS } from "./homes.ts";

/** One home's meter over the year. Its counter can be replaced by one that begins at 0. */
export class Gateway {
  readonly resident: Resident;
  #node: MeterNode;
  readonly #counters = new Counters(STEP_SECONDS);
  #sent = 0;
  #lastNetWh = 0;

  constructor(resident: Resident) {
    this.resident = resident;
    this.#node = resident.node;
  }

  /** What it sends of a moment at which it counts nothing yet. */
  idle(seconds: number): TimedMessage {
    return { seconds, text: meterMessage(this.#node, this.#counters.showIdle(seconds), this.#sent++) };
  }

  /**
   * All messages of the next day, by time.
   *
   * @param replacedAt - Unix seconds at which the counter is taken out, right after the reading of that moment, and a new
   * one put in that shows 0.
   */
  messagesOfDay(day: Day, replacedAt?: number): TimedMessage[] {
    return this.resident.home.rowsOfDay(day).flatMap((row) =>
      [...this.#counters.count(row)].map((reading): TimedMessage => {
        const text = meterMessage(this.#node, reading, this.#sent++);
        this.#lastNetWh = reading.importWh - reading.exportWh;
        if (reading.seconds === replacedAt) this.#node = { ...this.#node, initialE1Wh: -this.#lastNetWh };
        return { seconds: reading.seconds, text };
      }),
    );
  }
}
