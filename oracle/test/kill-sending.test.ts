import { type Day, day, dayEnd, dayOf, dayStart } from "@commonwatt/sdk/time";
import { connectAsync } from "mqtt";
import { type Address, type Hex, parseEther } from "viem";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import { type Fault, type FaultyRpc, startFaultyRpc } from "./support/faulty-rpc.ts";
import { type LocalChain, startLocalChain } from "./support/local-chain.ts";
import { createOracleFolder, type OracleFolder } from "./support/oracle-process.ts";

const FIRST = dayOf(1_780_000_000);
const SEND = "eth_sendRawTransaction";
/** How long an endpoint may take to answer. */
const ANSWER_SECONDS = 120;

let chain: LocalChain;
let oracle: OracleFolder;
let rpcs: [FaultyRpc, FaultyRpc];
let submitter: Address;
/** The day under test: each test goes on to the next. */
let today: Day = day(FIRST - 1);

beforeAll(async () => {
  chain = await startLocalChain(dayStart(FIRST));
  rpcs = [await startFaultyRpc(chain.rpcUrl), await startFaultyRpc(chain.rpcUrl)];
  oracle = createOracleFolder(
    {
      rpcUrls: rpcs.map(({ url }) => url),
      rpc: { timeoutSeconds: ANSWER_SECONDS },
      clock: "chain",
      timing: { pollMilliseconds: 50 },
      submission: { retrySeconds: 1 },
      meters: [{ meter: 1, node: "home", fuseWatts: 17_250, inputs: [{ input: "E1", meaning: "netWh" }] }],
    },
    chain.deployment,
  );
  const keys = await oracle.verb<{ submitter: Address }>("keys", "create", "--meters", "1", "--submitter");
  submitter = keys.submitter;
  await chain.client.setBalance({ address: submitter, value: parseEther("10") });
  await chain.addMeter(1, chain.account(1).address);
  const registers = ["--import-register", "0", "--export-register", "0"];
  const proof = await oracle.verb<{ device: Address; signature: Hex }>("possession", "--meter", "1", ...registers);
  await chain.addDevice(1, proof);
}, 120_000);
afterEach(() => {
  for (const rpc of rpcs) rpc.misbehave();
  oracle.killAll();
});
afterAll(async () => {
  await chain.close();
  await Promise.all(rpcs.map((rpc) => rpc.close()));
  oracle.remove();
});

type Running = Awaited<ReturnType<OracleFolder["start"]>>;

const sendings = () => rpcs.flatMap(({ asked }) => asked.filter((method) => method === SEND)).length;
const misbehave = (fault: Fault) => {
  for (const rpc of rpcs) rpc.misbehaveAt(SEND, fault);
};

/** Ends the next day and publishes the meter's counter over it. */
async function passDay(running: Running): Promise<void> {
  today = day(today + 1);
  await chain.mineAt(dayEnd(today) + 1);
  const client = await connectAsync(`mqtt://127.0.0.1:${running.ports.mqtt}`);
  for (let quarter = (today - FIRST) * 96; quarter <= (today - FIRST + 1) * 96; quarter++) {
    const body = { time: dayStart(FIRST) + quarter * 900, E1: 1_000_000 + 10 * quarter };
    await client.publishAsync("emon/home", JSON.stringify(body), { qos: 1 });
  }
  await client.endAsync();
}

/** How often the day is on chain. */
async function recordings(): Promise<number> {
  const query = { ...chain.contract, eventName: "ProfileRecorded", fromBlock: 0n, strict: true } as const;
  return (await chain.client.getContractEvents(query)).filter(({ args }) => args.day === today).length;
}

describe("the oracle, killed while it sends", () => {
  test.each([
    ["before any node has the transaction", "hang"],
    ["after a node has it, and before its answer", "swallow"],
  ] as const)("%s, records the day once after the restart", async (_when, fault) => {
    const nonce = await chain.client.getTransactionCount({ address: submitter });
    const first = await oracle.start();
    misbehave(fault);
    const before = sendings();
    await passDay(first);
    await expect.poll(sendings, { timeout: 60_000, interval: 5 }).toBeGreaterThan(before);
    await first.end("SIGKILL");
    misbehave("pass");
    const second = await oracle.start();
    await second.logged("recorded");
    expect(await recordings()).toBe(1);
    expect(await chain.client.getTransactionCount({ address: submitter })).toBe(nonce + 1);
    expect(await second.end("SIGTERM")).toBe(0);
  });

  test("ends on SIGTERM without waiting for the answer that an endpoint owes it", async () => {
    const running = await oracle.start();
    misbehave("hang");
    const before = sendings();
    await passDay(running);
    await expect.poll(sendings, { timeout: 60_000, interval: 5 }).toBeGreaterThan(before);
    const asked = performance.now();
    expect(await running.end("SIGTERM")).toBe(0);
    expect(performance.now() - asked).toBeLessThan((ANSWER_SECONDS * 1000) / 2);
    misbehave("pass");
    const again = await oracle.start();
    await again.logged("recorded");
    expect(await recordings()).toBe(1);
    expect(await again.end("SIGTERM")).toBe(0);
  });

  test("goes on with the second endpoint when the first is cut off, and says which", async () => {
    const running = await oracle.start();
    rpcs[0].misbehave(() => "drop");
    await passDay(running);
    await running.logged("recorded");
    expect(await recordings()).toBe(1);
    const health = (await (await fetch(`http://127.0.0.1:${running.ports.board}/api/health`)).json()) as object;
    expect(health).toMatchObject({
      endpoints: [
        { endpoint: rpcs[0].url, state: "failing", lastFailure: expect.stringMatching(/cannot be reached/u) as string },
        { endpoint: rpcs[1].url, state: "used", chainId: 31_337 },
      ],
      submitter: { unmined: null, trouble: null },
    });
    expect(await running.end("SIGTERM")).toBe(0);
  });
});
