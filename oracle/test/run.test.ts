import { dayOf, dayStart } from "@commonwatt/sdk/time";
import { connectAsync, type MqttClient } from "mqtt";
import { parseEther } from "viem";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { type LocalChain, startLocalChain } from "./support/local-chain.ts";
import { createOracleFolder, type OracleFolder } from "./support/oracle-process.ts";

const START = dayStart(dayOf(1_780_000_000));
const DAY = dayOf(START);

let chain: LocalChain;
let oracle: OracleFolder;

beforeAll(async () => {
  chain = await startLocalChain(START);
  oracle = createOracleFolder(
    {
      rpcUrl: chain.rpcUrl,
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

afterAll(async () => {
  await chain.close();
  oracle.remove();
});

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
  }, 60_000);
});
