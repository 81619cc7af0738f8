import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { Aedes, type AuthenticateError, type Client, type ConnectPacket, type PublishPacket } from "aedes";

import type { BrokerConfig } from "../config/schema.ts";
import { type EdgeRights, NO_EDGE_RIGHTS } from "../edge/relay/rights.ts";
import { readUsers } from "./broker-users.ts";
import { limitComplaints } from "./complaints.ts";
import type { MessageHandler } from "./message.ts";
import { createPacketGuard } from "./packet-guard.ts";
import { forgetUnreleased } from "./unreleased.ts";

export type EmbeddedBroker = {
  port: number;
  /** Publishes with QoS 1 to whoever is subscribed. */
  publish(topic: string, payload: string): boolean;
  close(): Promise<void>;
};
/** The config's section; what is left out limits nothing. */
export type EmbeddedBrokerOptions = Pick<Embedded, "host" | "port"> & Partial<Omit<Embedded, "kind">>;
type Embedded = Extract<BrokerConfig, { kind: "embedded" }>;

/** Most that a packet may hold: its topic and four times the largest payload that is read. More ends the connection. */
const MAX_PACKET_BYTES = 262_144;
/** A connection that says nothing at all is given up, whatever keepalive it asked for. */
const IDLE_MS = 3_600_000;
const CONNECT_MS = 10_000;
/** A wrong password is answered after this pause, so that guessing takes its time. */
const REFUSAL_MS = 1_000;
const BAD_CREDENTIALS = 4;

/**
 * Starts an MQTT broker in this process that meters publish to. A message of QoS 1 or 2 is acknowledged only after `handle`
 * has taken it; when `handle` fails, the connection is dropped, so the sender sends it again. Nothing is retained, wills
 * are not published (they were written long before), and only the configured readers can subscribe: meters cannot read
 * each other's messages.
 *
 * @param rights - What users may do on the topics between gateways that sign for themselves and the relay.
 * @param onError - Told of messages that could not be taken, and of broken and refused connections; not of all of a flood.
 * @throws CommonwattError when it cannot listen there or the users file cannot be used, with nothing left open.
 */
export async function startEmbeddedBroker(
  { host, port, usersFile, readers = [], maxConnections = Infinity }: EmbeddedBrokerOptions,
  handle: MessageHandler,
  onError: (error: Error) => void,
  rights: EdgeRights = NO_EDGE_RIGHTS,
): Promise<EmbeddedBroker> {
  const checkUser = usersFile === undefined ? undefined : readUsers(usersFile);
  const complain = limitComplaints(onError);
  const readingClients = new WeakSet<Client>();
  const userOf = new WeakMap<Client, string>();

  const broker = await Aedes.createBroker({
    connectTimeout: CONNECT_MS,
    preConnect(_client, packet: ConnectPacket, callback) {
      delete packet.will;
      callback(null, true);
    },
    authenticate(client, username, password, callback) {
      if (checkUser === undefined || checkUser(username, password)) {
        if (checkUser !== undefined && username !== undefined) userOf.set(client, username);
        if (checkUser !== undefined && username !== undefined && readers.includes(username)) readingClients.add(client);
        callback(null, true);
        return;
      }
      setTimeout(() => {
        callback(badCredentials(username), false);
      }, REFUSAL_MS).unref();
    },
    authorizeSubscribe(client, subscription, callback) {
      if (rights.maySubscribe(userOf.get(client), subscription.topic)) {
        callback(null, Object.assign(subscription, { qos: Math.min(subscription.qos, 1) }));
        return;
      }
      // Without acknowledgements nothing queues up for a reader that is away.
      if (readingClients.has(client)) callback(null, Object.assign(subscription, { qos: 0 as const }));
      else callback(null, null);
    },
    authorizePublish(client, packet, callback) {
      const user = client === null ? undefined : userOf.get(client);
      if (rights.mayPublish(user, packet.topic)) {
        take(packet, client?.id, callback);
        return;
      }
      const refused = new Error(
        `${user === undefined ? "a client" : `user ${show(user)}`} may not publish on ${show(packet.topic)}`,
      );
      complain(refused);
      callback(refused);
    },
  });

  forgetUnreleased(broker);

  function take(packet: PublishPacket, client: string | undefined, callback: (error?: Error | null) => void): void {
    const { topic, payload } = packet;
    if (topic.startsWith("$SYS/")) {
      callback(new Error(`topic ${show(topic)} belongs to the broker`));
      return;
    }
    packet.retain = false;
    // Before the acknowledgement: aedes sends PUBACK and PUBREC only after this.
    handle({ topic, payload: Buffer.from(payload), retained: false, client }).then(
      () => {
        callback(null);
      },
      (error: unknown) => {
        const failure = error instanceof Error ? error : new Error(String(error));
        complain(failure);
        callback(failure);
      },
    );
  }

  broker.on("clientError", ({ id }, error) => {
    complain(new Error(`client ${show(id)}: ${error.message}`));
  });
  broker.on("connectionError", (_client, error) => {
    complain(new Error(`connection refused: ${error.message}`));
  });
  const server = createServer((socket) => {
    guard(socket);
    broker.handle(socket);
  });
  server.maxConnections = maxConnections;
  server.on("drop", () => {
    complain(new Error(`connection refused: there are ${maxConnections} already`));
  });
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
    publish(topic, payload) {
      broker.publish({ cmd: "publish", topic, payload, qos: 1, retain: false, dup: false }, () => undefined);
      return true;
    },
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

/** Ends a connection that is silent for too long, or announces a packet that nobody should have to keep in memory. */
function guard(socket: Socket): void {
  socket.setKeepAlive(true, 60_000);
  socket.setTimeout(IDLE_MS, () => {
    socket.destroy(new Error(`silent for ${IDLE_MS / 60_000} minutes`));
  });
  const packets = createPacketGuard(MAX_PACKET_BYTES);
  const read = socket.read.bind(socket);
  socket.read = (size?: number): unknown => {
    const chunk: unknown = read(size);
    const tooLarge = chunk instanceof Uint8Array ? packets.take(chunk) : undefined;
    if (tooLarge === undefined) return chunk;
    socket.destroy(new Error(`a packet of ${tooLarge} bytes, expected at most ${MAX_PACKET_BYTES}`));
    return null;
  };
}

function badCredentials(username: string | undefined): AuthenticateError {
  const who = username === undefined ? "no user" : `user ${show(username)}`;
  // The broker declares its codes as an enum that does not exist when the program runs.
  // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment
  return Object.assign(new Error(`wrong user name or password, ${who}`), { returnCode: BAD_CREDENTIALS });
}

/** What a stranger sent, short and on one line. */
function show(text: string): string {
  return JSON.stringify(text.length <= 64 ? text : `${text.slice(0, 61)}...`);
}

function closeBroker(broker: Aedes): Promise<void> {
  return new Promise((resolve) => {
    broker.close(() => {
      resolve();
    });
  });
}
