import { describe, expect, test } from "vitest";

import { createChainClock } from "./clock.ts";

function nodeShowing(...timestamps: bigint[]) {
  let calls = 0;
  const getBlock = () => Promise.resolve({ timestamp: timestamps[Math.min(calls++, timestamps.length - 1)] ?? 0n });
  return { client: { getBlock } as unknown as Parameters<typeof createChainClock>[0], calls: () => calls };
}

describe("the chain's clock", () => {
  test("shows the latest block's time as of the last refresh", async () => {
    const clock = createChainClock(nodeShowing(100n, 200n).client);
    expect(clock.nowMs()).toBe(0);
    await clock.refresh();
    expect(clock.nowMs()).toBe(100_000);
    await clock.refresh();
    expect(clock.nowMs()).toBe(200_000);
  });

  test("never goes back", async () => {
    const clock = createChainClock(nodeShowing(200n, 100n).client);
    await clock.refresh();
    await clock.refresh();
    expect(clock.nowMs()).toBe(200_000);
  });

  test("asked by many at once looks once; asked during a look, looks again", async () => {
    const node = nodeShowing(100n, 200n, 300n);
    const clock = createChainClock(node.client);
    const first = [clock.refresh(), clock.refresh(), clock.refresh()];
    await expect.poll(node.calls).toBe(1);
    await Promise.all(first);
    const early = clock.refresh();
    // The look has begun: what it sees may be older than this call.
    await Promise.resolve();
    await Promise.all([early, clock.refresh(), clock.refresh()]);
    expect(node.calls()).toBe(3);
    expect(clock.nowMs()).toBe(300_000);
  });

  test("says when the node does not answer, and looks again the next time", async () => {
    let fails = true;
    const getBlock = () => (fails ? Promise.reject(new Error("no node")) : Promise.resolve({ timestamp: 5n }));
    const clock = createChainClock({ getBlock } as unknown as Parameters<typeof createChainClock>[0]);
    await expect(Promise.all([clock.refresh(), clock.refresh()])).rejects.toThrow("no node");
    fails = false;
    await clock.refresh();
    expect(clock.nowMs()).toBe(5_000);
  });
});
