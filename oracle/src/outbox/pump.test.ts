import { type DayProfile, MEASURED } from "@commonwatt/sdk/profile";
import { day } from "@commonwatt/sdk/time";
import { pino } from "pino";
import type { Address, Hex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { describe, expect, test } from "vitest";

import type { BatchOutcome, Recorder } from "../chain/recorder.ts";
import type { ChainRefusal } from "../chain/refusal.ts";
import { openSqlite } from "../storage/sqlite.ts";
import { createOutboxStore } from "./outbox-store.ts";
import { pumpOutbox } from "./pump.ts";

const DAY = 20_000;
const DEVICE: Address = "0x00000000000000000000000000000000000000d1";
const never: ChainRefusal = { error: "RegisterBackwards", reason: "The register went back.", verdict: "never" };
const later: ChainRefusal = { error: "UnknownDevice", reason: "The device is not registered.", verdict: "later" };
const consumed: ChainRefusal = {
  error: "DayNotAfterLast",
  reason: "The day is not after the last.",
  verdict: "consumed",
};

const signature = await privateKeyToAccount(`0x${"1".repeat(64)}`).signMessage({ message: "any canonical signature" });

function profileOf(number: number): DayProfile {
  return {
    day: day(number),
    importRegister: 96n,
    exportRegister: 0n,
    quality: Array<typeof MEASURED>(96).fill(MEASURED),
    imports: Array<number>(96).fill(1),
    exports: Array<number>(96).fill(0),
  };
}

/** The contract's part played by the book: refusals by day, and what each transaction did. */
async function createScene({ maxBatch = 16, maxAttempts = 3 } = {}) {
  const database = await openSqlite(":memory:");
  const outbox = createOutboxStore(database);
  let nowMs = 0;
  const scene = {
    outbox,
    refusals: new Map<number, ChainRefusal>(),
    sent: [] as { days: number[]; attempt: number }[],
    outcomes: [] as (BatchOutcome | Error)[],
    found: undefined as { transactionHash: Hex; importRegister: bigint; exportRegister: bigint } | undefined,
    async add(meter: number, number: number) {
      await outbox.add(meter, profileOf(number));
      for (const row of await outbox.toSign(100)) await outbox.markSigned(row.id, DEVICE, signature);
    },
    pass(seconds: number) {
      nowMs += seconds * 1000;
    },
    pump: () =>
      pumpOutbox({
        outbox,
        recorder,
        submission: { maxBatch, retrySeconds: 5, maxAttempts, receiptTimeoutSeconds: 1 },
        nowMs: () => nowMs,
        log: pino({ level: "silent" }),
      }),
  };
  const recorder: Recorder = {
    device: () => Promise.reject(new Error("not asked for")),
    queuedSettings: () => Promise.reject(new Error("not asked for")),
    simulateMany: (profiles) => Promise.resolve(profiles.filter((entry) => !scene.refusals.has(entry.day)).length),
    simulate: (profile) => Promise.resolve(scene.refusals.get(profile.day)),
    send(profiles, attempt) {
      scene.sent.push({ days: profiles.map((entry) => entry.day), attempt });
      const hash: Hex = `0x${scene.sent.length.toString(16).padStart(64, "0")}`;
      return Promise.resolve(hash);
    },
    outcome() {
      const next = scene.outcomes.shift();
      if (next instanceof Error) return Promise.reject(next);
      const recorded = (scene.sent.at(-1)?.days ?? []).map((number) => ({ device: DEVICE, day: number }));
      return Promise.resolve(next ?? { status: "mined", recorded, skipped: new Map() });
    },
    findRecorded: () => Promise.resolve(scene.found),
  };
  return scene;
}

describe("the outbox", () => {
  test("has nothing to do when it is empty", async () => {
    expect(await (await createScene()).pump()).toBe(false);
  });

  test("sends the waiting profiles in one transaction, one of each meter, in order of days", async () => {
    const scene = await createScene();
    // Meter 1 waits with two days, and another device's day comes between; the days here only tell them apart.
    await scene.add(1, DAY);
    await scene.add(1, DAY + 2);
    await scene.add(2, DAY + 1);
    await scene.pump();
    expect(scene.sent.map(({ days }) => days)).toEqual([[DAY, DAY + 1]]);
    await scene.pump();
    expect(scene.sent.map(({ days }) => days)).toEqual([[DAY, DAY + 1], [DAY + 2]]);
    expect(await scene.outbox.counts()).toMatchObject({ recorded: 3, signed: 0, sent: 0 });
  });

  test("keeps to the greatest batch", async () => {
    const scene = await createScene({ maxBatch: 2 });
    for (const meter of [1, 2, 3]) await scene.add(meter, DAY);
    await scene.pump();
    expect(scene.sent[0]?.days).toHaveLength(2);
  });

  test("parks what the contract will never accept, with the reason, and sends the rest", async () => {
    const scene = await createScene();
    await scene.add(1, DAY);
    await scene.add(2, DAY + 1);
    scene.refusals.set(DAY, never);
    await scene.pump();
    expect(scene.sent.map(({ days }) => days)).toEqual([[DAY + 1]]);
    expect(await scene.outbox.counts()).toMatchObject({ parked: 1, recorded: 1 });
  });

  test("leaves a day on which the meter shares to the settlement", async () => {
    const scene = await createScene();
    await scene.add(1, DAY);
    scene.refusals.set(DAY, { error: "IsSharing", reason: "the meter shares", verdict: "shared" });
    await scene.pump();
    expect(scene.sent).toEqual([]);
    expect(await scene.outbox.waiting()).toMatchObject([{ meter: 1, day: DAY, device: DEVICE }]);
    expect(await scene.pump()).toBe(false);
  });

  test("a parked day does not hold up the next day of its meter", async () => {
    const scene = await createScene();
    await scene.add(1, DAY);
    await scene.add(1, DAY + 1);
    scene.refusals.set(DAY, never);
    await scene.pump();
    await scene.pump();
    expect(scene.sent.map(({ days }) => days)).toEqual([[DAY + 1]]);
  });

  test("tries again later, in growing pauses, and the meter's next day waits meanwhile", async () => {
    const scene = await createScene();
    await scene.add(1, DAY);
    await scene.add(1, DAY + 1);
    scene.refusals.set(DAY, later);
    await scene.pump();
    expect(await scene.pump()).toBe(false);
    scene.pass(5);
    await scene.pump();
    scene.pass(9);
    expect(await scene.pump()).toBe(false);
    scene.refusals.clear();
    scene.pass(1);
    await scene.pump();
    expect(scene.sent.map(({ days }) => days)).toEqual([[DAY]]);
  });

  test("gives up after the greatest number of attempts, and says so", async () => {
    const scene = await createScene({ maxAttempts: 2 });
    await scene.add(1, DAY);
    scene.refusals.set(DAY, later);
    await scene.pump();
    scene.pass(5);
    await scene.pump();
    expect(await scene.outbox.counts()).toMatchObject({ parked: 1 });
  });

  test("learns from the receipt which profile was skipped, and why", async () => {
    const scene = await createScene();
    for (const meter of [1, 2, 3]) await scene.add(meter, DAY + meter);
    const recorded = [DAY + 1, DAY + 3].map((number) => ({ device: DEVICE, day: number }));
    scene.outcomes.push({ status: "mined", recorded, skipped: new Map([[1, never]]) });
    await scene.pump();
    expect(await scene.outbox.counts()).toMatchObject({ recorded: 2, parked: 1 });
  });

  test("sends again, at a higher fee, what was not mined or failed", async () => {
    const scene = await createScene({ maxAttempts: 5 });
    await scene.add(1, DAY);
    scene.outcomes.push({ status: "unknown" }, { status: "reverted" });
    await scene.pump();
    scene.pass(60);
    await scene.pump();
    scene.pass(60);
    await scene.pump();
    expect(scene.sent.map(({ attempt }) => attempt)).toEqual([0, 1, 2]);
    expect(await scene.outbox.counts()).toMatchObject({ recorded: 1 });
  });

  test("after a crash with a transaction under way asks what became of it before it sends anything", async () => {
    const scene = await createScene();
    await scene.add(1, DAY);
    scene.outcomes.push(new Error("the node is gone"));
    await expect(scene.pump()).rejects.toThrow("the node is gone");
    expect(await scene.outbox.counts()).toMatchObject({ sent: 1 });
    await scene.pump();
    expect(scene.sent).toHaveLength(1);
    expect(await scene.outbox.counts()).toMatchObject({ recorded: 1 });
  });

  test("after a crash right after sending finds its profile on chain and counts it as recorded", async () => {
    const scene = await createScene();
    await scene.add(1, DAY);
    scene.refusals.set(DAY, consumed);
    scene.found = { transactionHash: "0xabc", importRegister: 96n, exportRegister: 0n };
    await scene.pump();
    expect(scene.sent).toEqual([]);
    expect(await scene.outbox.counts()).toMatchObject({ recorded: 1 });
  });

  test("parks a day that another profile, or a later day, has taken", async () => {
    const scene = await createScene();
    await scene.add(1, DAY);
    await scene.add(2, DAY);
    scene.refusals.set(DAY, consumed);
    scene.found = { transactionHash: "0xabc", importRegister: 97n, exportRegister: 0n };
    await scene.pump();
    expect(await scene.outbox.counts()).toMatchObject({ parked: 2 });
  });
});
