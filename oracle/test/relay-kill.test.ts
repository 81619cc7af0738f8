import { demoEuroAbi } from "@commonwatt/sdk/generated/abis";
import { dayOf, dayStart } from "@commonwatt/sdk/time";
import { type Address, type Hex, parseEther } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { createSiweMessage } from "viem/siwe";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import { nonceAnswer } from "../src/api/schemas.ts";
import { type FaultyRpc, startFaultyRpc } from "./support/faulty-rpc.ts";
import { type LocalChain, startLocalChain } from "./support/local-chain.ts";
import { createOracleFolder, type OracleFolder } from "./support/oracle-process.ts";
import { createRelayRequests } from "./support/relay-requests.ts";

const START = dayStart(dayOf(1_780_000_000));
const PATIENCE = { timeout: 120_000, interval: 100 };
const SEND = "eth_sendRawTransaction";
const FUNDS = 1_000n;
const member = privateKeyToAccount(generatePrivateKey());

let chain: LocalChain;
let rpc: FaultyRpc;
let oracle: OracleFolder;
let submitter: Address;
let requests: ReturnType<typeof createRelayRequests>;

beforeAll(async () => {
  chain = await startLocalChain(START);
  rpc = await startFaultyRpc(chain.rpcUrl);
  oracle = createOracleFolder(
    {
      rpcUrls: [rpc.url],
      rpc: { timeoutSeconds: 60 },
      clock: "chain",
      timing: { pollMilliseconds: 50 },
      meters: [{ meter: 1, node: "home", fuseWatts: 17_250, inputs: [{ input: "E1", meaning: "netWh" }] }],
      api: { domain: "localhost:5173", uri: "http://localhost:5173" },
      relay: { enabled: true },
    },
    chain.deployment,
  );
  const keys = await oracle.verb<{ submitter: Address }>("keys", "create", "--meters", "1", "--submitter");
  submitter = keys.submitter;
  await chain.client.setBalance({ address: submitter, value: parseEther("10") });
  await chain.addMeter(1, member.address);
  requests = createRelayRequests(chain, BigInt(START + 365 * 86_400));
  const { currency, neighbourhood } = chain.deployment;
  const money = { address: currency, abi: demoEuroAbi } as const;
  await chain.client.writeContract({ ...money, functionName: "mint", args: [chain.client.account.address, FUNDS] });
  await chain.client.writeContract({ ...money, functionName: "approve", args: [neighbourhood, FUNDS] });
  await chain.client.writeContract({ ...chain.contract, functionName: "deposit", args: [member.address, FUNDS] });
}, 120_000);
afterEach(() => {
  rpc.misbehave();
  oracle.killAll();
});
afterAll(async () => {
  await chain.close();
  await rpc.close();
  oracle.remove();
});

type Running = Awaited<ReturnType<OracleFolder["start"]>>;

async function call(running: Running, path: string, token?: string, json?: object) {
  const response = await fetch(`http://127.0.0.1:${running.ports.board}${path}`, {
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(json === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(json === undefined ? {} : { method: "POST", body: JSON.stringify(json) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function signIn(running: Running): Promise<string> {
  const { body: terms } = await call(running, "/api/session/nonce", undefined, { wallet: member.address });
  const { nonce, domain, uri, chainId, statement } = nonceAnswer.parse(terms);
  const fields = { nonce, domain, uri, chainId, statement, version: "1", address: member.address } as const;
  const message = createSiweMessage({ ...fields, issuedAt: new Date() });
  const { body } = await call(running, "/api/session", undefined, {
    message,
    signature: await member.signMessage({ message }),
  });
  return String(body["token"]);
}

const balance = () =>
  chain.client.readContract({ ...chain.contract, functionName: "accountBalance", args: [member.address] });

describe("the oracle, killed while it sends a member's action", () => {
  test.each([
    ["before any node has it", "hang"],
    ["after a node has it, and before its answer", "swallow"],
  ] as const)("%s, has sent it once after the restart, and the session goes on", async (_when, fault) => {
    const [nonce, before] = [await chain.client.getTransactionCount({ address: submitter }), await balance()];
    const first = await oracle.start();
    const token = await signIn(first);
    rpc.misbehaveAt(SEND, fault);
    const sendings = () => rpc.asked.filter((method) => method === SEND).length;
    const sent = sendings();
    const request = await requests.withdraw(member, chain.account(9).address, 10n);
    const taken = await call(first, "/api/relay", token, request);
    expect(taken.status).toBe(202);
    const id = taken.body["id"] as Hex;
    await expect.poll(sendings, PATIENCE).toBeGreaterThan(sent);
    await first.end("SIGKILL");
    rpc.misbehave();

    const second = await oracle.start();
    // Who was not told of the answer asks again, and nothing more is sent for it.
    expect((await call(second, "/api/relay", token, request)).body).toMatchObject({ id });
    const state = async () => (await call(second, `/api/relay/${id}`, token)).body["state"];
    await expect.poll(state, PATIENCE).toBe("confirmed");
    expect(await balance()).toBe(before - 10n);
    expect(await chain.client.getTransactionCount({ address: submitter })).toBe(nonce + 1);
    const said = [...first.lines, ...second.lines].map((line) => JSON.stringify(line)).join("\n");
    expect(said).not.toContain(token);
    expect(said).not.toContain(request.signature.slice(2));
    expect(await second.end("SIGTERM")).toBe(0);
  });
});
