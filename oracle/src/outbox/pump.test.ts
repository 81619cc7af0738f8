import { type DayProfile, MEASURED } from "@commonwatt/sdk/profile";
import type { SignedProfile } from "@commonwatt/sdk/profile-signing";
import { day } from "@commonwatt/sdk/time";
import { pino } from "pino";
import type { Address, Hash, Hex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { describe, expect, test } from "vitest";

import { DisagreementError } from "../chain/endpoints/agree.ts";
import type { Recorder } from "../chain/recorder.ts";
import type { ChainRefusal } from "../chain/refusal.ts";
import { createTransactionStore } from "../chain/transactions/store.ts";
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

/** The contract's and the submitter's part played by the book: refusals by day, and what was sent. */
async function createScene({ maxBatch = 16, maxAttempts = 3 } = {}) {
  const database = await openSqlite(":memory:");
  const outbox = createOutboxStore(database);
  let nowMs = 0;
  const scene = {
    outbox,
    refusals: new Map<number, ChainRefusal>(),
    /** What the majority of the endpoints says, where it differs. */
    confirmed: new Map<number, ChainRefusal | undefined>(),
    /** What the endpoints contradict each other about. */
    disputed: new Set<number>(),
    /** Days of each transaction. */
    sent: [] as number[][],
    isFree: true,
    found: undefined as Awaited<ReturnType<Recorder["findRecorded"]>>,
    async add(meter: number, number: number) {
      await outbox.add(meter, profileOf(number));
      for (const row of await outbox.toSign(100)) await outbox.markSigned(row.id, DEVICE, signature);
    },
    pass(seconds: number) {
      nowMs += seconds * 1000;
    },
    /** The last transaction gets into a block. */
    async mine(fulfilled = true) {
      const hash: Hash = `0x${"a".repeat(64)}`;
      await createTransactionStore(database).setMined(scene.sent.length, {
        hash,
        block: { number: 1n, hash },
        fulfilled,
      });
    },
    pump: () =>
      pumpOutbox({
        outbox,
        recorder,
        submitter: {
          isFree: () => scene.isFree,
          async send(order, link) {
            const nonce = scene.sent.push(JSON.parse(order.data) as number[]);
            const hash: Hash = `0x${nonce.toString(16).padStart(64, "0")}`;
            const attempt = { hash, maxFeePerGas: 1n, maxPriorityFeePerGas: 1n, signedMs: 0 };
            await database.transaction(async (sql) => {
              const transaction = { ...order, account: DEVICE, nonce, note: undefined };
              await link?.(sql, await createTransactionStore(sql).add(transaction, attempt, "0x"));
            });
            return true;
          },
        },
        submission: { maxBatch, retrySeconds: 5, maxAttempts },
        nowMs: () => nowMs,
        log: pino({ level: "silent" }),
      }),
  };
  const recorder = {
    recordingOf: (profiles: readonly SignedProfile[]) => ({
      to: DEVICE,
      data: JSON.stringify(profiles.map((entry) => entry.day)) as Hex,
      gas: 1n,
    }),
    simulateMany: (profiles: readonly SignedProfile[]) =>
      Promise.resolve(profiles.filter((entry) => !scene.refusals.has(entry.day)).length),
    simulate: (profile: SignedProfile) => Promise.resolve(scene.refusals.get(profile.day)),
    confirmRefusal: (profile: SignedProfile) =>
      scene.disputed.has(profile.day)
        ? Promise.reject(new DisagreementError("eth_call", []))
        : Promise.resolve((scene.confirmed.has(profile.day) ? scene.confirmed : scene.refusals).get(profile.day)),
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
    expect(scene.sent).toEqual([[DAY, DAY + 1]]);
    await scene.mine();
    await scene.pump();
    expect(scene.sent).toEqual([[DAY, DAY + 1], [DAY + 2]]);
    expect(await scene.outbox.counts()).toMatchObject({ recorded: 0, signed: 0, sent: 3 });
  });

  test("sends nothing while a transaction is not mined", async () => {
    const scene = await createScene();
    await scene.add(1, DAY);
    scene.isFree = false;
    expect(await scene.pump()).toBe(false);
    expect(scene.sent).toEqual([]);
  });

  test("keeps a meter's next day back until the day before is in a block and was not skipped there", async () => {
    const scene = await createScene();
    await scene.add(1, DAY);
    await scene.add(1, DAY + 1);
    await scene.pump();
    expect(await scene.pump()).toBe(false);
    await scene.mine(false);
    expect(await scene.pump()).toBe(false);
    await scene.mine();
    await scene.pump();
    expect(scene.sent).toEqual([[DAY], [DAY + 1]]);
  });

  test("keeps to the greatest batch", async () => {
    const scene = await createScene({ maxBatch: 2 });
    for (const meter of [1, 2, 3]) await scene.add(meter, DAY);
    await scene.pump();
    expect(scene.sent[0]).toHaveLength(2);
  });

  test("parks what the contract will never accept, with the reason, and sends the rest", async () => {
    const scene = await createScene();
    await scene.add(1, DAY);
    await scene.add(2, DAY + 1);
    scene.refusals.set(DAY, never);
    await scene.pump();
    expect(scene.sent).toEqual([[DAY + 1]]);
    expect(await scene.outbox.counts()).toMatchObject({ parked: 1, sent: 1 });
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
    expect(scene.sent).toEqual([[DAY + 1]]);
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
    expect(scene.sent).toEqual([[DAY]]);
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

  test.each([never, later, consumed])("sends what one endpoint refuses ($error) and the others do not", async (lie) => {
    const scene = await createScene({ maxAttempts: 1 });
    await scene.add(1, DAY);
    scene.refusals.set(DAY, lie);
    scene.confirmed.set(DAY, undefined);
    await scene.pump();
    expect(scene.sent).toEqual([[DAY]]);
    expect(await scene.outbox.counts()).toMatchObject({ parked: 0, sent: 1 });
  });

  test("goes by what the majority says of it where one endpoint says worse", async () => {
    const scene = await createScene();
    await scene.add(1, DAY);
    scene.refusals.set(DAY, never);
    scene.confirmed.set(DAY, later);
    await scene.pump();
    expect(await scene.outbox.counts()).toMatchObject({ parked: 0, signed: 1 });
  });

  test("what the endpoints contradict each other about waits, and holds up no other meter", async () => {
    const scene = await createScene({ maxAttempts: 1 });
    await scene.add(1, DAY);
    await scene.add(2, DAY + 1);
    scene.refusals.set(DAY, never);
    scene.disputed.add(DAY);
    await scene.pump();
    expect(scene.sent).toEqual([[DAY + 1]]);
    await expect(scene.pump()).rejects.toThrow(DisagreementError);
    expect(await scene.outbox.counts()).toMatchObject({ parked: 0, signed: 1, sent: 1 });
  });

  test("waits for the depth of a recording that is not its own", async () => {
    const scene = await createScene();
    await scene.add(1, DAY);
    scene.refusals.set(DAY, consumed);
    scene.found = "too-new";
    await scene.pump();
    expect(await scene.outbox.counts()).toMatchObject({ parked: 0, signed: 1 });
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
