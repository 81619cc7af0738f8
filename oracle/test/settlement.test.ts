import { join } from "node:path";

import { type Day, day, dayEnd, dayOf, isoDay } from "@commonwatt/sdk/time";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import { createMarketReader } from "../src/chain/market.ts";
import { createReader } from "../src/chain/reader.ts";
import { createOutboxStore } from "../src/outbox/outbox-store.ts";
import { prepareSettlement } from "../src/settlement/prepare-settlement.ts";
import type { SettlementStatus } from "../src/settlement/status.ts";
import { createStreet } from "../src/settlement/street.ts";
import { openSqlite } from "../src/storage/sqlite.ts";
import { testEndpoints } from "./support/endpoints.ts";
import { CLOSING_WINDOW_SECONDS, COMMUNITY_PRICE_TICKS, NETWORK_CHARGE_TICKS } from "./support/local-chain.ts";
import {
  BY_HAND,
  COMMUNITY,
  createSharingScene,
  DEADLINE_SECONDS,
  type SharingScene,
} from "./support/sharing-scene.ts";

const FIRST = dayOf(1_780_000_000);
/** Wh that home 2 needs and home 1 has, each day. */
const HOME_2_WH = 60n * 96n;
const VOID_PAUSE_SECONDS = 64_800;

let scene: SharingScene;
/** The day under test: each test goes on to the next. */
let today: Day = FIRST;
const tomorrow = () => {
  today = day(today + 1);
};

beforeAll(async () => {
  scene = await createSharingScene(FIRST);
}, 120_000);
afterEach(() => {
  scene.oracle.killAll();
});
afterAll(() => scene.close());

type Running = Awaited<ReturnType<SharingScene["oracle"]["start"]>>;

const logs = (eventName: "DayAnnounced" | "DaySettled" | "LateRecorded" | "ProfileRecorded", of: Day) =>
  scene.chain.client
    .getContractEvents({ ...scene.chain.contract, eventName, fromBlock: 0n, strict: true })
    .then((found) => found.filter(({ args }) => args.day === of));

/** Meters in the settlement of a day. */
async function settledMeters(of: Day): Promise<number[]> {
  const [settled] = await logs("DaySettled", of);
  if (settled?.eventName !== "DaySettled") return [];
  const payments = Buffer.from(settled.args.payments.slice(2), "hex");
  return Array.from({ length: payments.length / 12 }, (_, index) => payments.readUInt32BE(index * 12)).toSorted();
}

const metersOf = async (eventName: "LateRecorded" | "ProfileRecorded", of: Day) =>
  (await logs(eventName, of)).map(({ args }) => ("meter" in args ? args.meter : 0)).toSorted();

/** Goes on to the moment at which the open window can be settled, and waits until it is. */
async function passTheHour(running: Running): Promise<void> {
  const { settleFrom, waitingFor } = await scene.settled(running, ({ windowDay }) => windowDay === today);
  expect(waitingFor).toBe("hour");
  await scene.chain.mineAt(settleFrom ?? 0);
  await scene.settled(running, ({ lastSettledDay }) => lastSettledDay === today);
}

/** Announces today without the meters whose messages have not come. */
async function passTheDeadline(running: Running, awaited: readonly number[]): Promise<void> {
  // Until then the profiles of the others are on their way.
  const isReached = (status: SettlementStatus) =>
    status.waitingFor === "profiles" && status.awaited.join() === awaited.join();
  const status = await scene.settled(running, isReached);
  expect(status).toMatchObject({ wakeAt: dayEnd(today) + DEADLINE_SECONDS, nextDay: today });
  await scene.chain.mineAt(dayEnd(today) + DEADLINE_SECONDS);
  await running.logged("announced", (line) => line["day"] === isoDay(today));
}

describe("the operator of a street", () => {
  test("records the day on which meters still trade by hand, applies their changes, and closes it for nobody", async () => {
    await scene.set(1, COMMUNITY);
    await scene.set(2, COMMUNITY);
    const running = await scene.oracle.start();
    await scene.endDay(today);
    await scene.publish(running, today, [1, 2, 3]);
    await passTheHour(running);
    await running.logged("applied", ({ meters }) => String(meters) === "1,2");
    expect(await metersOf("ProfileRecorded", today)).toEqual([1, 2, 3]);
    expect(await settledMeters(today)).toEqual([]);
    expect(await scene.deviceState(1)).toMatchObject({ sharing: true, settingsQueued: false });
    expect(await running.end("SIGTERM")).toBe(0);
  });

  test("settles the sharing meters' day and records the others'", async () => {
    tomorrow();
    const before = (await scene.deviceState(2)).balanceBaseUnits;
    const running = await scene.oracle.start();
    await scene.endDay(today);
    await scene.publish(running, today, [1, 2, 3]);
    await passTheHour(running);
    await running.logged("shared", ({ meter }) => meter === 1);
    await running.logged("shared", ({ meter }) => meter === 2);
    expect(await settledMeters(today)).toEqual([1, 2]);
    expect(await metersOf("ProfileRecorded", today)).toEqual([3]);
    const [settled] = await logs("DaySettled", today);
    expect(settled?.args).toMatchObject({
      clearedWh: HOME_2_WH,
      settler: expect.stringMatching(new RegExp(scene.submitter, "iu")) as string,
    });
    const paid = before - (await scene.deviceState(2)).balanceBaseUnits;
    expect(paid).toBe((HOME_2_WH * BigInt(COMMUNITY_PRICE_TICKS + NETWORK_CHARGE_TICKS)) / 10n);
    const health = (await (await fetch(`http://127.0.0.1:${running.ports.board}/api/health`)).json()) as object;
    expect(health).toMatchObject({
      outbox: { settled: 2, recorded: 4, signed: 0, parked: 0 },
      settlement: {
        lastSettledDay: today,
        nextDay: today + 1,
        waitingFor: "nothing",
        sharingMeters: 2,
        windowDay: null,
      },
    });
    expect(await running.end("SIGTERM")).toBe(0);
  });

  test("killed between the announcement and the settlement, settles after the restart and announces nothing twice", async () => {
    tomorrow();
    const first = await scene.oracle.start();
    await scene.endDay(today);
    await scene.publish(first, today, [1, 2, 3]);
    await first.logged("announced");
    await first.end("SIGKILL");
    const second = await scene.oracle.start();
    await passTheHour(second);
    expect(await settledMeters(today)).toEqual([1, 2]);
    expect(await logs("DayAnnounced", today)).toHaveLength(1);
    expect(second.lines.map(({ event }) => event)).not.toContain("announced");
    expect(await second.end("SIGTERM")).toBe(0);
  });

  test("killed with its settlement under way, finds it mined and sends nothing twice", async () => {
    tomorrow();
    const first = await scene.oracle.start();
    await scene.endDay(today);
    await scene.publish(first, today, [1, 2, 3]);
    const { settleFrom } = await scene.settled(
      first,
      ({ windowDay, waitingFor }) => windowDay === today && waitingFor === "hour",
    );
    await scene.recorded(first);
    await scene.chain.client.setAutomine(false);
    await scene.chain.mineAt(settleFrom ?? 0);
    const pending = () => scene.chain.client.getBlockTransactionCount({ blockTag: "pending" });
    await expect.poll(pending).toBe(1);
    await first.end("SIGKILL");
    const second = await scene.oracle.start();
    const waiting = async () => (await scene.status(second))?.waitingFor;
    await expect.poll(waiting).toBe("confirmation");
    expect(await pending()).toBe(1);
    await scene.chain.client.mine({ blocks: 1 });
    await scene.chain.client.setAutomine(true);
    await scene.settled(second, ({ lastSettledDay }) => lastSettledDay === today);
    expect(await settledMeters(today)).toEqual([1, 2]);
    expect(await logs("DaySettled", today)).toHaveLength(1);
    // The outbox kept what there is to say of it.
    expect(second.lines.filter(({ event }) => event === "settled")).toHaveLength(1);
    expect(await second.end("SIGTERM")).toBe(0);
  });

  test("answers a profile that was forced by the member it had left out", async () => {
    tomorrow();
    const running = await scene.oracle.start();
    await scene.endDay(today);
    await scene.publish(running, today, [1, 3]);
    await passTheDeadline(running, [2]);
    const account = scene.chain.account(9);
    const profile = await scene.sign(2, today);
    await scene.chain.client.writeContract({
      ...scene.chain.contract,
      account,
      functionName: "force",
      args: [profile],
    });
    await passTheHour(running);
    expect(await settledMeters(today)).toEqual([1, 2]);
    expect((await logs("DaySettled", today))[0]?.args).toMatchObject({ clearedWh: HOME_2_WH });
    // The gateway is back: its own profile of the day is known to be settled.
    await scene.publish(running, today, [2]);
    await running.logged("shared", (line) => line["meter"] === 2 && line["day"] === isoDay(today));
    expect(await running.end("SIGTERM")).toBe(0);
  });

  test("records the registers of a day that was settled without a meter as soon as its profile is there", async () => {
    tomorrow();
    const running = await scene.oracle.start();
    await scene.endDay(today);
    await scene.publish(running, today, [1, 3]);
    await passTheDeadline(running, [2]);
    await passTheHour(running);
    expect(await settledMeters(today)).toEqual([1]);
    await scene.publish(running, today, [2]);
    await running.logged("late", ({ meter }) => meter === 2);
    expect(await metersOf("LateRecorded", today)).toEqual([2]);
    expect(await scene.deviceState(2)).toMatchObject({ lastDay: today });
    expect(await running.end("SIGTERM")).toBe(0);
  });

  test("takes note of a settlement that somebody else has sent", async () => {
    tomorrow();
    const running = await scene.oracle.start();
    await scene.endDay(today);
    await scene.publish(running, today, [1, 2, 3]);
    const { settleFrom } = await scene.settled(running, ({ windowDay }) => windowDay === today);
    await running.end("SIGKILL");
    await scene.chain.mineAt(settleFrom ?? 0);
    const database = await openSqlite(join(scene.oracle.folder, "data", "oracle.sqlite"));
    const reader = createMarketReader(createReader(testEndpoints(scene.chain.rpcUrl)), scene.chain.deployment);
    const snapshot = await createStreet(reader, [1, 2, 3], 1).look();
    const { args } = await prepareSettlement(reader, createOutboxStore(database), snapshot, today);
    await database.close();
    await scene.chain.client.writeContract({
      ...scene.chain.contract,
      account: scene.chain.account(9),
      functionName: "settleDay",
      args: [today, args.claims, args.batch, args.skipped],
    });
    const again = await scene.oracle.start();
    await again.logged("shared", (line) => line["meter"] === 1 && line["day"] === isoDay(today));
    await again.logged("shared", (line) => line["meter"] === 2 && line["day"] === isoDay(today));
    expect(again.lines.map(({ event }) => event)).not.toContain("settlement-setback");
    expect(await again.end("SIGTERM")).toBe(0);
  });

  test("finds a window that ran out, records what was late, and settles the next day 18 hours later", async () => {
    tomorrow();
    const first = await scene.oracle.start();
    await scene.endDay(today);
    await scene.publish(first, today, [1, 2, 3]);
    const { settleFrom, closesAt } = await scene.settled(first, ({ windowDay }) => windowDay === today);
    expect((closesAt ?? 0) - (settleFrom ?? 0)).toBe(CLOSING_WINDOW_SECONDS - 3_600);
    await first.end("SIGKILL");
    await scene.chain.mineAt(closesAt ?? 0);
    const lost = today;
    const second = await scene.oracle.start();
    await second.logged("void", (line) => line["day"] === isoDay(lost));
    await second.logged("late", ({ meter }) => meter === 1);
    await second.logged("late", ({ meter }) => meter === 2);
    expect(await metersOf("LateRecorded", lost)).toEqual([1, 2]);
    tomorrow();
    const opensAt = (closesAt ?? 0) + VOID_PAUSE_SECONDS;
    expect(await scene.settled(second)).toMatchObject({
      nextDay: today,
      windowOpensAt: Math.max(opensAt, dayEnd(today)),
    });
    await scene.endDay(today);
    await scene.publish(second, today, [1, 2, 3]);
    await passTheHour(second);
    expect(await settledMeters(today)).toEqual([1, 2]);
    expect(await settledMeters(lost)).toEqual([]);
    expect(await second.end("SIGTERM")).toBe(0);
  });

  test("goes by the mode of the day when meters change theirs", async () => {
    tomorrow();
    // From tomorrow on: home 1 by hand, home 3 shares. Today is still as it was.
    await scene.set(1, BY_HAND);
    await scene.set(3, COMMUNITY);
    const running = await scene.oracle.start();
    await scene.endDay(today);
    await scene.publish(running, today, [1, 2, 3]);
    await passTheHour(running);
    expect(await settledMeters(today)).toEqual([1, 2]);
    expect(await metersOf("ProfileRecorded", today)).toEqual([3]);
    tomorrow();
    await scene.endDay(today);
    await scene.publish(running, today, [1, 2, 3]);
    await passTheHour(running);
    expect(await settledMeters(today)).toEqual([2, 3]);
    await running.logged("recorded", (line) => line["meter"] === 1 && line["day"] === isoDay(today));
    expect(await running.end("SIGTERM")).toBe(0);
  });

  test("says so when it may not announce, and goes on as soon as it may", async () => {
    tomorrow();
    await scene.chain.letAnnounce(scene.submitter, false);
    const running = await scene.oracle.start();
    await scene.endDay(today);
    await scene.publish(running, today, [1, 2, 3]);
    const { reason } = await running.logged("settlement-setback");
    expect(reason).toMatch(/announce is refused/u);
    await running.logged("recorded", (line) => line["meter"] === 1 && line["day"] === isoDay(today));
    await scene.chain.letAnnounce(scene.submitter);
    await passTheHour(running);
    expect(await settledMeters(today)).toEqual([2, 3]);
    expect(await running.end("SIGTERM")).toBe(0);
  });

  test("catches up with several days, in their order, after it was away", async () => {
    const days = [day(today + 1), day(today + 2), day(today + 3)];
    await scene.chain.mineAt(dayEnd(days[2] ?? today) + 1);
    const running = await scene.oracle.start();
    await scene.publish(running, days[2] ?? today, [1, 2, 3]);
    for (const of of days) {
      today = of;
      const waiting = await scene.settled(
        running,
        ({ nextDay, waitingFor }) => nextDay === of && waitingFor !== "profiles",
      );
      if (waiting.waitingFor === "window") await scene.chain.mineAt(waiting.wakeAt ?? 0);
      await passTheHour(running);
      expect(await settledMeters(of)).toEqual([2, 3]);
    }
    expect(await metersOf("ProfileRecorded", today)).toEqual([1]);
    expect(await running.end("SIGTERM")).toBe(0);
  });
});
