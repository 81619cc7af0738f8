import { connectAsync, type MqttClient } from "mqtt";

import { UserError } from "../errors.ts";

const CONNECT_TIMEOUT_MS = 10_000;
const ACKNOWLEDGE_TIMEOUT_MS = 30_000;

/** Publishes the meters' messages with QoS 1: a message that was acknowledged is safe with the broker. */
export class MeterPublisher {
  readonly #client: MqttClient;
  readonly #baseTopic: string;

  private constructor(client: MqttClient, baseTopic: string) {
    this.#client = client;
    this.#baseTopic = baseTopic;
  }

  /**
   * @param url - For example `mqtt://127.0.0.1:1883`.
   * @param baseTopic - First level of every topic, `emon` where nothing else was configured.
   * @throws UserError when no broker answers within 10 seconds.
   */
  static async connect(url: string, baseTopic: string): Promise<MeterPublisher> {
    try {
      const client = await connectAsync(url, {
        clientId: `commonwatt-meters-${process.pid}`,
        connectTimeout: CONNECT_TIMEOUT_MS,
        reconnectPeriod: 0,
      });
      return new MeterPublisher(client, baseTopic);
    } catch (error) {
      throw new UserError(
        `No MQTT broker answers at ${url}: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }

  /** Publishes one message of a node; resolves once the broker has acknowledged it. */
  async publish(node: string, message: string): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new Error(`The broker did not acknowledge a message of ${node} within 30 s.`));
      }, ACKNOWLEDGE_TIMEOUT_MS);
    });
    try {
      await Promise.race([this.#client.publishAsync(`${this.#baseTopic}/${node}`, message, { qos: 1 }), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    await this.#client.endAsync();
  }
}
