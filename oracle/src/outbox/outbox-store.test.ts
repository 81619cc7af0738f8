import { type DayProfile, MEASURED } from "@commonwatt/sdk/profile";
import { day } from "@commonwatt/sdk/time";
import type { Address, Hex } from "viem";
import { beforeEach, describe, expect, test } from "vitest";

import { openSqlite } from "../storage/sqlite.ts";
import { createOutboxStore, type OutboxStore, type Route } from "./outbox-store.ts";

const DEVICE: Address = "0x00000000000000000000000000000000000000d1";
const TRANSACTION: Hex = `0x${"ab".repeat(32)}`;
const DAY = 20_600;

let outbox: OutboxStore;
beforeEach(async () => {
  outbox = createOutboxStore(await openSqlite(":memory:"));
});

function profileOf(number: number): DayProfile {
  const lanes = () => Array<number>(96).fill(1);
  const quality = Array<typeof MEASURED>(96).fill(MEASURED);
  return { day: day(number), importRegister: 96n, exportRegister: 96n, quality, imports: lanes(), exports: lanes() };
}

async function add(meter: number, number: number, route: Route, signed = true): Promise<number> {
  await outbox.add(meter, profileOf(number), route);
  const id = (await outbox.find(meter, number))?.id ?? 0;
  if (signed) await outbox.markSigned(id, DEVICE, "0x");
  return id;
}

describe("profiles that wait for a settlement", () => {
  test("are kept from being recorded, and hold back the later days of their meter", async () => {
    await add(1, DAY, "share");
    await add(1, DAY + 1, "record");
    await add(2, DAY + 1, "record");
    expect((await outbox.toSend(0, 10)).map(({ meter }) => meter)).toEqual([2]);
    expect(await outbox.waiting()).toEqual([{ id: 1, meter: 1, day: DAY, device: DEVICE, nextAttemptMs: 0 }]);
  });

  test("come in order of their days, once they are signed", async () => {
    await add(2, DAY + 1, "share");
    await add(1, DAY + 1, "share");
    await add(3, DAY, "share");
    await add(4, DAY, "share", false);
    expect((await outbox.waiting()).map(({ meter, day: of }) => [meter, of])).toEqual([
      [3, DAY],
      [1, DAY + 1],
      [2, DAY + 1],
    ]);
  });

  test.each(["settled", "late"] as const)("are %s with the transaction that did it", async (state) => {
    await outbox.markShared(await add(1, DAY, "share"), state, TRANSACTION);
    expect(await outbox.waiting()).toEqual([]);
    expect(await outbox.find(1, DAY)).toMatchObject({ state, transactionHash: TRANSACTION });
    expect(await outbox.counts()).toMatchObject({ [state]: 1, signed: 0 });
  });

  test("go the other way, and back, without a pause", async () => {
    const id = await add(1, DAY, "share");
    await outbox.postpone(id, 1_000, "a setback");
    expect(await outbox.waiting()).toMatchObject([{ nextAttemptMs: 1_000 }]);
    await outbox.reroute(id, "record");
    expect(await outbox.toSend(0, 10)).toMatchObject([{ id, route: "record" }]);
    await outbox.reroute(id, "share");
    expect(await outbox.waiting()).toMatchObject([{ id, nextAttemptMs: 0 }]);
  });
});

test("the outbox names the first day of each meter that is still to be recorded", async () => {
  await add(1, DAY + 1, "record");
  await add(1, DAY, "record", false);
  await add(2, DAY, "share");
  const recorded = await add(3, DAY, "record");
  await outbox.markRecorded(recorded, TRANSACTION);
  expect(await outbox.unrecorded()).toEqual(new Map([[1, DAY]]));
  expect(await outbox.find(9, DAY)).toBeUndefined();
});

describe("profiles on their way into a transaction", () => {
  test("are all of them sent, or none", async () => {
    const ids = [await add(1, DAY, "record"), await add(2, DAY, "record")];
    await outbox.markSent(await rows(), 7);
    expect((await outbox.inTransaction(7)).map(({ id }) => id)).toEqual(ids);
  });

  test("are not sent with a signature that was taken back meanwhile", async () => {
    const id = await add(1, DAY, "record");
    const chosen = await rows();
    await outbox.unsign(id);
    await expect(outbox.markSent(chosen, 7)).rejects.toThrow("is not signed any more as it was to be sent");
    expect((await outbox.find(1, DAY))?.state).toBe("closed");
  });

  test("are not sent with the signature of a device that was replaced meanwhile", async () => {
    const id = await add(1, DAY, "record");
    const chosen = await rows();
    await outbox.unsign(id);
    await outbox.markSigned(id, "0x00000000000000000000000000000000000000d2", "0x22");
    await expect(outbox.markSent(chosen, 7)).rejects.toThrow("is not signed any more as it was to be sent");
    expect((await outbox.find(1, DAY))?.state).toBe("signed");
  });

  const rows = () => outbox.toSend(0, 10);
});
