import { type Day, dayStart } from "@commonwatt/sdk/time";

import { type Resident, shares } from "../run/homes.ts";
import { Counters } from "./counters.ts";
import { meterMessage } from "./message.ts";
import type { MeterPublisher } from "./publisher.ts";

/** A message of a meter, and the moment it was taken, unix seconds. */
export type TimedMessage = { readonly seconds: number; readonly text: string };

/** Moments of the evening before the first day, seconds before midnight, at which a meter that was put in is read. */
const FIRST_READINGS = [2_700, 900];

/** One home's meter over the days, in order: its counters run on from day to day. */
export class MeterDriver {
  readonly resident: Resident;
  readonly #counters: Counters;
  #sent = 0;

  constructor(resident: Resident, stepSeconds: number) {
    this.resident = resident;
    this.#counters = new Counters(stepSeconds);
  }

  /**
   * The messages of a meter that is put in on the evening before its first day and counts nothing yet. With them that day
   * has a profile, and every day of the meter from its registration on is accounted for, which joining the sharing takes.
   */
  firstMessages(firstDay: Day): TimedMessage[] {
    return FIRST_READINGS.map((before) => {
      const seconds = dayStart(firstDay) - before;
      return { seconds, text: meterMessage(this.resident.node, this.#counters.showIdle(seconds), this.#sent++) };
    });
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

/** Lets the meters of homes that share be read on the evening before the first day. */
export async function publishFirst(
  drivers: readonly MeterDriver[],
  publisher: MeterPublisher,
  firstDay: Day,
  signal: AbortSignal,
): Promise<void> {
  const joining = drivers.filter(({ resident }) => shares(resident));
  await Promise.all(joining.map((driver) => driver.publish(publisher, driver.firstMessages(firstDay), signal)));
}
