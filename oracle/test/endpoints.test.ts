import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { pino } from "pino";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import { agreed, blockHash, commonBlock } from "../src/chain/endpoints/agree.ts";
import type { EndpointsOptions } from "../src/chain/endpoints/endpoints.ts";
import { createReader } from "../src/chain/reader.ts";
import { type Anvil, startAnvil } from "./support/anvil.ts";
import { testEndpoints } from "./support/endpoints.ts";
import { type FaultyRpc, startFaultyRpc } from "./support/faulty-rpc.ts";

type Line = { event?: string; msg: string };

const folder = mkdtempSync(join(tmpdir(), "endpoints-"));
let node: Anvil;
let rpcs: FaultyRpc[] = [];
let nowMs = 0;
let lines: Line[] = [];

beforeAll(async () => {
  node = await startAnvil(1_780_000_000, join(folder, "state.json"));
  rpcs = await Promise.all([1, 2, 3].map(() => startFaultyRpc(node.url)));
}, 60_000);
afterAll(async () => {
  await Promise.all(rpcs.map((rpc) => rpc.close()));
  await node.kill();
  rmSync(folder, { recursive: true });
});
afterEach(() => {
  for (const rpc of rpcs) rpc.misbehave();
  lines = [];
});

const faulty = (index: number) => rpcs[index] ?? expect.fail(`there is no endpoint ${index}`);
const log = pino({}, { write: (line: string) => lines.push(JSON.parse(line) as Line) });
const open = (count: number, options: Partial<EndpointsOptions> = {}) =>
  testEndpoints(
    rpcs.slice(0, count).map(({ url }) => url),
    { log, nowMs: () => nowMs, timeoutSeconds: 1, ...options },
  );
const states = (endpoints: ReturnType<typeof open>) => endpoints.report().map(({ state }) => state);
const blockNumber = { method: "eth_blockNumber" };

describe("several endpoints", () => {
  test("the first is used, and the next when it does not answer, breaks off, or has troubles of its own", async () => {
    const faults = ["hang", "drop", "swallow", { error: { code: -32_603, message: "internal error" } }] as const;
    for (const fault of faults) {
      const endpoints = open(2);
      faulty(0).misbehaveAt("eth_blockNumber", fault);
      expect(await endpoints.request(blockNumber)).toBe("0x0");
      expect(states(endpoints)).toEqual(["failing", "used"]);
      // And is not asked again for the time being.
      const before = faulty(0).asked.length;
      await endpoints.request(blockNumber);
      expect(faulty(0).asked.length).toBe(before);
    }
    expect(lines.map(({ event }) => event)).toContain("endpoint-left");
  });

  test("an answer that is an error is no reason to ask another", async () => {
    const endpoints = open(2);
    faulty(0).misbehaveAt("eth_call", { error: { code: 3, message: "execution reverted" } });
    const before = faulty(1).asked.length;
    await expect(endpoints.request({ method: "eth_call", params: [{}, "latest"] })).rejects.toThrow(
      /execution reverted/u,
    );
    expect(faulty(1).asked.length).toBe(before);
    expect(states(endpoints)).toEqual(["used", "spare"]);
  });

  test("one that was left is back after a look that finds it well, later and later", async () => {
    const endpoints = open(2);
    faulty(0).misbehaveAt("eth_blockNumber", "drop");
    await endpoints.request(blockNumber);
    nowMs += 999;
    faulty(0).misbehave();
    await endpoints.look();
    expect(states(endpoints)[0]).toBe("failing");
    nowMs += 1;
    await endpoints.look();
    expect(states(endpoints)).toEqual(["used", "spare"]);
    expect(lines.map(({ event }) => event)).toEqual([
      "endpoint-used",
      "endpoint-left",
      "endpoint-used",
      "endpoint-back",
      "endpoint-used",
    ]);
    // It answers looks and fails at what counts: the pauses grow.
    faulty(0).misbehaveAt("eth_gasPrice", "drop");
    await endpoints.request({ method: "eth_gasPrice" });
    nowMs += 1_999;
    await endpoints.look();
    expect(states(endpoints)[0]).toBe("failing");
    nowMs += 1;
    await endpoints.look();
    expect(states(endpoints)[0]).toBe("used");
  });

  test("one on another chain is never asked anything, not even when it is the last", async () => {
    faulty(0).misbehaveAt("eth_chainId", { result: "0x1" });
    const endpoints = open(2);
    await endpoints.request(blockNumber);
    expect(states(endpoints)).toEqual(["wrong-chain", "used"]);
    faulty(1).misbehave(() => "drop");
    await expect(endpoints.request(blockNumber)).rejects.toThrow(/cannot be reached/u);
    expect(lines.find(({ event }) => event === "endpoint-left")?.msg).toMatch(/is on chain 1, the wrong one/u);
  });

  test("one whose latest block stays behind, or does not move, is left for one that follows the chain", async () => {
    const endpoints = open(2);
    faulty(0).misbehaveAt("eth_blockNumber", { result: "0x0" });
    await endpoints.look();
    for (let block = 0; block < 5; block++) await node.rpc("evm_mine");
    await endpoints.look();
    expect(states(endpoints)).toEqual(["used", "spare"]);
    await node.rpc("evm_mine");
    await endpoints.look();
    expect(states(endpoints)).toEqual(["behind", "used"]);
    faulty(0).misbehaveAt("eth_blockNumber", { result: "0x5" });
    await endpoints.look();
    expect(states(endpoints)).toEqual(["used", "spare"]);
    nowMs += 120_001;
    await endpoints.look();
    expect(states(endpoints)).toEqual(["stalled", "used"]);
  });

  test("one that is merely behind is used when there is no other", async () => {
    const endpoints = open(2);
    faulty(0).misbehaveAt("eth_blockNumber", { result: "0x0" });
    for (let block = 0; block < 6; block++) await node.rpc("evm_mine");
    await endpoints.look();
    faulty(1).misbehave(() => "drop");
    expect(await endpoints.request({ method: "eth_chainId" })).toBe("0x7a69");
  });

  test("a majority is believed, and who contradicts it is left", async () => {
    const endpoints = open(3);
    const block = await commonBlock(endpoints);
    const truth = await blockHash(endpoints, block);
    faulty(0).misbehaveAt("eth_getBlockByNumber", {
      change: (one) => ({ ...(one as object), hash: `0x${"1".repeat(64)}` }),
    });
    expect(await blockHash(endpoints, block)).toBe(truth);
    expect(states(endpoints)).toEqual(["failing", "used", "spare"]);
    expect(endpoints.report()[0]?.lastFailure).toBe("contradicts the others about eth_getBlockByNumber");
  });

  test("the time of a block is the majority's too, whatever hash it comes with", async () => {
    const endpoints = open(3);
    const block = await commonBlock(endpoints);
    const call = { method: "eth_getBlockByNumber", params: [`0x${block.toString(16)}`, false] };
    const truth = await agreed(endpoints, call);
    faulty(0).misbehaveAt("eth_getBlockByNumber", {
      change: (one) => ({ ...(one as object), timestamp: "0xffffffff" }),
    });
    expect(await agreed(endpoints, call)).toEqual(truth);
  });

  test("two that contradict each other are named, and nothing is concluded", async () => {
    const endpoints = open(2);
    faulty(0).misbehaveAt("eth_getBalance", { result: "0x1" });
    const call = { method: "eth_getBalance", params: [`0x${"0".repeat(40)}`, "0x0"] };
    await expect(agreed(endpoints, call)).rejects.toThrow(
      `The RPC endpoints ${faulty(0).url} and ${faulty(1).url} contradict each other about eth_getBalance`,
    );
  });

  test("one that knows nothing of it has no vote", async () => {
    const endpoints = open(2);
    faulty(0).misbehaveAt("eth_getBalance", { error: { code: -32_000, message: "header not found" } });
    expect(await agreed(endpoints, { method: "eth_getBalance", params: [`0x${"0".repeat(40)}`, "0x0"] })).toBe("0x0");
  });

  test("when they are closed, what is under way ends at once", async () => {
    const endpoints = open(1, { timeoutSeconds: 60 });
    faulty(0).misbehave(({ method }) => (method === "eth_blockNumber" ? "hang" : "pass"));
    const asked = createReader(endpoints).getBlockNumber();
    await expect.poll(() => faulty(0).asked.at(-1)).toBe("eth_blockNumber");
    endpoints.close();
    await expect(asked).rejects.toThrow(/cannot be reached/u);
  });
});

test("credentials in a URL get to the endpoint, and nowhere else", async () => {
  const seen: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    seen.push(request.headers.authorization);
    response.writeHead(503).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const endpoints = testEndpoints(`http://user:secret@127.0.0.1:${port}/key`, { log });
  const failure: unknown = await endpoints.request(blockNumber).catch((error: unknown) => error);
  server.close();
  expect(seen[0]).toBe(`Basic ${Buffer.from("user:secret").toString("base64")}`);
  expect(String(failure)).toContain(`http://127.0.0.1:${port}/... answered with HTTP status 503`);
  const everything = `${String(failure)} ${JSON.stringify(failure)} ${JSON.stringify(lines)} ${JSON.stringify(endpoints.report())}`;
  expect(everything).not.toMatch(/secret|\/key/u);
});
