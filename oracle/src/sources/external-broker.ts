import { connect, type MqttClient } from "mqtt";

import type { BrokerConfig } from "../config/schema.ts";
import { readSecret } from "../keystore/passphrase.ts";
import type { MessageHandler } from "./message.ts";

export type ExternalBroker = { close(): Promise<void> };
export type ExternalBrokerEvents = {
  onConnected: () => void;
  onError: (error: Error) => void;
};

const RECONNECT_MILLISECONDS = 2_000;

/**
 * Subscribes to a broker elsewhere. The session outlives the connection: what is published with QoS 1 or 2 while the
 * oracle is away arrives when it is back. A message is acknowledged after `handle` has taken it; when `handle` fails, the
 * connection is dropped and the broker sends it again.
 */
export function connectExternalBroker(
  broker: Extract<BrokerConfig, { kind: "external" }>,
  baseTopic: string,
  handle: MessageHandler,
  { onConnected, onError }: ExternalBrokerEvents,
): ExternalBroker {
  const client: MqttClient = connect(broker.url, {
    clientId: broker.clientId,
    clean: false,
    reconnectPeriod: RECONNECT_MILLISECONDS,
    ...(broker.usernameFile === undefined ? {} : { username: readSecret("username", broker.usernameFile) }),
    ...(broker.passwordFile === undefined ? {} : { password: readSecret("password", broker.passwordFile) }),
  });
  // Called before the acknowledgement is sent, unlike the "message" event.
  client.handleMessage = ({ topic, payload, retain }, callback) => {
    handle({ topic, payload: Buffer.from(payload), retained: retain }).then(
      () => {
        callback();
      },
      (error: unknown) => {
        onError(error instanceof Error ? error : new Error(String(error)));
        client.stream.destroy();
      },
    );
  };
  client.on("connect", () => {
    client.subscribe(`${baseTopic}/#`, { qos: 1 }, (error) => {
      if (error) onError(error);
      else onConnected();
    });
  });
  client.on("error", onError);
  return {
    async close() {
      await client.endAsync();
    },
  };
}
