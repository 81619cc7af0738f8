import type { Day } from "@commonwatt/sdk/time";

import type { Resident } from "../run/homes.ts";
import { Counters } from "./counters.ts";
import { meterMessage } from "./message.ts";
import type { MeterPublisher } from "./publisher.ts";

/** A message of a meter, and the moment it was taken, unix seconds. */
export type TimedMessage = { readonly seconds: number; readonly text: string };

/** One home's meter over the days, in order: its counters run on from day to day. */
export class MeterDriver {
  readonly resident: Resident;
  readonly #counters: Counters;
  #sent = 0;

  constructor(resident: Resident, stepSeconds: number) {
    this.resident = resident;
    this.#counters = new Counters(stepSeconds);
  }

  /** All messages of the next day, by time; the last one of a day without gaps is of its very end. */
  messagesOfDay(day: Day): TimedMessage[] {
    const { home, node } = this.resident;
    return home.rowsOfDay(day).flatMap((row) =>
      [...this.#counters.count(row)].map((reading) => {
        const text = meterMessage(node, reading, this.#sent++);
        return { seconds: reading.seconds, text };
      }),
    );
  }

  /** Publishes messages in their order, each once the broker has acknowledged the one before. */
  async publish(publisher: MeterPublisher, messages: readonly TimedMessage[], signal: AbortSignal): Promise<void> {
    for (const { text } of messages) {
      signal.throwIfAborted();
      await publisher.publish(this.resident.node.node, text);
    }
  }
}
