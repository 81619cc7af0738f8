import { type DayProfile, MEASURED } from "@commonwatt/sdk/profile";
import { day } from "@commonwatt/sdk/time";
import type { Address, Hex } from "viem";
import { beforeEach, describe, expect, test } from "vitest";

import { openDatabase } from "../storage/database.ts";
import { createOutboxStore, type OutboxStore, type Route } from "./outbox-store.ts";

const DEVICE: Address = "0x00000000000000000000000000000000000000d1";
const TRANSACTION: Hex = `0x${"ab".repeat(32)}`;
const DAY = 20_600;

let outbox: OutboxStore;
beforeEach(() => {
  outbox = createOutboxStore(openDatabase(":memory:"));
});

function profileOf(number: number): DayProfile {
  const lanes = () => Array<number>(96).fill(1);
  const quality = Array<typeof MEASURED>(96).fill(MEASURED);
  return { day: day(number), importRegister: 96n, exportRegister: 96n, quality, imports: lanes(), exports: lanes() };
}

function add(meter: number, number: number, route: Route, signed = true): number {
  outbox.add(meter, profileOf(number), route);
  const id = outbox.find(meter, number)?.id ?? 0;
  if (signed) outbox.markSigned(id, DEVICE, "0x");
  return id;
}

describe("profiles that wait for a settlement", () => {
  test("are kept from being recorded, and hold back the later days of their meter", () => {
    add(1, DAY, "share");
    add(1, DAY + 1, "record");
    add(2, DAY + 1, "record");
    expect(outbox.toSend(0, 10).map(({ meter }) => meter)).toEqual([2]);
    expect(outbox.waiting()).toEqual([{ id: 1, meter: 1, day: DAY, device: DEVICE, nextAttemptMs: 0 }]);
  });

  test("come in order of their days, once they are signed", () => {
    add(2, DAY + 1, "share");
    add(1, DAY + 1, "share");
    add(3, DAY, "share");
    add(4, DAY, "share", false);
    expect(outbox.waiting().map(({ meter, day: of }) => [meter, of])).toEqual([
      [3, DAY],
      [1, DAY + 1],
      [2, DAY + 1],
    ]);
  });

  test.each(["settled", "late"] as const)("are %s with the transaction that did it", (state) => {
    outbox.markShared(add(1, DAY, "share"), state, TRANSACTION);
    expect(outbox.waiting()).toEqual([]);
    expect(outbox.find(1, DAY)).toMatchObject({ state, transactionHash: TRANSACTION });
    expect(outbox.counts()).toMatchObject({ [state]: 1, signed: 0 });
  });

  test("go the other way, and back, without a pause", () => {
    const id = add(1, DAY, "share");
    outbox.postpone(id, 1_000, "a setback");
    expect(outbox.waiting()).toMatchObject([{ nextAttemptMs: 1_000 }]);
    outbox.reroute(id, "record");
    expect(outbox.toSend(0, 10)).toMatchObject([{ id, route: "record" }]);
    outbox.reroute(id, "share");
    expect(outbox.waiting()).toMatchObject([{ id, nextAttemptMs: 0 }]);
  });
});

test("the outbox names the first day of each meter that is still to be recorded", () => {
  add(1, DAY + 1, "record");
  add(1, DAY, "record", false);
  add(2, DAY, "share");
  const recorded = add(3, DAY, "record");
  outbox.markRecorded(recorded, TRANSACTION);
  expect(outbox.unrecorded()).toEqual(new Map([[1, DAY]]));
  expect(outbox.find(9, DAY)).toBeUndefined();
});
