import { pino } from "pino";
import { parseEther, parseGwei } from "viem";
import { afterEach, beforeEach, expect, test } from "vitest";

import type { Reader } from "../chain/reader.ts";
import { relay } from "../config/relay.ts";
import type { Database } from "../storage/sql.ts";
import { openSqlite } from "../storage/sqlite.ts";
import { createRelayer } from "./relayer.ts";
import { createRelayStore } from "./relay-store.ts";

const [SLOW, PLAIN] = [
  "0x00000000000000000000000000000000000000a1",
  "0x00000000000000000000000000000000000000a2",
] as const;
const ids = { [SLOW]: `0x${"01".repeat(32)}`, [PLAIN]: `0x${"02".repeat(32)}` } as const;

let database: Database;
beforeEach(async () => {
  database = await openSqlite(":memory:");
});
afterEach(() => database.close());

test("an action that the node never answers about holds up nobody else's", async () => {
  const store = createRelayStore(database);
  let nowMs = 1_800_000_000_000;
  for (const wallet of [SLOW, PLAIN]) {
    const call = { to: wallet, data: "0x", counter: wallet, nonce: "0", deadline: "0" } as const;
    const action = { id: ids[wallet], wallet, action: "withdraw", call, day: 1, gas: 100_000, receivedMs: nowMs };
    await store.add(action);
  }
  const reader = {
    estimateGas: ({ to }: { to: string }) =>
      to === SLOW ? Promise.reject(new Error("The request took too long to respond.")) : Promise.resolve(50_000n),
    getBlock: () => Promise.resolve({ baseFeePerGas: 1n }),
    estimateMaxPriorityFeePerGas: () => Promise.resolve(1n),
    getBalance: () => Promise.resolve(parseEther("1")),
  };
  const sent: string[] = [];
  const relayer = createRelayer({
    config: relay.parse({ enabled: true }),
    settlementEnabled: false,
    settlement: () => undefined,
    submitter: {
      isFree: () => true,
      underWay: () => [],
      send: async ({ purpose }, also) => {
        sent.push(purpose);
        await also?.(database, sent.length);
        return true;
      },
    },
    reader: reader as unknown as Reader,
    database,
    account: PLAIN,
    maxFeeWei: parseGwei("100"),
    nowMs: () => nowMs,
    log: pino({ level: "silent" }),
  });
  expect(await relayer.round()).toBe(false);
  nowMs += 20_000;
  expect(await relayer.round()).toBe(true);
  expect(sent).toEqual([`relay withdraw ${ids[PLAIN]}`]);
  // It is not forgotten: its turn comes again.
  expect(await store.find(ids[SLOW])).toMatchObject({ state: "queued" });
  nowMs += 3_600_000;
  expect(await store.next(nowMs, 1)).toMatchObject([{ id: ids[SLOW] }]);
});
