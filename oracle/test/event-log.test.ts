import { neighbourhoodDomain } from "@commonwatt/sdk/domains";
import { planSettlement } from "@commonwatt/sdk/settlement/plan";
import { day, dayEnd, dayOf, dayStart } from "@commonwatt/sdk/time";
import { generatePrivateKey, privateKeyToAddress } from "viem/accounts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { createMarketReader, type MarketReader } from "../src/chain/market.ts";
import { createReader } from "../src/chain/reader.ts";
import { createRecorder, type Recorder } from "../src/chain/recorder.ts";
import { createKeySigner } from "../src/signer/key-signer.ts";
import { openSignerMemory } from "../src/signer/memory.ts";
import { testEndpoints } from "./support/endpoints.ts";
import { createKeySource } from "./support/key-source.ts";
import { type LocalChain, startLocalChain } from "./support/local-chain.ts";
import { limitRanges } from "./support/range-limit.ts";

const FIRST = dayOf(1_780_000_000);
const SECOND = day(FIRST + 1);
/** Less than the oracle asks for first. */
const MAX_BLOCKS = 1_500n;
const BLOCK_SECONDS = 5;
/** Revoked before the window, and in it. */
const [BEFORE, WITHIN] = [1, 2];

let chain: LocalChain;
let node: Awaited<ReturnType<typeof limitRanges>>;
let market: MarketReader;
let recorder: Recorder;

/** The block in which the second day's end is seen. */
let secondEnds: bigint;

beforeAll(async () => {
  chain = await startLocalChain(dayStart(FIRST));
  node = await limitRanges(chain.rpcUrl, MAX_BLOCKS);
  const endpoints = testEndpoints(node.url);
  market = createMarketReader(createReader(endpoints), chain.deployment);
  const account = privateKeyToAddress(generatePrivateKey());
  recorder = createRecorder(endpoints, chain.deployment, { account, confirmations: 1 });
}, 120_000);
afterAll(async () => {
  await node.close();
  await chain.close();
});

const latest = () => chain.client.getBlockNumber();

/** Mines blocks at the chain's pace up to a moment, and one at that moment. */
async function mineUntil(timestamp: number): Promise<void> {
  const { timestamp: now } = await chain.client.getBlock();
  const blocks = Math.floor((timestamp - Number(now)) / BLOCK_SECONDS) - 1;
  if (blocks > 0) await chain.client.mine({ blocks, interval: BLOCK_SECONDS });
  await chain.mineAt(timestamp);
}

async function announce(of: number): Promise<void> {
  await chain.client.writeContract({ ...chain.contract, functionName: "announce", args: [of, 0n] });
}

/** Registers a meter with a device of its own. */
async function addDevice(meter: number): Promise<void> {
  const keys = createKeySource([{ meter, privateKey: generatePrivateKey() }]);
  const signer = createKeySigner(keys, neighbourhoodDomain(chain.deployment), openSignerMemory(":memory:"));
  await chain.addMeter(meter, chain.account(1).address);
  await chain.addDevice(meter, await signer.provePossession(meter, { importRegister: 0n, exportRegister: 0n }));
}

async function revoke(meter: number): Promise<void> {
  await chain.client.writeContract({ ...chain.contract, functionName: "revokeDevice", args: [meter] });
}

/** Settles an announced day without meters. */
async function settle(of: number): Promise<`0x${string}`> {
  const tariff = await market.tariffOf(of, await latest());
  const { claims, batch, skipped } = planSettlement({ day: of, tariff, bitmap: 0n, forced: [], meters: [] }).args;
  const args = [of, claims, batch, skipped] as const;
  return chain.client.writeContract({ ...chain.contract, functionName: "settleDay", args });
}

describe("behind a node that limits ranges, on a chain of more than a page of blocks, the oracle", () => {
  test("knows of no settlement before the first announcement, without a search", async () => {
    node.ranges.length = 0;
    expect(await market.lastSettledDay(await latest())).toBeUndefined();
    expect(node.ranges).toEqual([]);
  });

  test("takes the last settled day from the market while no window is open", async () => {
    await mineUntil(dayEnd(FIRST) + 1);
    await announce(FIRST);
    await mineUntil(dayEnd(FIRST) + 3_700);
    const transactionHash = await settle(FIRST);
    node.ranges.length = 0;
    expect(await market.lastSettledDay(await latest())).toBe(FIRST);
    expect(node.ranges).toEqual([]);
    expect(await market.settledDay(FIRST, await latest())).toMatchObject({ transactionHash, clearedWh: 0n });
  });

  test("finds it and an older settlement many pages back while one is", async () => {
    for (const meter of [BEFORE, WITHIN]) await addDevice(meter);
    await mineUntil(dayEnd(SECOND) + 1);
    await revoke(BEFORE);
    secondEnds = await latest();
    await announce(SECOND);
    expect(await market.lastSettledDay(await latest())).toBe(FIRST);
    expect(await market.settledDay(FIRST, await latest())).toMatchObject({ clearedWh: 0n });
    expect(node.ranges.length).toBeGreaterThan(10);
    expect(node.ranges.every(({ from, to }) => to - from < MAX_BLOCKS)).toBe(true);
  });

  test("reads a window from its announcement on, with the devices revoked in it and not before", async () => {
    expect(await market.windowOf(SECOND, await latest())).toEqual({ forced: [], revoked: new Set() });
    await mineUntil(dayEnd(SECOND) + 3_000);
    await revoke(WITHIN);
    expect(await market.windowOf(SECOND, await latest())).toEqual({ forced: [], revoked: new Set([WITHIN]) });
  });

  test("does not look for a day before its end", async () => {
    node.ranges.length = 0;
    expect(await market.settledDay(SECOND, await latest())).toBeUndefined();
    expect(await market.lateTransaction(BEFORE, SECOND, await latest())).toBeUndefined();
    expect(await recorder.findRecorded(BEFORE, SECOND)).toBeUndefined();
    expect(node.ranges.length).toBeGreaterThan(0);
    // A page begins anywhere: the first that reaches beyond the day's end is the last.
    expect(node.ranges.every(({ from }) => from > secondEnds - 2_000n)).toBe(true);
  });

  test("follows what happened over more blocks than the node gives at once", async () => {
    const to = await latest();
    const { settledDays } = await market.happenings(to - 20_000n > 0n ? to - 20_000n : 0n, to);
    expect(settledDays).toEqual([FIRST]);
  });
});
