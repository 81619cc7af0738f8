import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { marketplaceDomain } from "@commonwatt/sdk/domains";
import { buildOffer, offerTypedData, serializeOffer } from "@commonwatt/sdk/offers";
import { dayOf, dayStart } from "@commonwatt/sdk/time";
import { connectAsync, type MqttClient } from "mqtt";
import { parseEther } from "viem";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import { startForeignBroker } from "./support/foreign-broker.ts";
import { type LocalChain, startLocalChain } from "./support/local-chain.ts";
import { createOracleFolder, type OracleFolder } from "./support/oracle-process.ts";
import { startProxy } from "./support/proxy.ts";

const START = dayStart(dayOf(1_780_000_000));
const DAY = dayOf(START);

let chain: LocalChain;
let oracle: OracleFolder;

beforeAll(async () => {
  chain = await startLocalChain(START);
  oracle = createOracleFolder(
    {
      rpcUrls: [chain.rpcUrl],
      clock: "chain",
      timing: { pollMilliseconds: 50 },
      meters: [
        { meter: 1, node: "home-1", fuseWatts: 17_250, inputs: [{ input: "E1", meaning: "netWh" }] },
        { meter: 2, node: "home-2", fuseWatts: 17_250, inputs: [{ input: "E1", meaning: "netWh" }] },
      ],
    },
    chain.deployment,
  );
  const { submitter } = await oracle.verb<{ submitter: `0x${string}` }>(
    "keys",
    "create",
    "--meters",
    "1,2",
    "--submitter",
  );
  await chain.client.setBalance({ address: submitter, value: parseEther("10") });
  type Proof = { device: `0x${string}`; signature: `0x${string}` };
  for (const meter of [1, 2]) {
    await chain.addMeter(meter, chain.account(meter).address);
    const registers = ["--import-register", "0", "--export-register", "0"];
    await chain.addDevice(meter, await oracle.verb<Proof>("possession", "--meter", String(meter), ...registers));
  }
}, 60_000);

afterEach(() => {
  oracle.killAll();
});
afterAll(async () => {
  await chain.close();
  oracle.remove();
});

const deviceState = async (meter: number) => {
  const { device } = await chain.client.readContract({ ...chain.contract, functionName: "meter", args: [meter] });
  return chain.client.readContract({ ...chain.contract, functionName: "deviceState", args: [device] });
};

/** Publishes a meter's counter at the end of each quarter-hour `from` to `to` of the day; resolves when all are durable. */
async function publish(
  client: MqttClient,
  node: string,
  from: number,
  to: number,
  counterAt: (quarter: number) => number,
) {
  for (let quarter = from; quarter <= to; quarter++) {
    const time = START + quarter * 900;
    await client.publishAsync(`emon/${node}`, JSON.stringify({ time, E1: counterAt(quarter) }), { qos: 1 });
  }
}

/** Imports 100 Wh a quarter-hour in the morning and exports 50 Wh in the afternoon. */
const counter = (quarter: number) => 1_000_000 + 100 * Math.min(quarter, 48) - 50 * Math.max(quarter - 48, 0);

describe("the oracle", () => {
  test("records the day of two meters, survives kill -9 in the middle, and ends with code 0", async () => {
    const first = await oracle.start();
    const before = await connectAsync(`mqtt://127.0.0.1:${first.ports.mqtt}`);
    await chain.mineAt(START + 40 * 900);
    await publish(before, "home-1", 0, 40, counter);
    await publish(before, "home-2", 0, 40, counter);
    before.end(true);
    await first.end("SIGKILL");

    const second = await oracle.start();
    const after = await connectAsync(`mqtt://127.0.0.1:${second.ports.mqtt}`);
    await chain.mineAt(START + 96 * 900 + 1);
    // The last ones again, as after a lost acknowledgement.
    await publish(after, "home-1", 38, 96, counter);
    await publish(after, "home-2", 38, 96, counter);
    await second.logged("recorded", ({ meter }) => meter === 1);
    await second.logged("recorded", ({ meter }) => meter === 2);
    await after.endAsync();

    for (const meter of [1, 2]) {
      const [event] = await chain.client.getContractEvents({
        ...chain.contract,
        eventName: "ProfileRecorded",
        args: { meter },
        fromBlock: 0n,
        strict: true,
      });
      expect(event?.args).toMatchObject({
        day: DAY,
        importRegister: 4_800n,
        exportRegister: 2_400n,
        quality: 0n,
        unattributedImportWh: 0n,
        unattributedExportWh: 0n,
      });
    }
    const health = (await (await fetch(`http://127.0.0.1:${second.ports.board}/api/health`)).json()) as object;
    expect(health).toMatchObject({
      status: "ok",
      outbox: { recorded: 2, parked: 0, sent: 0 },
      refusals: { duplicate: 2, "out-of-order": 4 },
    });
    expect(await second.end("SIGTERM")).toBe(0);
    expect(second.lines.at(-1)).toMatchObject({ event: "stopped" });
  });

  test("goes on from the registers on chain after its database was lost", async () => {
    rmSync(join(oracle.folder, "data", "oracle.sqlite"));
    rmSync(join(oracle.folder, "data", "oracle.sqlite-wal"), { force: true });
    rmSync(join(oracle.folder, "data", "oracle.sqlite-shm"), { force: true });
    const again = await oracle.start();
    const client = await connectAsync(`mqtt://127.0.0.1:${again.ports.mqtt}`);
    await chain.mineAt(START + 2 * 96 * 900 + 1);
    await publish(client, "home-1", 96, 192, counter);
    await again.logged("registers-adopted", ({ meter }) => meter === 1);
    await again.logged("recorded", ({ meter }) => meter === 1);
    await client.endAsync();
    const state = await deviceState(1);
    expect(state).toMatchObject({ lastDay: DAY + 1, importRegister: 4_800n, exportRegister: 7_200n });
    expect(await again.end("SIGINT")).toBe(0);
  });

  test("takes signed offers over HTTP and refuses others, asking the chain about contract wallets", async () => {
    const running = await oracle.start();
    const url = `http://127.0.0.1:${running.ports.board}/api/offers`;
    const seller = chain.account(1);
    const offer = buildOffer({
      seller: seller.address,
      token: chain.deployment.token,
      meter: 1,
      firstInterval: DAY * 96,
      lastInterval: DAY * 96 + 95,
      priceTicks: 1_500,
      expiry: START + 30 * 86_400,
      nonce: 1,
    });
    const signature = await seller.signTypedData(offerTypedData(marketplaceDomain(chain.deployment), offer));
    const post = async (body: object) => (await fetch(url, { method: "POST", body: JSON.stringify(body) })).status;
    expect(await post({ offer: serializeOffer(offer), signature })).toBe(201);
    // Not 65 bytes, so not an account's: the chain is asked, and finds no wallet contract there.
    expect(await post({ offer: serializeOffer({ ...offer, nonce: 2n }), signature: `${signature}00` })).toBe(400);
    expect(await post({ offer: serializeOffer({ ...offer, nonce: 3n }), signature })).toBe(400);
    expect(await (await fetch(url)).json()).toMatchObject({ offers: [{ signature }] });
    expect(await running.end("SIGTERM")).toBe(0);
  });

  test("reads an external broker, and catches up with what came while it was away", async () => {
    const broker = await startForeignBroker();
    const file = JSON.parse(readFileSync(oracle.configFile, "utf8")) as object;
    const external = { kind: "external", url: `mqtt://127.0.0.1:${broker.port}` };
    writeFileSync(oracle.configFile, JSON.stringify({ ...file, broker: external }));
    const first = await oracle.start();
    await first.logged("mqtt-connected");
    await first.end("SIGKILL");
    const client = await connectAsync(external.url);
    await chain.mineAt(START + 3 * 96 * 900 + 1);
    await publish(client, "home-1", 193, 288, counter);
    const second = await oracle.start();
    await second.logged("recorded", ({ meter }) => meter === 1);
    expect(await deviceState(1)).toMatchObject({ lastDay: DAY + 2, exportRegister: 12_000n });
    expect(await second.end("SIGTERM")).toBe(0);
    await client.endAsync();
    await broker.stop();
    writeFileSync(oracle.configFile, JSON.stringify(file));
  });

  test("rides out a node that goes away for a while", async () => {
    const proxy = await startProxy(chain.rpcUrl);
    const file = JSON.parse(readFileSync(oracle.configFile, "utf8")) as object;
    writeFileSync(oracle.configFile, JSON.stringify({ ...file, rpcUrls: [proxy.url] }));
    const running = await oracle.start();
    const client = await connectAsync(`mqtt://127.0.0.1:${running.ports.mqtt}`);
    await chain.mineAt(START + 4 * 96 * 900 + 1);
    proxy.refuse(true);
    await running.logged("retry");
    proxy.refuse(false);
    await publish(client, "home-1", 289, 384, counter);
    await running.logged("recorded", ({ meter }) => meter === 1);
    await client.endAsync();
    proxy.refuse(true);
    expect(await running.end("SIGTERM")).toBe(0);
    await proxy.close();
    writeFileSync(oracle.configFile, JSON.stringify(file));
  });
});

describe("the oracle, killed", () => {
  test("with a transaction under way, finds it recorded after the restart and sends nothing twice", async () => {
    const running = await oracle.start();
    const client = await connectAsync(`mqtt://127.0.0.1:${running.ports.mqtt}`);
    await chain.mineAt(START + 5 * 96 * 900 + 1);
    await chain.client.setAutomine(false);
    await publish(client, "home-1", 385, 480, counter);
    await running.logged("closed", ({ meter }) => meter === 1);
    const pending = () => chain.client.getBlockTransactionCount({ blockTag: "pending" });
    await expect.poll(pending).toBe(1);
    client.end(true);
    await running.end("SIGKILL");
    await chain.client.mine({ blocks: 1 });
    await chain.client.setAutomine(true);

    const again = await oracle.start();
    await again.logged("recorded", ({ meter }) => meter === 1);
    expect(await deviceState(1)).toMatchObject({ lastDay: DAY + 4 });
    const skipped = await chain.client.getContractEvents({
      ...chain.contract,
      eventName: "ProfileSkipped",
      fromBlock: 0n,
    });
    expect(skipped).toEqual([]);
    expect(await again.end("SIGTERM")).toBe(0);
  });

  test("between any two messages, again and again, loses nothing of the day", async () => {
    await chain.mineAt(START + 6 * 96 * 900 + 1);
    for (const [from, to] of [
      [481, 500],
      [500, 533],
      [534, 570],
    ] as const) {
      const running = await oracle.start();
      const client = await connectAsync(`mqtt://127.0.0.1:${running.ports.mqtt}`);
      await publish(client, "home-1", from, to, counter);
      client.end(true);
      await running.end("SIGKILL");
    }
    const last = await oracle.start();
    const client = await connectAsync(`mqtt://127.0.0.1:${last.ports.mqtt}`);
    await publish(client, "home-1", 571, 576, counter);
    await last.logged("recorded", ({ meter }) => meter === 1);
    await client.endAsync();
    const [event] = await chain.client.getContractEvents({
      ...chain.contract,
      eventName: "ProfileRecorded",
      args: { meter: 1, day: DAY + 5 },
      fromBlock: 0n,
      strict: true,
    });
    expect(event?.args).toMatchObject({ quality: 0n, unattributedImportWh: 0n, unattributedExportWh: 0n });
    expect(await last.end("SIGTERM")).toBe(0);
  });
});

describe("the oracle does not start, and says why,", () => {
  const config = {
    rpcUrls: ["http://127.0.0.1:9"],
    meters: [{ meter: 1, node: "a", fuseWatts: 1_000, inputs: [{ input: "E1", meaning: "netWh" }] }],
  };

  async function failure(changes: object, deployment: object, keys: readonly string[]): Promise<string> {
    const folder = createOracleFolder({ ...config, ...changes }, deployment);
    if (keys.length > 0) await folder.verb("keys", "create", ...keys);
    const error: unknown = await folder.start().catch((caught: unknown) => caught);
    folder.remove();
    return String(error);
  }

  test("without the submitter's key", async () => {
    expect(await failure({}, chain.deployment, [])).toMatch(/ended with 1 .*no key of the submitter/u);
  });

  test("without a node", async () => {
    expect(await failure({}, chain.deployment, ["--submitter"])).toMatch(
      /ended with 1 .*rpcUrls http:\/\/127.0.0.1:9 does not answer/u,
    );
  });

  test("on another chain than the deployment's", async () => {
    const elsewhere = { ...chain.deployment, chainId: 1 };
    expect(await failure({ rpcUrls: [chain.rpcUrl] }, elsewhere, ["--submitter"])).toMatch(
      /is on chain 31337, expected 1/u,
    );
  });

  test("without a meter's key", async () => {
    expect(await failure({ rpcUrls: [chain.rpcUrl] }, chain.deployment, ["--submitter"])).toMatch(
      /no device key of meter 1 in/u,
    );
  });

  test("when its port is taken", async () => {
    const port = Number(new URL(chain.rpcUrl).port);
    const taken = { rpcUrls: [chain.rpcUrl], board: { port } };
    expect(await failure(taken, chain.deployment, ["--submitter", "--meters", "1"])).toMatch(/EADDRINUSE/u);
  });

  test("with a wrong key in the config", async () => {
    expect(await failure({ grace: 5 }, chain.deployment, [])).toMatch(/unknown key "grace", expected one of broker,/u);
  });
});
