import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { describe, expect, it } from "vitest";

import { startEmbeddedBroker } from "./embedded-broker.ts";

const start = (port: number) =>
  startEmbeddedBroker(
    { host: "127.0.0.1", port },
    () => Promise.resolve(),
    () => undefined,
  );

/** An MQTT packet: its type and flags, its length, its parts. */
function packet(head: number, ...parts: Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const length: number[] = [];
  for (let rest = body.length; length.length === 0 || rest > 0; rest = Math.floor(rest / 128))
    length.push((rest % 128) + (rest >= 128 ? 128 : 0));
  return Buffer.concat([Buffer.from([head, ...length]), body]);
}

const word = (value: number) => Buffer.from([value >> 8, value & 0xff]);
const string = (text: string) => Buffer.concat([word(text.length), Buffer.from(text)]);

/** Publishes so many messages at QoS 2, hears that each has arrived, releases none, and goes away. */
async function leaveUnreleased(port: number, clientId: string, count: number, payload: Uint8Array): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  // MQTT 3.1.1, a session that is to be kept.
  socket.write(packet(0x10, string("MQTT"), Buffer.from([4, 0]), word(60), string(clientId)));
  for (let id = 1; id <= count; id++) socket.write(packet(0x34, string("emon/a/E1"), word(id), payload));
  let answered = 0;
  // CONNACK and PUBREC have four bytes each.
  for await (const chunk of socket as AsyncIterable<Uint8Array>) {
    answered += chunk.byteLength;
    if (answered >= 4 * (count + 1)) break;
  }
  socket.destroy();
}

function heldBytes(): number {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  return process.memoryUsage().arrayBuffers;
}

describe("the embedded broker", () => {
  it("names the address it cannot listen on, and leaves it usable afterwards", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;

    await expect(start(port)).rejects.toThrow(`The embedded broker cannot listen on 127.0.0.1:${port}: `);

    taken.close();
    await once(taken, "close");
    const broker = await start(port);
    expect(broker.port).toBe(port);
    await broker.close();
  });

  it("keeps nothing of messages of QoS 2 that their sender never releases", async () => {
    const broker = await start(0);
    const before = heldBytes();
    for (let client = 0; client < 20; client++)
      await leaveUnreleased(broker.port, `c${client}`, 50, Buffer.alloc(60_000));
    // 60 MB went through.
    expect(heldBytes() - before).toBeLessThan(6_000_000);
    await broker.close();
  });
});
