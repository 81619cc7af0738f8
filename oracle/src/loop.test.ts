import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { startLoop } from "./loop.ts";

let stop: AbortController;
beforeEach(() => {
  stop = new AbortController();
});
afterEach(() => {
  stop.abort();
});

const options = (pauseMs: number, pauses: number[] = []) => ({
  pauseMs,
  signal: stop.signal,
  onError: (_error: unknown, waitMs: number) => {
    pauses.push(waitMs);
  },
});

describe("a loop", () => {
  test("goes on at once while there is work, and ends when it is told to", async () => {
    let rounds = 0;
    const loop = startLoop(() => {
      rounds++;
      if (rounds === 5) stop.abort();
      return Promise.resolve(true);
    }, options(1_000_000));
    await loop.done;
    expect(rounds).toBe(5);
  });

  test("can be woken from its pause", async () => {
    const step = vi.fn(() => Promise.resolve(false));
    const loop = startLoop(step, options(1_000_000));
    await expect.poll(() => step.mock.calls.length).toBe(1);
    loop.wake();
    await expect.poll(() => step.mock.calls.length).toBe(2);
    stop.abort();
    await loop.done;
  });

  test("does not lose a wake that comes during a round", async () => {
    let rounds = 0;
    const loop = startLoop(async () => {
      await Promise.resolve();
      if (++rounds === 1) loop.wake();
      else stop.abort();
      return false;
    }, options(1_000_000));
    await loop.done;
    expect(rounds).toBe(2);
  });

  test("pauses longer after each failure and starts over after a success", async () => {
    const pauses: number[] = [];
    let rounds = 0;
    const loop = startLoop(
      () => {
        rounds++;
        if (rounds === 6) stop.abort();
        return rounds === 4 ? Promise.resolve(true) : Promise.reject(new Error("no node"));
      },
      options(1, pauses),
    );
    await loop.done;
    expect(pauses).toEqual([1, 2, 4, 1]);
  });

  test("leaves behind a round that does not end", async () => {
    const loop = startLoop(() => new Promise(() => undefined), { ...options(10), lastRoundMs: 1 });
    stop.abort();
    await loop.done;
  });
});
