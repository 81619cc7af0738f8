import { type Day, day, dayOf, isoDay } from "@commonwatt/sdk/time";
import { concatHex, numberToHex, toFunctionSelector } from "viem";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";

import { COMMUNITY, createSharingScene, type SharingScene } from "./support/sharing-scene.ts";

const FIRST = dayOf(1_780_000_000);
const SECOND = day(FIRST + 1);
const CONFIRMATIONS = 3;
const MINING_MS = 250;

let scene: SharingScene;
let miner: NodeJS.Timeout | undefined;

beforeAll(async () => {
  scene = await createSharingScene(FIRST, CONFIRMATIONS);
}, 120_000);
afterEach(() => {
  mining(false);
  scene.oracle.killAll();
});
afterAll(() => scene.close());

/** Lets blocks come by themselves, as on a public chain, or not. */
function mining(on: boolean): void {
  clearInterval(miner);
  if (on) miner = setInterval(() => void scene.chain.client.mine({ blocks: 1 }).catch(() => undefined), MINING_MS);
}

type Running = Awaited<ReturnType<SharingScene["oracle"]["start"]>>;

/** How often a call for the second day was sent, whatever became of it. */
async function sent(signature: string): Promise<number> {
  const start = concatHex([toFunctionSelector(signature), numberToHex(SECOND, { size: 32 })]);
  const head = await scene.chain.client.getBlockNumber();
  let count = 0;
  for (let blockNumber = 0n; blockNumber <= head; blockNumber++) {
    const { transactions } = await scene.chain.client.getBlock({ blockNumber, includeTransactions: true });
    count += transactions.filter(({ input }) => input.startsWith(start)).length;
  }
  return count;
}
const ANNOUNCE = "announce(uint32,uint256)";

const logs = async (eventName: "DayAnnounced" | "DaySettled") =>
  (
    await scene.chain.client.getContractEvents({ ...scene.chain.contract, eventName, fromBlock: 0n, strict: true })
  ).filter(({ args }) => args.day === SECOND).length;

/** Goes on to the moment at which a day's window can be settled. */
async function passTheHour(running: Running, of: Day): Promise<void> {
  const { settleFrom } = await scene.settled(
    running,
    ({ windowDay, waitingFor }) => windowDay === of && waitingFor === "hour",
  );
  await scene.chain.mineAt(settleFrom ?? 0);
}

test("an announcement and a settlement that are mined and do not count yet are waited for, also after kill -9", async () => {
  await scene.set(1, COMMUNITY);
  await scene.set(2, COMMUNITY);
  mining(true);
  const first = await scene.oracle.start();
  await scene.endDay(FIRST);
  await scene.publish(first, FIRST, [1, 2, 3]);
  // Its window closes for nobody, then the changes are in force.
  await passTheHour(first, FIRST);
  await first.logged("applied");

  // From here on only transactions make blocks.
  mining(false);
  await scene.endDay(SECOND);
  await scene.publish(first, SECOND, [1, 2, 3]);
  await expect.poll(() => logs("DayAnnounced"), { timeout: 60_000, interval: 20 }).toBe(1);
  await first.end("SIGKILL");
  expect(first.lines.filter(({ event }) => event === "announced").map(({ day: of }) => of)).not.toContain(
    isoDay(SECOND),
  );

  const second = await scene.oracle.start();
  const waiting = async () => (await scene.status(second))?.waitingFor;
  await expect.poll(waiting).toBe("confirmation");
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  expect(await sent(ANNOUNCE)).toBe(1);
  mining(true);
  await passTheHour(second, SECOND);
  expect(second.lines.filter(({ event }) => event === "announced")).toHaveLength(1);
  mining(false);
  await expect.poll(() => logs("DaySettled"), { timeout: 60_000, interval: 20 }).toBe(1);
  await second.end("SIGKILL");
  const third = await scene.oracle.start();
  mining(true);
  await third.logged("shared", ({ meter }) => meter === 1);
  await third.logged("shared", ({ meter }) => meter === 2);
  await scene.settled(third, ({ lastSettledDay }) => lastSettledDay === SECOND);
  expect(await sent(ANNOUNCE)).toBe(1);
  expect(await logs("DaySettled")).toBe(1);
  expect([...second.lines, ...third.lines].map(({ event }) => event)).not.toContain("transaction-failed");
  expect(await third.end("SIGTERM")).toBe(0);
});
