import { describe, expect, test } from "vitest";

import type { Decoded } from "../intake/intake.ts";
import { guardSources } from "./source-guard.ts";

const MINUTE = 60_000;
const HOME = {
  node: "home",
  inputs: [
    { input: "E1", meaning: "netWh" as const },
    { input: "car", meaning: "useWh" as const, use: "charging" as const },
  ],
};

function createScene() {
  let nowMs = 0;
  const taken: Decoded[] = [];
  const intake = { take: (decoded: Decoded) => Promise.resolve(void taken.push(decoded)) };
  const guarded = guardSources(intake, [HOME], () => nowMs);
  return {
    pass: (ms: number) => (nowMs += ms),
    /** Whether the message got through; if not, why. */
    send: async (source: string | undefined, node = "home", input = "E1"): Promise<true | string> => {
      const message = {
        node,
        timeMs: undefined,
        values: new Map([[input, 1]]),
        ...(source === undefined ? {} : { source }),
      };
      await guarded.take({ messages: [message], refusals: [] });
      const { messages = [], refusals = [] } = taken.pop() ?? {};
      return messages.length === 1 ? true : (refusals[0]?.detail ?? "nothing");
    },
  };
}

describe("an input of the config", () => {
  test("that comes in two ways is taken from the first, and the refusal names both", async () => {
    const { send, pass } = createScene();
    expect(await send("mqtt:emonhub")).toBe(true);
    for (let count = 0; count < 30; count++, pass(MINUTE)) {
      expect(await send("http:roof")).toBe(
        "from http:roof, expected from mqtt:emonhub alone: it sends this input already",
      );
      expect(await send("mqtt:emonhub")).toBe(true);
    }
  });

  test("may move to another way when the first has been silent for ten minutes", async () => {
    const { send, pass } = createScene();
    expect(await send("serial:/dev/ttyUSB0")).toBe(true);
    pass(10 * MINUTE - 1);
    expect(await send("http:roof")).toMatch(/^from http:roof/u);
    pass(1);
    expect(await send("http:roof")).toBe(true);
    expect(await send("serial:/dev/ttyUSB0")).toMatch(/^from serial:/u);
  });

  test("goes on where a client of the broker comes back under another name", async () => {
    const { send } = createScene();
    for (let connection = 0; connection < 50; connection++) {
      expect(await send(`mqtt:random-${connection}`)).toBe(true);
      expect(await send(`mqtt:random-${connection}`)).toBe(true);
    }
  });

  test("goes on where a client of the broker comes back under a name it had long ago", async () => {
    const { send, pass } = createScene();
    expect(await send("mqtt:one")).toBe(true);
    expect(await send("mqtt:two")).toBe(true);
    pass(6 * MINUTE);
    expect(await send("mqtt:two")).toBe(true);
    pass(6 * MINUTE);
    expect(await send("mqtt:one")).toBe(true);
  });

  test("that two clients of the broker send is taken from the newer one alone", async () => {
    const { send, pass } = createScene();
    expect(await send("mqtt:first")).toBe(true);
    for (let count = 0; count < 30; count++, pass(MINUTE)) {
      expect(await send("mqtt:second")).toBe(true);
      expect(await send("mqtt:first")).toMatch(/^from mqtt:first, expected from mqtt:second alone/u);
    }
    pass(10 * MINUTE);
    expect(await send("mqtt:first")).toBe(true);
  });

  test("may come from another source than the next input of its node", async () => {
    const { send } = createScene();
    for (let count = 0; count < 3; count++) {
      expect(await send("mqtt:emonhub")).toBe(true);
      expect(await send("http:car", "home", "car")).toBe(true);
      expect(await send("http:car", "home", "rssi")).toBe(true);
      expect(await send("mqtt:emonhub", "home", "rssi")).toBe(true);
    }
  });

  test("whose source nobody knows, and nodes that are not in the config, pass", async () => {
    const { send } = createScene();
    expect(await send("mqtt:a")).toBe(true);
    expect(await send(undefined)).toBe(true);
    expect(await send("mqtt:a", "stranger")).toBe(true);
    expect(await send("http:b", "stranger")).toBe(true);
  });
});

test("what else is in a batch is taken with its refusals", async () => {
  const taken: Decoded[] = [];
  const intake = { take: (decoded: Decoded) => Promise.resolve(void taken.push(decoded)) };
  const guarded = guardSources(
    intake,
    [
      { ...HOME, node: "a" },
      { ...HOME, node: "b" },
    ],
    () => 0,
  );
  const message = (node: string, source: string) => ({ node, source, timeMs: 1, values: new Map([["E1", 1]]) });
  await guarded.take({ messages: [message("a", "mqtt:x")], refusals: [] });
  await guarded.take({
    messages: [message("a", "http:y"), message("b", "http:y")],
    refusals: [{ reason: "malformed-time", node: "b", detail: "" }],
  });
  expect(taken[1]?.messages).toEqual([message("b", "http:y")]);
  expect(taken[1]?.refusals.map(({ reason, node }) => [reason, node])).toEqual([
    ["malformed-time", "b"],
    ["two-sources", "a"],
  ]);
});
