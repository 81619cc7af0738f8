import { type DayProfile, MEASURED } from "@commonwatt/sdk/profile";
import { day } from "@commonwatt/sdk/time";
import { pino } from "pino";
import type { Address, Hex } from "viem";
import { expect, test } from "vitest";

import type { MeterOnChain, SettledDay } from "../chain/market.ts";
import { createOutboxStore } from "../outbox/outbox-store.ts";
import { openSqlite } from "../storage/sqlite.ts";
import { reconcile } from "./reconcile.ts";

const DAY = 20_600;
const DEVICE: Address = "0x00000000000000000000000000000000000000d1";
const SETTLEMENT: Hex = `0x${"aa".repeat(32)}`;
const LATE: Hex = `0x${"bb".repeat(32)}`;

/** Meter 1 waits with the profile of `DAY`; the chain says the rest. */
async function createScene(
  state: { lastDay: number; sharing: boolean },
  events: { settled?: number[]; late?: Hex } = {},
) {
  const outbox = createOutboxStore(await openSqlite(":memory:"));
  const lanes = () => Array<number>(96).fill(0);
  const quality = Array<typeof MEASURED>(96).fill(MEASURED);
  const profile: DayProfile = {
    day: day(DAY),
    importRegister: 0n,
    exportRegister: 0n,
    quality,
    imports: lanes(),
    exports: lanes(),
  };
  await outbox.add(1, profile, "share");
  await outbox.markSigned(1, DEVICE, "0x");
  const settledDay: SettledDay | undefined = events.settled && {
    transactionHash: SETTLEMENT,
    meters: new Set(events.settled),
    clearedWh: 0n,
    treasuryBaseUnits: 0n,
    unfunded: [],
    skipped: [],
  };
  const chain = {
    settledDay: () => Promise.resolve(settledDay),
    lateTransaction: () => Promise.resolve(events.late),
  };
  const meter: MeterOnChain = {
    meter: 1,
    device: DEVICE,
    settings: undefined,
    deviceDay: undefined,
    state: {
      meter: 1,
      active: true,
      importRegister: 0n,
      exportRegister: 0n,
      capUnits: 100,
      unitExponent: 0,
      community: state.sharing,
      seat: 0,
      settingsQueued: false,
      deviceQueued: false,
      askTicks: 0,
      bidTicks: 0,
      balanceBaseUnits: 0n,
      ...state,
    },
  };
  const market = { day: DAY, openedAt: 0, settledAt: 0, paused: false, forcedCount: 0 };
  const snapshot = { block: 1n, market, closingWindowSeconds: 7_200, meters: [meter] };
  const others = snapshot.meters;
  const log = pino({ level: "silent" });
  return { outbox, meter, others, run: () => reconcile({ chain, outbox, log }, snapshot) };
}

test("a profile whose day is not consumed goes on waiting", async () => {
  const { outbox, run } = await createScene({ lastDay: DAY - 1, sharing: true });
  expect(await run()).toBe(false);
  expect(await outbox.waiting()).toHaveLength(1);
});

test("a profile in a settlement, whoever sent it, is settled", async () => {
  const { outbox, run } = await createScene({ lastDay: DAY, sharing: true }, { settled: [7, 1] });
  expect(await run()).toBe(true);
  expect(await outbox.find(1, DAY)).toMatchObject({ state: "settled", transactionHash: SETTLEMENT });
});

test("a profile recorded after its day closed without it is late", async () => {
  const { outbox, run } = await createScene({ lastDay: DAY + 1, sharing: true }, { settled: [7], late: LATE });
  expect(await run()).toBe(true);
  expect(await outbox.find(1, DAY)).toMatchObject({ state: "late", transactionHash: LATE });
});

test("a profile that the chain has passed by is parked", async () => {
  const { outbox, run } = await createScene({ lastDay: DAY + 1, sharing: true }, { settled: [7] });
  expect(await run()).toBe(true);
  expect(await outbox.find(1, DAY)).toMatchObject({ state: "parked", reason: "the chain is past this day" });
});

test("a profile of a day on which its meter trades by hand goes to be recorded", async () => {
  const { outbox, run } = await createScene({ lastDay: DAY - 1, sharing: false });
  expect(await run()).toBe(true);
  expect(await outbox.toSend(0, 10)).toMatchObject([{ meter: 1, route: "record" }]);
});

test.each(["settled", "late"] as const)(
  "a %s profile whose block is gone waits again, and settles again",
  async (state) => {
    const { outbox, run, meter } = await createScene({ lastDay: DAY - 1, sharing: true }, { settled: [1] });
    await outbox.markShared(1, state, LATE);
    expect(await run()).toBe(true);
    expect(await outbox.find(1, DAY)).toMatchObject({ state: "signed", route: "share", transactionHash: undefined });
    expect(await outbox.waiting()).toMatchObject([{ meter: 1, day: DAY, nextAttemptMs: 0 }]);
    expect(await run()).toBe(false);
    meter.state.lastDay = DAY;
    expect(await run()).toBe(true);
    expect(await outbox.find(1, DAY)).toMatchObject({ state: "settled", transactionHash: SETTLEMENT });
  },
);

test("a settled profile stays settled while the chain has its day, whatever other meters have", async () => {
  const { outbox, run, meter, others } = await createScene({ lastDay: DAY, sharing: true });
  await outbox.markShared(1, "settled", SETTLEMENT);
  others.push({ ...meter, meter: 2, state: { ...meter.state, meter: 2, lastDay: DAY - 5 } });
  expect(await run()).toBe(false);
  expect(await outbox.find(1, DAY)).toMatchObject({ state: "settled" });
});

test("nothing is taken back of a meter that the chain shows nothing of", async () => {
  const { outbox, run, meter } = await createScene({ lastDay: DAY - 1, sharing: true });
  await outbox.markShared(1, "settled", SETTLEMENT);
  meter.meter = 2;
  expect(await run()).toBe(false);
  expect(await outbox.find(1, DAY)).toMatchObject({ state: "settled" });
});
