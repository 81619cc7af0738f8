import { pino } from "pino";
import { type Address, BaseError } from "viem";
import { expect, test } from "vitest";

import { createHarness, HARNESS_DAY } from "../../test/support/pipeline-harness.ts";
import type { DeviceOnChain } from "../chain/recorder.ts";
import { createOutboxStore } from "../outbox/outbox-store.ts";
import { createCloser } from "./close-due.ts";

const deviceOf = (meter: number): Address => `0x${String(meter).padStart(40, "0")}`;

/** Two meters whose first day is over; the registry says of each what it is told to, or fails. */
async function createScene() {
  const meters = [1, 2].map((meter) => ({
    meter,
    node: `home-${meter}`,
    fuseWatts: 17_250,
    inputs: [{ input: "I", meaning: "importWh" }],
  }));
  const harness = await createHarness({ meters });
  for (const { node } of meters) {
    for (let quarter = 0; quarter <= 96; quarter++) await harness.send(quarter * 900, { I: 5_000 + quarter }, node);
  }
  const answers = new Map<number, Partial<DeviceOnChain> | Error>();
  const recorder = {
    device(device: Address) {
      const meter = Number(device);
      const answer = answers.get(meter);
      if (answer instanceof Error) return Promise.reject(answer);
      return Promise.resolve({ ...REGISTERED, meter, ...answer });
    },
    queuedSettings: () => Promise.reject(new Error("not asked for")),
  };
  const said: { event: string; meter: number }[] = [];
  const log = pino({}, { write: (line: string) => said.push(JSON.parse(line) as (typeof said)[number]) });
  const outbox = createOutboxStore(harness.database);
  const devices = new Map(meters.map(({ meter }) => [meter, deviceOf(meter)]));
  const close = createCloser({ ...harness, registration: { recorder, devices, log } });
  return {
    close,
    answers,
    complaints: () => said.filter(({ event }) => event === "not-closed").map(({ meter }) => meter),
    closed: async () => (await outbox.toSign(10)).map(({ meter }) => meter),
  };
}

const REGISTERED: DeviceOnChain = {
  meter: 1,
  active: true,
  lastDay: HARNESS_DAY - 1,
  importRegister: 0n,
  exportRegister: 0n,
  capUnits: 5_000,
  unitExponent: 0,
  sharing: false,
  community: false,
  seat: 0,
  settingsQueued: false,
  deviceQueued: false,
  askTicks: 0,
  bidTicks: 0,
  balanceBaseUnits: 0n,
};

test("a meter that contradicts the chain holds up no other, and is complained of once", async () => {
  const { close, answers, complaints, closed } = await createScene();
  answers.set(1, { unitExponent: 1 });
  expect(await close()).toBe(1);
  expect(await closed()).toEqual([2]);
  // Nothing is left to do but its days: the round is over all the same.
  expect(await close()).toBe(0);
  expect(complaints()).toEqual([1]);
});

test("a meter is closed when its trouble is over", async () => {
  const { close, answers, closed } = await createScene();
  answers.set(1, { unitExponent: 1 });
  await close();
  answers.clear();
  expect(await close()).toBe(1);
  expect((await closed()).toSorted()).toEqual([1, 2]);
});

test("a node that does not answer for one meter fails the round once the others are closed", async () => {
  const { close, answers, complaints, closed } = await createScene();
  answers.set(1, new BaseError("the node is gone"));
  await expect(close()).rejects.toThrow("the node is gone");
  expect(await closed()).toEqual([2]);
  expect(complaints()).toEqual([]);
});
