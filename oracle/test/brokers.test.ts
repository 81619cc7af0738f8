import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { connectAsync, type MqttClient } from "mqtt";
import { afterEach, describe, expect, test } from "vitest";

import { type EmbeddedBroker, startEmbeddedBroker } from "../src/sources/embedded-broker.ts";
import { connectExternalBroker } from "../src/sources/external-broker.ts";
import type { RawMessage } from "../src/sources/message.ts";

const HOST = "127.0.0.1";
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function broker(
  handle: (message: RawMessage) => Promise<void>,
  errors: Error[] = [],
  port = 0,
): Promise<EmbeddedBroker> {
  const started = await startEmbeddedBroker({ host: HOST, port }, handle, (error) => errors.push(error));
  closers.push(() => started.close());
  return started;
}

async function client(port: number, options = {}): Promise<MqttClient> {
  const connected = await connectAsync(`mqtt://${HOST}:${port}`, { reconnectPeriod: 50, ...options });
  closers.push(() => connected.endAsync(true));
  return connected;
}

const text = ({ payload }: RawMessage) => Buffer.from(payload).toString();

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

  test("says which address it cannot have", async () => {
    const { port } = await broker(() => Promise.resolve());
    await expect(broker(() => Promise.resolve(), [], port)).rejects.toThrow(/EADDRINUSE/u);
  });
});

describe("an external broker", () => {
  const external = (port: number) =>
    ({ kind: "external", url: `mqtt://${HOST}:${port}`, clientId: "oracle-test" }) as const;
  const forward = () => Promise.resolve();

  test("delivers what is published below the base topic, and nothing else", async () => {
    const { port } = await broker(forward);
    const taken: RawMessage[] = [];
    const subscribed = Promise.withResolvers<undefined>();
    const source = connectExternalBroker(
      external(port),
      "emon",
      (message) => {
        taken.push(message);
        return Promise.resolve();
      },
      {
        onConnected: () => {
          subscribed.resolve(undefined);
        },
        onError: () => undefined,
      },
    );
    closers.push(() => source.close());
    await subscribed.promise;
    const meter = await client(port);
    await meter.publishAsync("other/a/E1", "1", { qos: 1 });
    await meter.publishAsync("emon/a/E1", "2", { qos: 1 });
    await expect.poll(() => taken.length).toBe(1);
    expect(taken[0]).toMatchObject({ topic: "emon/a/E1", retained: false });
  });

  test("marks what it had retained", async () => {
    const { port } = await broker(forward);
    const meter = await client(port);
    await meter.publishAsync("emon/a/E1", "7", { qos: 1, retain: true });
    const taken = Promise.withResolvers<RawMessage>();
    const source = connectExternalBroker(
      external(port),
      "emon",
      (message) => {
        taken.resolve(message);
        return Promise.resolve();
      },
      { onConnected: () => undefined, onError: () => undefined },
    );
    closers.push(() => source.close());
    expect(await taken.promise).toMatchObject({ topic: "emon/a/E1", retained: true });
  });

  test("keeps what is published while the oracle is away, and sends again what could not be taken", async () => {
    const { port } = await broker(forward);
    const taken: string[] = [];
    let failures = 0;
    async function listen() {
      const subscribed = Promise.withResolvers<undefined>();
      const source = connectExternalBroker(
        external(port),
        "emon",
        (message) => {
          if (failures-- > 0) return Promise.reject(new Error("disk full"));
          taken.push(text(message));
          return Promise.resolve();
        },
        {
          onConnected: () => {
            subscribed.resolve(undefined);
          },
          onError: () => undefined,
        },
      );
      await subscribed.promise;
      return source;
    }
    await (await listen()).close();
    const meter = await client(port);
    await meter.publishAsync("emon/a/E1", "1", { qos: 1 });
    await meter.publishAsync("emon/a/E1", "2", { qos: 1 });
    failures = 1;
    const source = await listen();
    closers.push(() => source.close());
    await expect.poll(() => new Set(taken), { timeout: 10_000 }).toEqual(new Set(["1", "2"]));
  });

  test("gets its credentials from files that only their owner can read", () => {
    const folder = mkdtempSync(join(tmpdir(), "broker-"));
    const file = join(folder, "username");
    writeFileSync(file, "oracle", { mode: 0o644 });
    const events = { onConnected: () => undefined, onError: () => undefined };
    expect(() => connectExternalBroker({ ...external(1), usernameFile: file }, "emon", forward, events)).toThrow(
      /mode 644/u,
    );
    rmSync(folder, { recursive: true });
  });
});
