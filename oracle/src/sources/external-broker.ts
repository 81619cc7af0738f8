import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { connect, type IClientOptions, type MqttClient } from "mqtt";

import type { BrokerConfig } from "../config/schema.ts";
import { readSecret } from "../keystore/passphrase.ts";
import type { MessageHandler } from "./message.ts";

export type ExternalBroker = {
  /** Publishes with QoS 1, unless the connection is down at the moment: what it returns. */
  publish(topic: string, payload: string): boolean;
  /** Whether messages arrive at this moment. */
  isConnected(): boolean;
  close(): Promise<void>;
};
export type ExternalBrokerConfig = Extract<BrokerConfig, { kind: "external" }> & {
  /** The broker is to forget us with the connection, and to keep nothing for us. */
  clean?: boolean;
};
export type ExternalBrokerEvents = {
  onConnected: () => void;
  /** Told once of what keeps the broker away, until it changes. */
  onError: (error: Error) => void;
};

const CONNECT_MS = 10_000;
/** How long the broker may take to answer what is still under way when the connection is closed. */
const CLOSE_MS = 2_000;
const KEEPALIVE_SECONDS = 30;
/** Pauses between attempts double from the first to the longest. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** Messages taken and not yet durable; beyond that nothing more is read from the broker. */
const MAX_UNACKNOWLEDGED = 4_096;
const MAX_UNACKNOWLEDGED_BYTES = 16_777_216;
/** What SUBACK says of a topic that the broker does not let us read, whatever the version. */
const REFUSED = 128;
/** The broker hands over at least once, so that it keeps a message until it is durable here. At QoS 2 the client library
 * would promise before it is, and a kill between the two would lose it. */
const QOS = 1;

/**
 * Subscribes to a broker elsewhere. The session outlives the connection: what is published with QoS 1 or 2 while the
 * oracle is away arrives when it is back. A message is acknowledged after `handle` has taken it, while later ones are
 * already being taken; when `handle` fails, the connection is dropped and the broker sends again what was not acknowledged.
 *
 * @param topics - Filters to subscribe to.
 * @throws CommonwattError when a file of credentials cannot be used.
 */
export function connectExternalBroker(
  broker: ExternalBrokerConfig,
  topics: readonly string[],
  handle: MessageHandler,
  { onConnected, onError }: ExternalBrokerEvents,
): ExternalBroker {
  const client: MqttClient = connect(broker.url, {
    ...credentials(broker),
    clientId: broker.clientId,
    clean: broker.clean ?? false,
    connectTimeout: CONNECT_MS,
    keepalive: KEEPALIVE_SECONDS,
    // Both are done below: with growing pauses, and with a look at what was granted.
    reconnectPeriod: 0,
    resubscribe: false,
    ...(broker.sessionExpirySeconds === undefined
      ? {}
      : { protocolVersion: 5, properties: { sessionExpiryInterval: broker.sessionExpirySeconds } }),
  });
  let lastComplaint = "";
  let attempts = 0;
  let timer: NodeJS.Timeout | undefined;
  let isClosing = false;

  /** What was last handed over could not be taken: a new connection does not mean that all is well. */
  let isFailing = false;
  let isSubscribed = false;
  /** Whether it was said of this connection that it listens. */
  let isAnnounced = false;

  function complain({ message }: Error): void {
    if (message === lastComplaint) return;
    lastComplaint = message;
    onError(new Error(message));
  }

  function subscribed(refused: readonly string[], error: Error | null | undefined): void {
    if (refused.length > 0) complain(new Error(`${broker.url} does not let us subscribe to ${refused.join(", ")}`));
    else if (error) complain(explain(error, broker));
    if (refused.length === topics.length || (error && refused.length === 0)) {
      client.stream.destroy();
      return;
    }
    isSubscribed = true;
    announce();
  }

  function announce(): void {
    if (!isSubscribed || isFailing || isAnnounced) return;
    isAnnounced = true;
    attempts = 0;
    lastComplaint = "";
    onConnected();
  }

  client.handleMessage = takeMessages(client, (message) =>
    handle(message).then(
      () => {
        isFailing = false;
        attempts = 0;
        announce();
      },
      (error: unknown) => {
        isFailing = true;
        complain(error instanceof Error ? error : new Error(String(error)));
        throw error;
      },
    ),
  );
  client.on("connect", () => {
    client.subscribe([...topics], { qos: QOS }, (error, _granted, packet) => {
      // Closed meanwhile: that is said where the connection ends.
      if (!client.connected) return;
      const codes = packet?.granted ?? [];
      subscribed(
        topics.filter((_, index) => Number(codes[index] ?? 0) >= REFUSED),
        error,
      );
    });
  });
  client.on("error", (error) => {
    complain(explain(error, broker));
  });
  client.on("close", () => {
    isSubscribed = false;
    isAnnounced = false;
    if (isClosing) return;
    if (lastComplaint === "") complain(new Error(`the connection to ${broker.url} was closed`));
    timer = setTimeout(() => client.reconnect(), pauseMs(attempts++));
  });
  return {
    publish(topic, payload) {
      if (!client.connected || !isSubscribed) return false;
      client.publish(topic, payload, { qos: QOS }, (error) => {
        if (error && client.connected && !isClosing) complain(explain(error, broker));
      });
      return true;
    },
    isConnected: () => client.connected && isSubscribed,
    async close() {
      isClosing = true;
      clearTimeout(timer);
      // A broker that no longer answers must not hold up who closes: in a cluster another process waits for the session.
      const ended = client.endAsync().catch(() => undefined);
      if ((await Promise.race([ended, pause(CLOSE_MS, "late", { ref: false })])) === "late") client.stream.destroy();
    },
  };
}

/** Called by the client before it acknowledges; messages are handed over in their order. */
function takeMessages(client: MqttClient, handle: MessageHandler): MqttClient["handleMessage"] {
  let unacknowledged = 0;
  let bytes = 0;
  let waiting: (() => void) | undefined;
  return ({ topic, payload, retain, qos, messageId }, callback) => {
    const { stream } = client;
    // An error keeps the client from acknowledging by itself, and lets it go on with the next message.
    const goOn = () => {
      callback(new Error("acknowledged later"));
    };
    unacknowledged++;
    bytes += payload.length;
    handle({ topic, payload: Buffer.from(payload), retained: retain })
      .then(
        () => {
          // A connection that came later knows nothing of this message's number.
          if (qos > 0 && messageId !== undefined && !stream.destroyed) stream.write(puback(messageId));
        },
        () => {
          stream.destroy();
        },
      )
      .finally(() => {
        unacknowledged--;
        bytes -= payload.length;
        const next = waiting;
        waiting = undefined;
        next?.();
      });
    if (unacknowledged < MAX_UNACKNOWLEDGED && bytes < MAX_UNACKNOWLEDGED_BYTES) goOn();
    else waiting = goOn;
  };
}

function puback(messageId: number): Uint8Array {
  return Uint8Array.of(0x40, 2, messageId >> 8, messageId & 0xff);
}

/** Doubles from attempt to attempt; by chance up to half less, so that oracles do not return to a broker all at once. */
function pauseMs(attempts: number): number {
  const longest = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(attempts, 10), LONGEST_PAUSE_MS);
  return longest * (0.5 + Math.random() / 2);
}

function credentials(broker: ExternalBrokerConfig): IClientOptions {
  const { usernameFile, passwordFile, caFile, certificateFile, keyFile } = broker;
  return {
    rejectUnauthorized: true,
    ...(usernameFile === undefined ? {} : { username: readSecret("username", usernameFile) }),
    ...(passwordFile === undefined ? {} : { password: readSecret("password", passwordFile) }),
    ...(caFile === undefined ? {} : { ca: readPem("CA", caFile) }),
    ...(certificateFile === undefined ? {} : { cert: readPem("certificate", certificateFile) }),
    ...(keyFile === undefined ? {} : { key: readSecret("key", keyFile) }),
  };
}

function readPem(what: string, file: string): string {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new CommonwattError(`The ${what} file ${file} cannot be read`, { details: String(error), cause: error });
  }
  if (!text.includes("-----BEGIN CERTIFICATE-----"))
    throw new CommonwattError(`The ${what} file ${file} holds no certificate, expected one in PEM form`);
  return text;
}

/** TLS failures that are about who signed the broker's certificate. */
const UNTRUSTED = [
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
];
/** CONNACK codes of MQTT 3.1.1 and 5 for a wrong password and for a client that is not allowed. */
const REFUSED_LOGIN: readonly unknown[] = [4, 5, 134, 135];

/** The same in words that name the setting to look at. */
function explain(error: unknown, { url, caFile }: ExternalBrokerConfig): Error {
  const { code, message } = error as { code?: unknown; message?: unknown };
  const reason = typeof message === "string" && message !== "" ? message : String(code ?? error);
  if (REFUSED_LOGIN.includes(code)) {
    return new Error(
      `${url} refuses the login (${reason}): expected broker.usernameFile and broker.passwordFile to hold what it knows`,
    );
  }
  if (typeof code === "string" && UNTRUSTED.includes(code)) {
    const authority = caFile === undefined ? "the system knows (broker.caFile names another)" : `in ${caFile}`;
    return new Error(`${url} shows a certificate that no authority signed that is ${authority}: ${reason}`);
  }
  return new Error(reason.includes(url) ? reason : `${url}: ${reason}`);
}
