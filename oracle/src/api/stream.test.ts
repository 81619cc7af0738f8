import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { createEventBook } from "./event-book.ts";
import { openStream, type StoredEvent, type Stream } from "./stream.ts";

const session = {
  id: "",
  wallet: "0x0000000000000000000000000000000000000001",
  begunMs: 0,
  usedMs: 0,
  expiresMs: 0,
} as const;
let server: ReturnType<typeof createServer>;
let port: number;
let responses: ServerResponse[];

beforeEach(async () => {
  responses = [];
  server = createServer((_request, response) => void responses.push(response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ({ port } = server.address() as AddressInfo);
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, "close");
});

const event = (seq: number): StoredEvent => ({
  id: `x-${seq}`,
  seq,
  meter: 1,
  name: "power",
  data: JSON.stringify({ padding: "x".repeat(1_000) }),
});

/** A connection whose owner does not read. */
async function deafReader() {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  socket.on("error", () => undefined);
  socket.pause();
  socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
  await expect.poll(() => responses.length, { timeout: 60_000 }).toBe(1);
  return socket;
}

describe("a reader that does not read", () => {
  test("is cut off before much waits for it, and is not written to any more", async () => {
    const socket = await deafReader();
    const [response] = responses;
    if (response === undefined) throw new Error("no response");
    const closed: Stream[] = [];
    const stream = openStream(response, { session, meters: [1], nowMs: () => 0 }, (one) => void closed.push(one));
    let most = 0;
    // The kernel takes some megabytes before anything has to be kept here.
    for (let seq = 0; seq < 200_000 && stream.isOpen(); seq++) {
      stream.send(event(seq));
      most = Math.max(most, response.writableLength);
      if (seq % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(stream.isOpen()).toBe(false);
    expect(most).toBeLessThan(300_000);
    await expect.poll(() => closed.length, { timeout: 60_000 }).toBe(1);
    stream.send(event(1));
    stream.end("nothing");
    socket.destroy();
  });
});

describe("the book of events", () => {
  const meters = new Set([1]);

  test("notes what is new, once", () => {
    const book = createEventBook();
    expect(book.note(1, "power", "", { netWatts: 1 })).toBeDefined();
    expect(book.note(1, "power", "", { netWatts: 1 })).toBeUndefined();
    expect(book.note(1, "power", "", { netWatts: 2 })).toBeDefined();
    expect(book.stateOf(meters).map(({ data }) => data)).toEqual(['{"netWatts":2}']);
  });

  test("knows what came after an event, until it has been too much, and then says so", () => {
    const book = createEventBook();
    const first = book.note(1, "power", "", { netWatts: 0 });
    for (let watts = 1; watts <= 255; watts++) book.note(1, "power", "", { netWatts: watts });
    expect(book.after(first?.id ?? "", meters)).toHaveLength(255);
    for (let watts = 256; watts <= 257; watts++) book.note(1, "power", "", { netWatts: watts });
    expect(book.after(first?.id ?? "", meters)).toBeUndefined();
  });

  test("cannot go on for a meter that it did not watch all the time", () => {
    const book = createEventBook();
    const first = book.note(1, "power", "", { netWatts: 0 });
    expect(book.after(first?.id ?? "", new Set([1, 2]))).toBeUndefined();
    book.forget(1);
    book.note(1, "power", "", { netWatts: 0 });
    expect(book.after("000000000000-1", meters)).toBeUndefined();
  });

  test("keeps a bounded state of each meter", () => {
    const book = createEventBook();
    for (let interval = 0; interval < 1_000; interval++) book.note(1, "interval", String(interval), { interval });
    expect(book.stateOf(meters)).toHaveLength(64);
  });
});
