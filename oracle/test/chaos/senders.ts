import { setTimeout as sleep } from "node:timers/promises";

import { connect, type MqttClient } from "mqtt";

/** One way of a reading to the oracle, or to a broker before it. */
export type Sender = {
  /** Sends until it is acknowledged; rejects when `startOver` or `close` came in between. */
  send(node: string, payload: string): Promise<void>;
  /** Gives up its session. */
  startOver(): void;
  close(): Promise<void>;
};

const RETRY_MS = 100;
const ANSWER_MS = 5_000;

/** An MQTT client with a session: what was not acknowledged is sent again by the client itself. */
export function createMqttSender(url: string, clientId: string, qos: 1 | 2): Sender {
  let client: MqttClient | undefined;
  let ended = Promise.withResolvers<never>();
  ended.promise.catch(() => undefined);

  function open(): MqttClient {
    if (client !== undefined) return client;
    client = connect(url, { clientId, clean: false, reconnectPeriod: RETRY_MS, connectTimeout: 2_000 });
    client.on("error", () => undefined);
    return client;
  }

  return {
    async send(node, payload) {
      const sent = open().publishAsync(`emon/${node}`, payload, { qos });
      sent.catch(() => undefined);
      await Promise.race([sent, ended.promise]);
    },
    startOver() {
      client?.end(true);
      client = undefined;
      ended.reject(new Error("the session was given up"));
      ended = Promise.withResolvers();
      ended.promise.catch(() => undefined);
    },
    async close() {
      ended.reject(new Error("the gateway is closed"));
      await client?.endAsync(true);
    },
  };
}

/** The Emoncms input API: what was not answered as taken is posted again. */
export function createHttpSender(urls: readonly string[], key: string): Sender {
  const closing = new AbortController();
  let turn = 0;

  async function post(node: string, payload: string): Promise<boolean> {
    const { time, ...values } = JSON.parse(payload) as { time: number } & Record<string, number>;
    const body = new URLSearchParams({ node, time: String(time), fulljson: JSON.stringify(values), apikey: key });
    const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(ANSWER_MS)]);
    // Each time at the next oracle: whichever it is takes it for all.
    const url = urls[turn++ % urls.length];
    const answer = await fetch(`${url}/input/post`, { method: "POST", body, signal });
    return answer.status === 200 && /^(?:ok|\{"success": true\})$/u.test(await answer.text());
  }

  return {
    async send(node, payload) {
      while (!(await post(node, payload).catch(() => false)))
        await sleep(RETRY_MS, undefined, { signal: closing.signal });
    },
    startOver: () => undefined,
    close() {
      closing.abort(new Error("the gateway is closed"));
      return Promise.resolve();
    },
  };
}
