import { connectAsync, type MqttClient } from "mqtt";

import type { TimedMessage } from "../meters/driver.ts";
import { BASE_TOPIC } from "../run/oracle-config.ts";

/** Messages of one meter that leave before the first is acknowledged, as a gateway does that has a backlog. */
const IN_FLIGHT = 20;

/** A meter's messages, and how many of them are acknowledged. */
export type Batch = { readonly node: string; readonly messages: readonly TimedMessage[]; acknowledged: number };

/** Sends meters' messages to a broker that may be killed: whatever is not acknowledged is sent again. */
export class Sender {
  readonly #url: string;
  #client: MqttClient | undefined;

  constructor(url: string) {
    this.#url = url;
  }

  /**
   * Sends what is left of these batches, each in order. Resolves when all of it is acknowledged, or so much of it.
   *
   * @param most - Stop after about so many acknowledgements.
   */
  async send(batches: readonly Batch[], signal: AbortSignal, most = Infinity): Promise<void> {
    const client = (this.#client ??= await connectAsync(this.#url, { reconnectPeriod: 0, connectTimeout: 60_000 }));
    let count = 0;
    await Promise.all(
      batches.map(async (batch) => {
        while (batch.acknowledged < batch.messages.length && count < most) {
          signal.throwIfAborted();
          const next = batch.messages.slice(batch.acknowledged, batch.acknowledged + IN_FLIGHT);
          const topic = `${BASE_TOPIC}/${batch.node}`;
          await Promise.all(next.map(({ text }) => client.publishAsync(topic, text, { qos: 1 })));
          batch.acknowledged += next.length;
          count += next.length;
        }
      }),
    );
  }

  /** Forgets the connection: the broker is gone. */
  async disconnect(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.endAsync(true);
  }
}
