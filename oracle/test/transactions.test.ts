import { join } from "node:path";

import { pino } from "pino";
import { parseEther } from "viem";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import type { Endpoints } from "../src/chain/endpoints/endpoints.ts";
import { createTransactionStore } from "../src/chain/transactions/store.ts";
import type { Database } from "../src/storage/sql.ts";
import { openSqlite } from "../src/storage/sqlite.ts";
import { testEndpoints } from "./support/endpoints.ts";
import { type FaultyRpc, startFaultyRpc } from "./support/faulty-rpc.ts";
import { createProfileScene, type ProfileScene } from "./support/profile-scene.ts";
import { createTestSender, type TestSender } from "./support/submitter.ts";

type Line = { event?: string; msg: string; reason?: string } & Record<string, unknown>;

let scene: ProfileScene;
let rpcs: FaultyRpc[] = [];
let database: Database;
let databases = 0;
let account: Awaited<ReturnType<ProfileScene["newAccount"]>>;
let nowMs = 0;
let lines: Line[] = [];

beforeAll(async () => {
  scene = await createProfileScene();
  rpcs = await Promise.all([1, 2, 3].map(() => startFaultyRpc(scene.anvil.url)));
}, 120_000);
afterAll(async () => {
  await Promise.all(rpcs.map((rpc) => rpc.close()));
  await scene.close();
});
beforeEach(async () => {
  await scene.automine(true);
  await scene.baseFee("1");
  account = await scene.newAccount();
  database = await openSqlite(join(scene.folder, `${databases++}.sqlite`));
  lines = [];
});
afterEach(async () => {
  for (const rpc of rpcs) rpc.misbehave();
  await database.close();
});

const faulty = (index: number) => rpcs[index] ?? expect.fail(`there is no endpoint ${index}`);
const log = pino({ level: "debug" }, { write: (line: string) => lines.push(JSON.parse(line) as Line) });
const said = (event: string) => lines.filter((line) => line.event === event);
const store = () => createTransactionStore(database);
const nonceOfAccount = () => scene.client.getTransactionCount({ address: account.address });

/** The sending half of an oracle that has just started, with so many endpoints. */
function start(options: Partial<TestSender> & { endpointCount?: number } = {}) {
  const { endpointCount = 1, ...rest } = options;
  const endpoints: Endpoints = testEndpoints(
    rpcs.slice(0, endpointCount).map(({ url }) => url),
    { log, nowMs: () => nowMs, timeoutSeconds: 5 },
  );
  const { deployment } = scene;
  const { privateKey } = account;
  return createTestSender({
    endpoints,
    database,
    deployment,
    privateKey,
    nowMs: () => nowMs,
    log,
    calm: (hashes) => scene.calm(hashes),
    ...rest,
  });
}

/** One that was killed: all that is left is on disk. */
async function restart(options: Parameters<typeof start>[0] = {}) {
  await database.close();
  database = await openSqlite(join(scene.folder, `${databases - 1}.sqlite`));
  return start(options);
}

/** Rounds until so many profiles count as recorded. */
async function untilRecorded(sender: ReturnType<typeof start>, count = 1): Promise<void> {
  const recorded = async () => {
    await sender.round();
    return (await sender.outbox.counts()).recorded;
  };
  await expect.poll(recorded, { interval: 20 }).toBe(count);
}

async function attemptsOf(): Promise<number> {
  return (await store().open())[0]?.attempts.length ?? 0;
}

describe("a transaction, killed", () => {
  test("between being written and being sent, is sent after the restart as it was", async () => {
    const { meter, days } = await scene.addDays(database);
    await scene.automine(false);
    faulty(0).misbehaveAt("eth_sendRawTransaction", "drop");
    await start().round();
    expect(await scene.pool()).toEqual([]);
    const [written] = await store().open();
    expect(written).toMatchObject({ state: "unmined", attempts: [{}] });
    expect(said("not-sent")).toHaveLength(1);
    faulty(0).misbehave();
    const again = await restart();
    await again.round();
    expect(await scene.pool()).toEqual([written?.attempts[0]?.hash]);
    await scene.mine();
    await again.rounds();
    expect(await scene.recordedDays(meter)).toEqual(days);
    expect(await again.outbox.counts()).toMatchObject({ recorded: 1, sent: 0 });
  });

  test("after the node has it and before that is known, is sent once", async () => {
    const { meter, days } = await scene.addDays(database);
    await scene.automine(false);
    faulty(0).misbehaveAt("eth_sendRawTransaction", "swallow");
    await start().round();
    expect(await scene.pool()).toHaveLength(1);
    faulty(0).misbehave();
    const again = await restart();
    await again.round();
    expect(await scene.pool()).toHaveLength(1);
    expect(said("not-taken")).toEqual([]);
    await scene.mine();
    await again.rounds();
    expect(await nonceOfAccount()).toBe(1);
    expect(await scene.recordedDays(meter)).toEqual(days);
  });

  test("after it was mined and before that is known, is not sent again", async () => {
    await scene.addDays(database);
    await start().round();
    await scene.calm();
    const again = await restart();
    await again.rounds();
    expect(await nonceOfAccount()).toBe(1);
    expect(await again.outbox.counts()).toMatchObject({ recorded: 1 });
  });

  test("is given up when the submitter has another account by then, and its profiles go with that", async () => {
    const { meter, days } = await scene.addDays(database);
    await scene.automine(false);
    await start().round();
    await scene.anvil.rpc("anvil_dropAllTransactions");
    account = await scene.newAccount();
    await scene.automine(true);
    const again = await restart();
    await again.rounds();
    expect(said("dropped")).toHaveLength(1);
    expect(await scene.recordedDays(meter)).toEqual(days);
    expect(await again.outbox.counts()).toMatchObject({ recorded: 1 });
  });
});

describe("a transaction that is not mined", () => {
  test("is replaced after the time for it, at a fee an eighth higher at least, and happens once", async () => {
    const { meter, days } = await scene.addDays(database);
    await scene.automine(false);
    const sender = start({ receiptTimeoutSeconds: 60 });
    await sender.round();
    const [first] = await scene.pool();
    nowMs += 59_999;
    await sender.round();
    expect(await scene.pool()).toEqual([first]);
    nowMs += 1;
    await sender.round();
    const [second, ...others] = await scene.pool();
    expect(others).toEqual([]);
    expect(second).not.toBe(first);
    const fees = (await store().open())[0]?.attempts.map(({ maxFeePerGas }) => maxFeePerGas) ?? [];
    expect(fees[1]).toBeGreaterThanOrEqual(((fees[0] ?? 0n) * 1125n) / 1000n);
    expect(said("replaced")[0]?.msg).toMatch(
      /^The transaction for record \(nonce 0\) was not mined for 60 s: it is repl/u,
    );
    await scene.mine();
    await sender.rounds();
    expect(await scene.recordedDays(meter)).toEqual(days);
    expect(await sender.outbox.counts()).toMatchObject({ recorded: 1 });
  });

  test("because no node will ever take it, is decided anew after a pause that grows, not at once again", async () => {
    const { meter, days } = await scene.addDays(database);
    faulty(0).misbehaveAt("eth_sendRawTransaction", { error: { code: -32_000, message: "exceeds block gas limit" } });
    const sender = start();
    for (const [dropped, pauseMs] of [
      [1, 5_000],
      [2, 10_000],
    ] as const) {
      await sender.round();
      nowMs += 3_000;
      await sender.round();
      expect(await store().counts()).toMatchObject({ dropped, unmined: 0 });
      nowMs += pauseMs - 1;
      await sender.round();
      expect(await store().counts()).toMatchObject({ dropped, unmined: 0 });
      nowMs += 1;
    }
    faulty(0).misbehave();
    await sender.rounds();
    expect(await scene.recordedDays(meter)).toEqual(days);
  });

  test("counts also when the original gets into the block after its replacement was signed", async () => {
    const { meter, days } = await scene.addDays(database);
    await scene.automine(false);
    const sender = start({ receiptTimeoutSeconds: 60 });
    await sender.round();
    const [original] = await scene.pool();
    // The original is shown again, and its replacement does not get through.
    let sendings = 0;
    faulty(0).misbehave(({ method }) => (method === "eth_sendRawTransaction" && ++sendings > 1 ? "drop" : "pass"));
    nowMs += 60_000;
    await expect(sender.round()).rejects.toThrow();
    expect(await attemptsOf()).toBe(2);
    await scene.mine();
    faulty(0).misbehave();
    await sender.rounds();
    expect(await scene.recordedDays(meter)).toEqual(days);
    expect(await sender.outbox.find(meter, days[0] ?? 0)).toMatchObject({
      state: "recorded",
      transactionHash: original,
    });
  });

  test("is replaced at the current fee when fees rise tenfold", async () => {
    const { meter, days } = await scene.addDays(database);
    await scene.automine(false);
    const sender = start({ receiptTimeoutSeconds: 600 });
    await sender.round();
    await scene.baseFee("20");
    await scene.mine();
    nowMs += 15_000;
    await sender.round();
    expect(said("replaced")[0]?.msg).toMatch(/cannot be mined at its fee, the base fee is \d/u);
    await scene.mine();
    await sender.rounds();
    expect(await scene.recordedDays(meter)).toEqual(days);
    expect(await nonceOfAccount()).toBe(1);
  });

  test("waits, and says so, while the chain asks for more than the configured maximum", async () => {
    const { meter, days } = await scene.addDays(database);
    await scene.baseFee("50");
    await scene.mine();
    const sender = start({ maxFeeGwei: 10 });
    await sender.rounds(3);
    expect(await store().open()).toEqual([]);
    expect(await sender.outbox.counts()).toMatchObject({ signed: 1 });
    expect(said("fee-too-high")).toHaveLength(1);
    expect(sender.submitter.report().trouble).toMatch(
      /^the chain asks for \d+.* gwei, submission.maxFeeGwei allows 10 gwei/u,
    );
    await scene.baseFee("1");
    await scene.mine();
    await sender.rounds();
    expect(await scene.recordedDays(meter)).toEqual(days);
  });

  test("is not replaced above the maximum: it waits as it is", async () => {
    await scene.addDays(database);
    await scene.automine(false);
    const sender = start({ maxFeeGwei: 3, receiptTimeoutSeconds: 60 });
    await sender.round();
    await scene.baseFee("30");
    await scene.mine();
    nowMs += 60_000;
    await sender.round();
    expect(said("fee-too-high")[0]?.msg).toMatch(/more than submission.maxFeeGwei allows, 3 gwei/u);
    expect(await attemptsOf()).toBe(1);
    // The node has thrown it out of its pool, and is shown it again.
    await scene.baseFee("1");
    await scene.mine();
    await scene.automine(true);
    nowMs += 3_000;
    await untilRecorded(sender, 1);
  });

  test("of an empty account says what is missing, and goes when the account has ether", async () => {
    account = await scene.newAccount("0");
    const { meter, days } = await scene.addDays(database);
    const sender = start();
    await sender.rounds(3);
    const [line] = said("underfunded");
    expect(line?.msg).toBe(
      `The submitter's account ${account.address} has 0 ether, too little for the transaction for record: send it some. Everything waits and goes on by itself`,
    );
    nowMs += 3_000;
    await sender.round();
    expect(said("underfunded")).toHaveLength(1);
    await scene.client.setBalance({ address: account.address, value: parseEther("1") });
    nowMs += 3_000;
    await sender.rounds();
    expect(await scene.recordedDays(meter)).toEqual(days);
    expect(said("transactions-again")).toHaveLength(1);
  });
});

describe("a reorganisation of 10 blocks", () => {
  test("before a transaction counts: the same bytes are sent again", async () => {
    const { meter, days } = await scene.addDays(database);
    const sender = start({ confirmations: 12 });
    await sender.rounds();
    const [mined] = await store().open();
    expect(mined).toMatchObject({ state: "mined" });
    await scene.mine(9);
    await scene.reorg(10);
    expect(await scene.recordedDays(meter)).toEqual([]);
    await sender.rounds();
    expect(said("reorg")).toHaveLength(1);
    const [again] = await store().open();
    expect(again?.minedHash).toBe(mined?.minedHash);
    expect(await sender.outbox.counts()).toMatchObject({ sent: 1, recorded: 0 });
    await scene.mine(11);
    await untilRecorded(sender, 1);
    expect(await scene.recordedDays(meter)).toEqual(days);
  });

  test("after it counted, with 1 confirmation: the profile is on its way again, and counts again", async () => {
    const { meter, days } = await scene.addDays(database);
    const sender = start({ confirmations: 1 });
    await untilRecorded(sender, 1);
    await scene.mine(9);
    await scene.automine(false);
    await scene.reorg(10);
    await sender.round();
    expect(await sender.outbox.counts()).toMatchObject({ sent: 1, recorded: 0 });
    await scene.mine();
    await untilRecorded(sender, 1);
    expect(await scene.recordedDays(meter)).toEqual(days);
  });

  test("with several transactions in it: all go again, in their order", async () => {
    const { meter, days } = await scene.addDays(database, 4);
    // The meters are to stay registered.
    await scene.mine(10);
    const sender = start({ confirmations: 12 });
    await sender.rounds();
    expect(await scene.recordedDays(meter)).toEqual(days);
    await scene.reorg(10);
    expect(await scene.recordedDays(meter)).toEqual([]);
    await sender.rounds();
    await scene.mine(12);
    await sender.rounds();
    expect(await scene.recordedDays(meter)).toEqual(days);
    expect(await sender.outbox.counts()).toMatchObject({ recorded: 4 });
  });
});

test("depth holds nobody up: four days in a row are in blocks before the first of them counts", async () => {
  const { meter, days } = await scene.addDays(database, 4);
  const sender = start({ confirmations: 20 });
  await sender.rounds();
  expect(await scene.recordedDays(meter)).toEqual(days);
  expect(await sender.outbox.counts()).toMatchObject({ sent: 4, recorded: 0 });
  await scene.mine(20);
  await sender.rounds();
  expect(await sender.outbox.counts()).toMatchObject({ recorded: 4 });
});

describe("nonces", () => {
  const lie = (count: number) => ({ result: `0x${count.toString(16)}` });

  test("that one endpoint of three invents change nothing", async () => {
    for (const count of [0, 7]) {
      const { meter, days } = await scene.addDays(database);
      faulty(0).misbehaveAt("eth_getTransactionCount", lie(count));
      const sender = start({ endpointCount: 3 });
      await sender.rounds();
      expect(await scene.recordedDays(meter)).toEqual(days);
    }
    expect(await nonceOfAccount()).toBe(2);
  });

  test("that one endpoint of two invents are outvoted by the oracle's own records", async () => {
    const first = await scene.addDays(database);
    const sender = start({ endpointCount: 2 });
    await sender.rounds();
    faulty(1).misbehaveAt("eth_getTransactionCount", lie(9));
    const second = await scene.addDays(database);
    await sender.rounds();
    expect(await scene.recordedDays(first.meter)).toEqual(first.days);
    expect(await scene.recordedDays(second.meter)).toEqual(second.days);
  });

  test("too high from the only endpoint for a moment: nothing is sent meanwhile", async () => {
    const sender = start();
    await scene.addDays(database);
    await sender.rounds();
    const { meter, days } = await scene.addDays(database);
    faulty(0).misbehaveAt("eth_getTransactionCount", lie(9));
    await sender.rounds(3);
    expect(await sender.outbox.counts()).toMatchObject({ signed: 1 });
    faulty(0).misbehave();
    await sender.rounds();
    expect(await scene.recordedDays(meter)).toEqual(days);
    expect(await nonceOfAccount()).toBe(2);
  });

  test("too high from the only endpoint for long: what was sent with a gap is sent again without", async () => {
    const sender = start({ receiptTimeoutSeconds: 60 });
    await scene.addDays(database);
    await sender.rounds();
    const { meter, days } = await scene.addDays(database);
    faulty(0).misbehaveAt("eth_getTransactionCount", lie(9));
    await sender.rounds(2);
    nowMs += 10_000;
    await sender.rounds(2);
    expect((await store().open()).at(-1)).toMatchObject({ nonce: 9, state: "unmined" });
    faulty(0).misbehave();
    await sender.rounds(3);
    nowMs += 60_000;
    await sender.rounds(3);
    expect(said("dropped")[0]?.reason).toBe("nonce 1 and those after it were never used");
    nowMs += 10_000;
    await sender.rounds();
    expect(await scene.recordedDays(meter)).toEqual(days);
  });

  test("too low from the only endpoint: the oracle's own records go on", async () => {
    const sender = start();
    await scene.addDays(database);
    await sender.rounds();
    faulty(0).misbehaveAt("eth_getTransactionCount", lie(0));
    const { meter, days } = await scene.addDays(database);
    await sender.rounds();
    expect(await scene.recordedDays(meter)).toEqual(days);
    expect(await nonceOfAccount()).toBe(2);
  });

  test("that somebody else used: what was on its way is decided anew, and happens once", async () => {
    const { meter, days } = await scene.addDays(database);
    // Another oracle with the same key, say, or one that was restored from a backup.
    const elsewhere = await openSqlite(":memory:");
    const other = await scene.addDays(elsewhere);
    await scene.automine(false);
    const sender = start();
    await sender.round();
    await scene.anvil.rpc("anvil_dropAllTransactions");
    await start({ database: elsewhere }).round();
    await scene.mine();
    await scene.automine(true);
    await sender.rounds(2);
    nowMs += 10_000;
    await untilRecorded(sender);
    expect(said("dropped")[0]?.reason).toBe("its nonce was used by another transaction of the account");
    expect(await scene.recordedDays(meter)).toEqual(days);
    expect(await scene.recordedDays(other.meter)).toEqual(other.days);
    await elsewhere.close();
  });
});

describe("endpoints", () => {
  test("one that dies between the sending and the receipt is left for the next", async () => {
    const { meter, days } = await scene.addDays(database);
    faulty(0).misbehaveAt("eth_getTransactionReceipt", "drop");
    const sender = start({ endpointCount: 2 });
    await untilRecorded(sender, 1);
    expect(await scene.recordedDays(meter)).toEqual(days);
    expect(said("endpoint-left")).not.toEqual([]);
  });

  test("all dead for a while: nothing is lost and nothing is done twice", async () => {
    const { meter, days } = await scene.addDays(database);
    const sender = start({ endpointCount: 2 });
    for (const rpc of rpcs) rpc.misbehave(() => "drop");
    await expect(sender.round()).rejects.toThrow(/cannot be reached/u);
    expect(said("endpoints-down")).toHaveLength(1);
    for (const rpc of rpcs) rpc.misbehave();
    await sender.rounds();
    expect(await scene.recordedDays(meter)).toEqual(days);
    expect(await nonceOfAccount()).toBe(1);
  });

  test("one that pretends to take transactions holds nothing up", async () => {
    const { meter, days } = await scene.addDays(database);
    faulty(0).misbehaveAt("eth_sendRawTransaction", { result: `0x${"1".repeat(64)}` });
    await start({ endpointCount: 2 }).rounds();
    expect(await scene.recordedDays(meter)).toEqual(days);
  });

  test("one that invents a receipt is not believed against two", async () => {
    const { meter, days } = await scene.addDays(database);
    await scene.automine(false);
    const sender = start({ endpointCount: 3 });
    await sender.round();
    const [hash] = await scene.pool();
    const { number, hash: blockHash } = await scene.client.getBlock();
    const forged = {
      transactionHash: hash,
      blockHash,
      blockNumber: `0x${number.toString(16)}`,
      status: "0x1",
      logs: [],
    };
    faulty(0).misbehaveAt("eth_getTransactionReceipt", { result: forged });
    await sender.rounds(3);
    expect(await sender.outbox.counts()).toMatchObject({ sent: 1, recorded: 0 });
    await scene.mine();
    nowMs += 120_000;
    await sender.rounds();
    expect(await scene.recordedDays(meter)).toEqual(days);
    expect(await sender.outbox.counts()).toMatchObject({ recorded: 1 });
  });

  test("one of two that says a transaction failed makes it wait, and no more", async () => {
    const { meter, days } = await scene.addDays(database);
    faulty(0).misbehaveAt("eth_getTransactionReceipt", {
      change: (receipt) => (receipt === null ? null : { ...(receipt as object), status: "0x0", logs: [] }),
    });
    const sender = start({ endpointCount: 2 });
    await expect(sender.rounds()).rejects.toThrow(/contradict each other about eth_getTransactionReceipt/u);
    expect(await sender.outbox.counts()).toMatchObject({ sent: 1 });
    faulty(0).misbehave();
    await untilRecorded(sender, 1);
    expect(await scene.recordedDays(meter)).toEqual(days);
  });

  test("one that hides a receipt and shows the block with the transaction is not counted", async () => {
    const { meter, days } = await scene.addDays(database);
    faulty(0).misbehaveAt("eth_getTransactionReceipt", { result: null });
    const sender = start({ endpointCount: 2 });
    await untilRecorded(sender, 1);
    expect(await scene.recordedDays(meter)).toEqual(days);
  });
});
