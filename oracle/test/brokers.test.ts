import { once } from "node:events";
import { chmodSync, mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { connect as connectSocket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { AedesOptions } from "aedes";
import { connectAsync, type MqttClient } from "mqtt";
import { afterEach, describe, expect, test } from "vitest";

import {
  type EmbeddedBroker,
  type EmbeddedBrokerOptions,
  startEmbeddedBroker,
} from "../src/sources/embedded-broker.ts";
import { connectExternalBroker } from "../src/sources/external-broker.ts";
import type { RawMessage } from "../src/sources/message.ts";
import { type ForeignBroker, startForeignBroker } from "./support/foreign-broker.ts";

const HOST = "127.0.0.1";
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function broker(
  handle: (message: RawMessage) => Promise<void>,
  errors: Error[] = [],
  options: Partial<EmbeddedBrokerOptions> = {},
): Promise<EmbeddedBroker> {
  const started = await startEmbeddedBroker({ host: HOST, port: 0, ...options }, handle, (error) => errors.push(error));
  closers.push(() => started.close());
  return started;
}

async function client(port: number, options = {}): Promise<MqttClient> {
  const connected = await connectAsync(`mqtt://${HOST}:${port}`, { reconnectPeriod: 50, ...options });
  closers.push(() => connected.endAsync(true));
  return connected;
}

const text = ({ payload }: RawMessage) => Buffer.from(payload).toString();
const ignore = () => Promise.resolve();
const messagesOf = (errors: readonly Error[]) => errors.map(({ message }) => message).join("\n");

/** A file that only its owner can read, in a folder that goes with the test. */
function secretFile(content: string): string {
  const folder = mkdtempSync(join(tmpdir(), "broker-"));
  closers.push(() => rm(folder, { recursive: true }));
  writeFileSync(join(folder, "secret"), content, { mode: 0o600 });
  return join(folder, "secret");
}

describe("the embedded broker", () => {
  test.each([1, 2] as const)("acknowledges a message of QoS %i only after it was taken", async (qos) => {
    const taken = Promise.withResolvers<undefined>();
    const arrived = Promise.withResolvers<undefined>();
    const { port } = await broker(() => {
      arrived.resolve(undefined);
      return taken.promise;
    });
    const meter = await client(port);
    let acknowledged = false;
    const published = meter.publishAsync("emon/a", "1", { qos }).then(() => (acknowledged = true));
    await arrived.promise;
    // Room for an acknowledgement that came too early.
    await meter.publishAsync("$SYS/x", "", { qos: 0 }).catch(() => undefined);
    await new Promise((resolve) => setImmediate(resolve));
    expect(acknowledged).toBe(false);
    taken.resolve(undefined);
    await published;
    expect(acknowledged).toBe(true);
  });

  test("drops the connection of a message it could not take, and takes it when it comes again", async () => {
    let failures = 1;
    const errors: Error[] = [];
    const taken: string[] = [];
    const { port } = await broker((message) => {
      if (failures-- > 0) return Promise.reject(new Error("disk full"));
      taken.push(text(message));
      return Promise.resolve();
    }, errors);
    const meter = await client(port);
    await meter.publishAsync("emon/a", "42", { qos: 1 });
    expect(taken).toEqual(["42"]);
    expect(errors.map(({ message }) => message)).toContain("disk full");
  });

  test("takes the messages of one sender in their order", async () => {
    const taken: string[] = [];
    const { port } = await broker((message) => {
      taken.push(text(message));
      return Promise.resolve();
    });
    const meter = await client(port);
    const sent = Array.from({ length: 500 }, (_, index) => String(index));
    await Promise.all(sent.map((payload) => meter.publishAsync("emon/a", payload, { qos: 1 })));
    expect(taken).toEqual(sent);
  });

  test("refuses to let a sender publish as the broker", async () => {
    const taken: string[] = [];
    const errors: Error[] = [];
    const { port } = await broker((message) => {
      taken.push(message.topic);
      return Promise.resolve();
    }, errors);
    const meter = await client(port, { reconnectPeriod: 0 });
    meter.publish("$SYS/fake", "1", { qos: 0 });
    await expect.poll(() => errors.length).toBeGreaterThan(0);
    expect(taken).toEqual([]);
  });

  test("lets users in by their password, and answers a wrong one late", async () => {
    const errors: Error[] = [];
    const taken: string[] = [];
    const usersFile = secretFile("emonpi:secret\n");
    const take = (message: RawMessage) => Promise.resolve(void taken.push(text(message)));
    const { port } = await broker(take, errors, { usersFile });
    const login = (username?: string, password?: string) =>
      client(port, { reconnectPeriod: 0, ...(username === undefined ? {} : { username, password }) });
    await (await login("emonpi", "secret")).publishAsync("emon/a/E1", "1", { qos: 1 });
    const before = performance.now();
    await expect(login("emonpi", "Secret")).rejects.toThrow(/Bad username or password/u);
    expect(performance.now() - before).toBeGreaterThan(900);
    await expect(login()).rejects.toThrow(/Bad username or password/u);
    expect(taken).toEqual(["1"]);
    await expect.poll(() => messagesOf(errors)).toMatch(/wrong user name or password, user "emonpi"\n.*no user/u);
    expect(messagesOf(errors)).not.toContain("ecret");
  });

  test("lets nobody subscribe but its readers", async () => {
    const usersFile = secretFile("emonpi:a\nemoncms:b\n");
    const { port } = await broker(ignore, [], { usersFile, readers: ["emoncms"] });
    const meter = await client(port, { username: "emonpi", password: "a" });
    await expect(meter.subscribeAsync("#", { qos: 1 })).rejects.toThrow(/Unspecified error/u);
    const reader = await client(port, { username: "emoncms", password: "b", clientId: "reader", clean: false });
    await reader.subscribeAsync("emon/#", { qos: 1 });
    const received: string[] = [];
    reader.on("message", (topic) => received.push(topic));
    await meter.publishAsync("emon/a/E1", "1", { qos: 1 });
    await expect.poll(() => received).toEqual(["emon/a/E1"]);
    // Nothing is kept for a reader that is away: it would be kept in memory.
    await reader.endAsync();
    await meter.publishAsync("emon/a/E1", "2", { qos: 1 });
    const back = await client(port, { username: "emoncms", password: "b", clientId: "reader", clean: false });
    const later: string[] = [];
    back.on("message", (_topic, payload) => later.push(payload.toString()));
    await back.subscribeAsync("emon/#", { qos: 0 });
    await meter.publishAsync("emon/a/E1", "3", { qos: 1 });
    await expect.poll(() => later).toEqual(["3"]);
  });

  test("retains nothing, whatever it is told", async () => {
    const usersFile = secretFile("emonpi:a\n");
    const { port } = await broker(ignore, [], { usersFile, readers: ["emonpi"] });
    const meter = await client(port, { username: "emonpi", password: "a" });
    for (let node = 0; node < 100; node++) await meter.publishAsync(`emon/${node}/E1`, "1", { qos: 1, retain: true });
    const received: string[] = [];
    meter.on("message", (_topic, payload) => received.push(payload.toString()));
    await meter.subscribeAsync("emon/#");
    await meter.publishAsync("emon/a/E1", "the only one", { qos: 1 });
    await expect.poll(() => received).toEqual(["the only one"]);
  });

  test("takes no will for a reading: it was written when the connection began", async () => {
    const taken: string[] = [];
    const { port } = await broker((message) => Promise.resolve(void taken.push(message.topic)));
    const will = { topic: "emon/a/E1", payload: Buffer.from("5"), qos: 1 as const };
    const meter = await client(port, { reconnectPeriod: 0, will });
    meter.stream.destroy();
    const other = await client(port);
    await other.publishAsync("emon/a/E2", "1", { qos: 1 });
    await other.publishAsync("emon/a/E3", "1", { qos: 1 });
    expect(taken).toEqual(["emon/a/E2", "emon/a/E3"]);
  });

  test.each<[string, (meter: MqttClient) => void]>([
    ["payload", (meter) => meter.publish("emon/a", Buffer.alloc(1_048_576))],
    ["number of subscriptions", (meter) => meter.subscribe(Array.from({ length: 60_000 }, (_, n) => `emon/${n}`))],
  ])("ends a connection with a %s of a megabyte before it is in memory", async (_name, send) => {
    const errors: Error[] = [];
    const taken: string[] = [];
    const { port } = await broker((message) => Promise.resolve(void taken.push(message.topic)), errors);
    const meter = await client(port, { reconnectPeriod: 0 });
    meter.on("error", () => undefined);
    const closed = new Promise((resolve) => meter.stream.once("close", resolve));
    send(meter);
    await closed;
    await expect.poll(() => messagesOf(errors)).toMatch(/a packet of \d+ bytes, expected at most 262144/u);
    await (await client(port)).publishAsync("emon/b", "1", { qos: 1 });
    expect(taken).toEqual(["emon/b"]);
  });

  test("turns away whoever is one too many, and no one else", async () => {
    const errors: Error[] = [];
    const { port } = await broker(ignore, errors, { maxConnections: 2 });
    const [first] = [await client(port), await client(port)];
    const extra = connectSocket(port, HOST);
    extra.on("error", () => undefined);
    await once(extra, "close");
    expect(messagesOf(errors)).toContain("there are 2 already");
    await first.publishAsync("emon/a/E1", "1", { qos: 1 });
  });

  test("gives a connection that says nothing ten seconds", async () => {
    const errors: Error[] = [];
    const { port } = await broker(ignore, errors);
    const silent = connectSocket(port, HOST);
    const closed = once(silent, "close");
    // A CONNECT packet that never comes to its end.
    silent.write(Uint8Array.of(0x10, 0x7f, 0, 4));
    await closed;
    expect(messagesOf(errors)).toContain("connect did not arrive in time");
  });

  test("serves the others while one client floods it with new names", async () => {
    let served = 0;
    const { port } = await broker(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      served++;
    });
    const [flooding, meter] = [await client(port), await client(port)];
    const BURST = 500;
    const flooded = new AbortController();
    const flood = (async () => {
      for (let node = 0; !flooded.signal.aborted; node += BURST) {
        const burst = Array.from({ length: BURST }, (_, index) =>
          flooding.publishAsync(`emon/stranger${node + index}/E1`, "1", { qos: 1 }),
        );
        await Promise.all(burst);
      }
    })();
    // How many of the flood's messages went before each of the meter's own.
    const before: number[] = [];
    for (let index = 0; index < 20; index++) {
      const already = served;
      await meter.publishAsync("emon/a/E1", String(index), { qos: 1 });
      before.push(served - already);
    }
    flooded.abort();
    await flood;
    expect(served).toBeGreaterThan(20);
    expect(Math.max(...before)).toBeLessThan(2 * BURST);
  });

  test("says which address it cannot have", async () => {
    const { port } = await broker(() => Promise.resolve());
    await expect(broker(() => Promise.resolve(), [], { port })).rejects.toThrow(/EADDRINUSE/u);
  });
});

/** A broker that is not ours, ended after the test. */
async function foreignBroker(options: AedesOptions = {}, port = 0): Promise<ForeignBroker> {
  const started = await startForeignBroker(options, port);
  closers.push(() => started.stop());
  return started;
}

describe("an external broker", () => {
  const external = (port: number) =>
    ({ kind: "external", url: `mqtt://${HOST}:${port}`, clientId: "oracle-test" }) as const;

  /** Subscribes the oracle's way; resolves when that has worked. */
  async function listen(port: number, handle: (message: RawMessage) => Promise<void>, errors: Error[] = []) {
    const subscribed = Promise.withResolvers<undefined>();
    const source = connectExternalBroker(external(port), ["emon/#", "shellies/#"], handle, {
      onConnected: () => {
        subscribed.resolve(undefined);
      },
      onError: (error) => errors.push(error),
    });
    closers.push(() => source.close());
    await subscribed.promise;
    return source;
  }

  test("delivers what is published below the topics, and nothing else", async () => {
    const { port } = await foreignBroker();
    const taken: RawMessage[] = [];
    await listen(port, (message) => Promise.resolve(void taken.push(message)));
    const meter = await client(port);
    await meter.publishAsync("other/a/E1", "1", { qos: 1 });
    await meter.publishAsync("emon/a/E1", "2", { qos: 1 });
    await meter.publishAsync("shellies/x/emeter/0/total", "3", { qos: 0 });
    await expect.poll(() => taken.length).toBe(2);
    expect(taken).toMatchObject([
      { topic: "emon/a/E1", retained: false },
      { topic: "shellies/x/emeter/0/total", retained: false },
    ]);
  });

  test("marks what it had retained", async () => {
    const { port } = await foreignBroker();
    const meter = await client(port);
    await meter.publishAsync("emon/a/E1", "7", { qos: 1, retain: true });
    const taken = Promise.withResolvers<RawMessage>();
    await listen(port, (message) => {
      taken.resolve(message);
      return Promise.resolve();
    });
    expect(await taken.promise).toMatchObject({ topic: "emon/a/E1", retained: true });
  });

  test("keeps what is published while the oracle is away, and sends again what could not be taken", async () => {
    const { port } = await foreignBroker();
    const taken: string[] = [];
    let failures = 0;
    const errors: Error[] = [];
    const take = (message: RawMessage) => {
      if (failures-- > 0) return Promise.reject(new Error("disk full"));
      taken.push(text(message));
      return Promise.resolve();
    };
    await (await listen(port, take)).close();
    const meter = await client(port);
    await meter.publishAsync("emon/a/E1", "1", { qos: 1 });
    await meter.publishAsync("emon/a/E1", "2", { qos: 2 });
    failures = 1;
    await listen(port, take, errors);
    await expect.poll(() => new Set(taken)).toEqual(new Set(["1", "2"]));
    expect(messagesOf(errors)).toBe("disk full");
  });

  test("is acknowledged message by message, each when it is durable, while others are being taken", async () => {
    const { port, acknowledged } = await foreignBroker();
    const waiting: (() => void)[] = [];
    await listen(port, () => new Promise<void>((resolve) => waiting.push(resolve)));
    const meter = await client(port);
    for (let index = 0; index < 3; index++) await meter.publishAsync("emon/a/E1", String(index), { qos: 1 });
    // All three are on their way although none is durable.
    await expect.poll(() => waiting.length).toBe(3);
    waiting[1]?.();
    // A new session of the same client gets what was not acknowledged, and only that.
    await expect.poll(acknowledged).toBe(1);
    for (const close of closers.splice(2).reverse()) await close();
    const again: string[] = [];
    await listen(port, (message) => Promise.resolve(void again.push(text(message))));
    await expect.poll(() => again).toEqual(["0", "2"]);
  });

  test("is not read any further while megabytes of it wait to be durable", async () => {
    const { port } = await foreignBroker();
    const waiting: (() => void)[] = [];
    await listen(port, () => new Promise<void>((resolve) => waiting.push(resolve)));
    const meter = await client(port);
    const payload = Buffer.alloc(2_000_000, "1");
    const sent = Array.from({ length: 20 }, () => meter.publishAsync("emon/a", payload, { qos: 0 }));
    await Promise.all(sent);
    await expect.poll(() => waiting.length).toBe(9);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(waiting).toHaveLength(9);
    // Each that becomes durable lets the next one in.
    for (let taken = 0; taken < 20; taken++) {
      await expect.poll(() => waiting.length).toBeGreaterThan(taken);
      waiting[taken]?.();
    }
  });

  test("comes back by itself when the broker does, and says once that it was away", async () => {
    const first = await foreignBroker();
    const errors: Error[] = [];
    const taken: string[] = [];
    await listen(first.port, (message) => Promise.resolve(void taken.push(text(message))), errors);
    await first.stop();
    await expect.poll(() => messagesOf(errors)).toMatch(/ECONNREFUSED/u);
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect(errors.length).toBeLessThanOrEqual(2);
    await foreignBroker({}, first.port);
    const meter = await client(first.port);
    const send = () => meter.publishAsync("emon/a/E1", "back", { qos: 1 });
    await expect.poll(() => send().then(() => taken.length), { interval: 500 }).toBeGreaterThan(0);
  });

  test("says that it listens again once a message can be taken, also when the one that could not is gone", async () => {
    const { port } = await foreignBroker();
    let isFull = true;
    let listening = 0;
    const errors: Error[] = [];
    const source = connectExternalBroker(
      external(port),
      ["emon/#"],
      () => (isFull ? Promise.reject(new Error("disk full")) : Promise.resolve()),
      { onConnected: () => listening++, onError: (error) => errors.push(error) },
    );
    closers.push(() => source.close());
    await expect.poll(() => listening).toBe(1);
    const meter = await client(port);
    // At QoS 0 nobody sends it again.
    await meter.publishAsync("emon/a/E1", "1", { qos: 0 });
    await expect.poll(() => messagesOf(errors)).toBe("disk full");
    await expect.poll(() => source.isConnected()).toBe(false);
    await expect.poll(() => source.isConnected()).toBe(true);
    expect(listening).toBe(1);
    isFull = false;
    await meter.publishAsync("emon/a/E1", "2", { qos: 1 });
    await expect.poll(() => listening).toBe(2);
  });

  test("that refuses the login or the topics is named once, with the setting to look at", async () => {
    const refusing = await foreignBroker({
      authenticate: (_client, _username, _password, callback) => {
        callback(Object.assign(new Error("no"), { returnCode: 4 }), false);
      },
    });
    const errors: Error[] = [];
    const events = { onConnected: () => undefined, onError: (error: Error) => errors.push(error) };
    const login = connectExternalBroker(external(refusing.port), ["emon/#"], ignore, events);
    closers.push(() => login.close());
    await expect.poll(() => errors.length).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(errors).toHaveLength(1);
    expect(messagesOf(errors)).toMatch(/refuses the login .* expected broker.usernameFile and broker.passwordFile/u);

    const deaf = await foreignBroker({
      authorizeSubscribe: (_client, _subscription, callback) => {
        callback(null, null);
      },
    });
    errors.length = 0;
    const topics = connectExternalBroker(external(deaf.port), ["emon/#"], ignore, events);
    closers.push(() => topics.close());
    await expect.poll(() => errors.length).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(errors).toHaveLength(1);
    expect(messagesOf(errors)).toMatch(/does not let us subscribe to emon\/#/u);
  });

  test("gets its credentials from files that only their owner can read", () => {
    const file = secretFile("oracle");
    chmodSync(file, 0o644);
    const events = { onConnected: () => undefined, onError: () => undefined };
    expect(() => connectExternalBroker({ ...external(1), usernameFile: file }, ["emon/#"], ignore, events)).toThrow(
      /mode 644/u,
    );
  });
});
