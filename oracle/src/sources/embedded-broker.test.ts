import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";

import { describe, expect, it } from "vitest";

import { startEmbeddedBroker } from "./embedded-broker.ts";

const start = (port: number) =>
  startEmbeddedBroker(
    { host: "127.0.0.1", port },
    () => Promise.resolve(),
    () => undefined,
  );

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
});
