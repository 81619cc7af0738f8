import { MEASURED, type Quality } from "@commonwatt/sdk/profile";
import { type Day, day } from "@commonwatt/sdk/time";
import { pino } from "pino";
import type { Address, Hex } from "viem";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { createOutboxStore } from "../outbox/outbox-store.ts";
import type { Database } from "../storage/sql.ts";
import { openSqlite } from "../storage/sqlite.ts";
import { createDayStore, type DayStore, prepareDayStore } from "./day-store.ts";
import type { GatewayMeter } from "./gateway-config.ts";
import { createShowing } from "./show-days.ts";

const FIRST = day(20_000);
const DEVICE: Address = "0x00000000000000000000000000000000000000d1";
const HASH: Hex = `0x${"ab".repeat(32)}`;

let database: Database;
let days: DayStore;
beforeEach(async () => {
  database = await openSqlite(":memory:");
  await prepareDayStore(database);
  days = createDayStore(database);
});
afterEach(() => database.close());

async function sign(meter: number, of: Day): Promise<void> {
  const outbox = createOutboxStore(database);
  const nothing = Array.from({ length: 96 }, () => 0);
  const quality = Array.from({ length: 96 }, (): Quality => MEASURED);
  const registers = { importRegister: 0n, exportRegister: 0n };
  await outbox.add(meter, { day: of, ...registers, imports: nothing, exports: nothing, quality }, "record");
  const row = await outbox.find(meter, of);
  await outbox.markSigned(row?.id ?? 0, DEVICE, `0x${"12".repeat(65)}`);
}

const claim = (meter: number, of: Day) =>
  days.tell({ meter, day: of, state: "recorded", digest: HASH, transaction: HASH, at: 0 }, "claimed", 0);

describe("a day that only the relay says is on chain", () => {
  test("is kept where the chain can be asked, however old it is, and one that is proven is not", async () => {
    for (const of of [FIRST, day(FIRST + 1)]) await sign(1, of);
    await claim(1, FIRST);
    await claim(1, day(FIRST + 1));
    await days.markProven(1, day(FIRST + 1));
    expect(await days.removeBefore(FIRST + 1_000, "proven", 10)).toBe(1);
    expect((await days.all()).map((of) => of.day)).toEqual([FIRST]);
    expect(await days.removeBefore(FIRST + 1_000, "claimed", 10)).toBe(1);
    expect(await days.all()).toEqual([]);
  });
});

test("days that nobody can prove do not keep others from being looked up", async () => {
  for (let index = 0; index < 20; index++) {
    await sign(1, day(FIRST + index));
    await claim(1, day(FIRST + index));
  }
  await sign(2, FIRST);
  const showing = createShowing({
    config: {
      neighbourhood: { chainId: 1, address: DEVICE },
      receipts: { alarmHours: 36, askSeconds: 900 },
      meters: [1, 2].map((meter) => ({ meter }) as GatewayMeter),
    },
    database,
    publish: () => false,
    proof: {
      head: () => Promise.reject(new Error("not asked")),
      device: () => Promise.reject(new Error("not asked")),
      isOnChain: ({ meter }) => Promise.resolve(meter === 2 ? true : "unknown"),
    },
    nowMs: () => 0,
    log: pino({ level: "silent" }),
  });
  const proven = [await showing.prove(), await showing.prove(), await showing.prove()];
  expect(proven).toEqual([0, 1, 0]);
  expect(await days.find(2, FIRST)).toMatchObject({ standing: "proven" });
});
