import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { Aedes } from "aedes";

import type { MessageHandler } from "./message.ts";

export type EmbeddedBroker = { port: number; close(): Promise<void> };

const MAX_CONNECTIONS = 1_000;

/**
 * Starts an MQTT broker in this process. A message of QoS 1 or 2 is acknowledged only after `handle` has taken it; when
 * `handle` fails, the connection is dropped, so the sender sends it again.
 *
 * @throws CommonwattError when it cannot listen there, with nothing left open.
 * @param onError - Told of every message that could not be taken, and of broken connections.
 */
export async function startEmbeddedBroker(
  { host, port }: { host: string; port: number },
  handle: MessageHandler,
  onError: (error: Error) => void,
): Promise<EmbeddedBroker> {
  const broker = await Aedes.createBroker({
    authorizePublish(_client, { topic, payload }, callback) {
      if (topic.startsWith("$SYS/")) {
        callback(new Error(`topic ${topic} belongs to the broker`));
        return;
      }
      // Before the acknowledgement: aedes sends PUBACK and PUBREC only after this.
      handle({ topic, payload: Buffer.from(payload), retained: false }).then(
        () => {
          callback(null);
        },
        (error: unknown) => {
          const failure = error instanceof Error ? error : new Error(String(error));
          onError(failure);
          callback(failure);
        },
      );
    },
  });
  broker.on("clientError", (_client, error) => {
    onError(error);
  });
  broker.on("connectionError", (_client, error) => {
    onError(error);
  });
  const server = createServer((socket) => {
    broker.handle(socket);
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.listen(port, host);
  try {
    await once(server, "listening");
  } catch (error) {
    // An open broker would keep the process alive that cannot do without it.
    await closeBroker(broker);
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommonwattError(`The embedded broker cannot listen on ${host}:${port}: ${reason}`);
  }
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      // First no new connections, then the open ones, then the broker.
      const closed = new Promise<void>((resolve) =>
        server.close(() => {
          resolve();
        }),
      );
      await closeBroker(broker);
      await closed;
    },
  };
}

function closeBroker(broker: Aedes): Promise<void> {
  return new Promise((resolve) => {
    broker.close(() => {
      resolve();
    });
  });
}
