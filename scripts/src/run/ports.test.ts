import { createServer } from "node:net";

import { describe, expect, it } from "vitest";

import { freePorts, portFrom } from "./ports.ts";

describe("ports", () => {
  it("are free, different and on loopback", async () => {
    const ports = await freePorts(3);
    expect(new Set(ports).size).toBe(3);
  });

  it("passes over one that is taken", async () => {
    const [taken = 0] = await freePorts(1);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(taken, "127.0.0.1", resolve));
    expect(await portFrom(taken)).toBeGreaterThan(taken);
    await new Promise((resolve) => server.close(resolve));
    expect(await portFrom(taken)).toBe(taken);
  });
});
