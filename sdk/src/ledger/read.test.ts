import { createClient, custom, encodeAbiParameters, hexToBigInt, http, numberToHex, toEventSelector } from "viem";
import { describe, expect, it } from "vitest";

import { AT } from "../../test/samples.ts";
import { DEPLOYMENT, Story } from "../../test/story.ts";
import { meterNumber } from "../ids.ts";
import { firstInterval, day } from "../time.ts";
import { readLogs } from "./logs.ts";
import { readLedger } from "./read.ts";

const ADA = numberToHex(0xadan, { size: 20 });
const M7 = meterNumber(7);
const HEAD = 60n;

type GetLogs = { address: string[]; fromBlock: `0x${string}`; toBlock: `0x${string}`; topics?: [string[]] };

/** A node that serves a story and refuses ranges of more than `maxBlocks` or `maxLogs`; notes the ranges it was asked for. */
function node(story: Story, { maxBlocks = 10_000n, maxLogs = 1_000, broken = new Set<bigint>() } = {}) {
  const ranges: [bigint, bigint][] = [];
  const getLogs = ({ address, fromBlock, toBlock, topics }: GetLogs): unknown => {
    const [from, to] = [hexToBigInt(fromBlock), hexToBigInt(toBlock)];
    ranges.push([from, to]);
    if (to - from + 1n > maxBlocks) throw Object.assign(new Error("range too large"), { code: -32005 });
    for (const block of broken) if (from <= block && block <= to) throw new Error(`block ${block} is broken`);
    const wanted = topics?.[0];
    const found = story.logs
      .filter(({ blockNumber }) => from <= blockNumber && blockNumber <= to)
      .filter((log) => address.includes(log.address) && (wanted?.includes(log.topics[0] ?? "") ?? true))
      .map((log) => ({
        ...log,
        blockNumber: numberToHex(log.blockNumber),
        blockTimestamp: numberToHex(log.blockTimestamp ?? 0n),
        transactionIndex: "0x0",
        logIndex: numberToHex(log.logIndex),
      }));
    if (found.length > maxLogs) throw Object.assign(new Error("too many results"), { code: -32005 });
    return found;
  };
  const request = ({ method, params }: { method: string; params?: unknown }): Promise<unknown> => {
    if (method === "eth_getLogs") return Promise.resolve().then(() => getLogs((params as [GetLogs])[0]));
    if (method === "eth_blockNumber") return Promise.resolve(numberToHex(HEAD));
    if (method === "eth_call") return Promise.resolve(encodeAbiParameters([{ type: "uint256" }], [28n]));
    return Promise.reject(new Error(`unexpected ${method}`));
  };
  return { client: createClient({ transport: custom({ request }, { retryCount: 0 }) }), ranges };
}

/** A story with a log in each of the blocks 11 to 50. */
function longStory(): Story {
  const story = new Story();
  for (let block = 0; block < 40; block++) story.block().mint(M7, ADA, firstInterval(day(block)), [block + 1]);
  return story;
}

describe("readLedger", () => {
  it("reads all from the deployment to the head, in ranges that cover each block once", async () => {
    const { client, ranges } = node(longStory());
    const ledger = await readLedger(client, DEPLOYMENT, { pageBlocks: 16n });
    expect(ranges).toEqual([
      [10n, 25n],
      [26n, 41n],
      [42n, 57n],
      [58n, 60n],
    ]);
    expect(ledger).toMatchObject({ fromBlock: 10n, toBlock: 60n, complete: true, retirementWindowDays: 28 });
    expect(ledger.transfers.map(({ blockNumber }) => blockNumber)).toEqual(
      Array.from({ length: 40 }, (_, index) => BigInt(index + 11)),
    );
    expect(ledger.transfers[0]?.timestamp).toBe(11_000n);
    expect(ledger.unknownLogs).toEqual([]);
  });

  it("asks for smaller ranges where a node refuses, and loses nothing", async () => {
    const { client, ranges } = node(longStory(), { maxBlocks: 7n });
    const ledger = await readLedger(client, DEPLOYMENT, { pageBlocks: 32n });
    expect(ledger.transfers).toHaveLength(40);
    const served = ranges.filter(([from, to]) => to - from < 7n);
    expect(served[0]?.[0]).toBe(10n);
    expect(served.at(-1)?.[1]).toBe(60n);
    expect(served.slice(1).every(([from], index) => from === (served[index]?.[1] ?? 0n) + 1n)).toBe(true);
    expect(ranges.length).toBeLessThan(40);
  });

  it("asks for larger ranges again behind a crowded place", async () => {
    const { client, ranges } = node(longStory(), { maxLogs: 3 });
    const ledger = await readLedger(client, DEPLOYMENT, { toBlock: 20_000n });
    expect(ledger.transfers).toHaveLength(40);
    expect(ranges.length).toBeLessThan(80);
  });

  it("says which block cannot be read", async () => {
    const { client } = node(longStory(), { broken: new Set([33n]) });
    await expect(readLedger(client, DEPLOYMENT)).rejects.toThrow("The logs of blocks 33 to 33 cannot be read");
  });

  it("reads a part, with what is known of its meters from before", async () => {
    const story = new Story()
      .block()
      .meter(M7, ADA, 1)
      .block()
      .mint(M7, ADA, firstInterval(day(5)), [1])
      .block();
    story.mint(M7, ADA, firstInterval(day(6)), [2]);
    const { client } = node(story);
    const ledger = await readLedger(client, DEPLOYMENT, { fromBlock: 13n, toBlock: 40n });
    expect(ledger).toMatchObject({ fromBlock: 13n, toBlock: 40n, complete: false });
    expect(ledger.meters).toMatchObject([{ meter: 7, unitWh: 10n }]);
    expect(ledger.transfers).toHaveLength(1);
  });

  it("tells of logs that no ABI explains", async () => {
    const story = longStory()
      .raw(AT.token, [toEventSelector("Surprise(uint256)")], "0x")
      .raw(AT.marketplace, [toEventSelector("OffersCancelled(address,uint64)")], "0x12");
    const { client } = node(story);
    const ledger = await readLedger(client, DEPLOYMENT);
    expect(ledger.unknownLogs.map(({ blockNumber, logIndex }) => [blockNumber, logIndex])).toEqual([
      [50n, 1],
      [50n, 2],
    ]);
  });

  it("stops when told to", async () => {
    const { client, ranges } = node(longStory());
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(readLedger(client, DEPLOYMENT, { signal })).rejects.toThrow("enough");
    expect(ranges).toEqual([]);
  });
});

describe("readLogs", () => {
  it("reads nothing of an empty range", async () => {
    const { client, ranges } = node(longStory());
    expect(await readLogs(client, { addresses: [AT.token], fromBlock: 5n, toBlock: 4n })).toEqual([]);
    expect(ranges).toEqual([]);
  });

  it("asks a node that does not answer only once, not for ever smaller ranges", async () => {
    let requests = 0;
    const fetchFn = () => Promise.reject(new TypeError(`fetch failed (request ${++requests})`));
    const client = createClient({ transport: http("http://node.invalid", { retryCount: 0, fetchFn }) });
    await expect(readLogs(client, { addresses: [AT.token], fromBlock: 1n, toBlock: 4_000n })).rejects.toThrow(
      "The logs of blocks 1 to 2000 cannot be read",
    );
    expect(requests).toBe(1);
  });

  it.each([0n, -1n])("refuses a page of %s blocks", async (pageBlocks) => {
    const { client } = node(longStory());
    const query = { addresses: [AT.token], fromBlock: 1n, toBlock: 4n, pageBlocks };
    await expect(readLogs(client, query)).rejects.toThrow(`pageBlocks is ${pageBlocks}, expected at least 1`);
  });
});
