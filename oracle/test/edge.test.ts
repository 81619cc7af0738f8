import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { CUSTODIES, enumWord } from "@commonwatt/sdk/meters";
import { day, dayEnd, dayOf, dayStart, isoDay } from "@commonwatt/sdk/time";
import { type Hex, parseEther } from "viem";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import type { ExportedDay } from "../src/edge/export.ts";
import { bundleGateway, createGatewayFolder } from "./support/edge-gateway.ts";
import { type LocalChain, startLocalChain } from "./support/local-chain.ts";
import { hasMosquitto, type Mosquitto, startMosquitto } from "./support/mosquitto.ts";
import { createOracleFolder } from "./support/oracle-process.ts";

/** Two days that are over by the gateway's clock, which is the machine's. */
const FIRST = day(dayOf(Date.now() / 1000) - 2);
const SECOND = day(FIRST + 1);

let chain: LocalChain;
let local: Mosquitto;
let lastMeter = 0;
const cleanups: (() => void | Promise<void>)[] = [];

beforeAll(async () => {
  await bundleGateway();
  if (hasMosquitto) local = await startMosquitto();
}, 300_000);
afterAll(async () => {
  if (hasMosquitto) await local.close();
});
// A device begins on the day it is registered: each test has a chain that is still in the first of its days.
beforeEach(async () => {
  lastMeter = 0;
  chain = await startLocalChain(dayStart(FIRST));
}, 300_000);
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
  await chain.close();
});

/** A relay with its own broker, in which the gateway has a user of its own, and a gateway whose device is registered. */
async function createScene({ rpc = true } = {}) {
  const meter = ++lastMeter;
  const oracle = createOracleFolder(
    {
      rpcUrls: [chain.rpcUrl],
      clock: "chain",
      broker: { kind: "embedded", port: 0, usersFile: "users" },
      timing: { pollMilliseconds: 50 },
      meters: [],
      edge: { meters: [{ meter, user: `gateway-${meter}` }] },
    },
    chain.deployment,
  );
  oracle.write("users", `gateway-${meter}:secret\nother:secret\n`);
  cleanups.push(() => {
    oracle.killAll();
    oracle.remove();
  });
  const { submitter } = await oracle.verb<{ submitter: Hex }>("keys", "create", "--submitter");
  await chain.client.setBalance({ address: submitter, value: parseEther("10") });
  await chain.addMeter(meter, chain.account(1).address);
  const relay = await oracle.start();
  const gateway = createGatewayFolder({
    deployment: chain.deployment,
    meters: [meter],
    metersPort: local.port,
    relay: { url: `mqtt://127.0.0.1:${relay.ports.mqtt}`, usernameFile: "user", passwordFile: "password" },
    more: rpc ? { rpcUrl: chain.rpcUrl } : {},
  });
  cleanups.push(() => {
    gateway.killAll();
    gateway.remove();
  });
  gateway.write("user", `gateway-${meter}`);
  gateway.write("password", "secret");
  const [registration] = await gateway.pair();
  if (registration === undefined) throw new Error("nothing was paired");
  await chain.addDevice(meter, { device: registration.device, signature: registration.possession });
  return { meter, oracle, relay, gateway, registration };
}

const recorded = (meter: number) =>
  chain.client.getContractEvents({
    ...chain.contract,
    eventName: "ProfileRecorded",
    args: { meter },
    fromBlock: 0n,
    strict: true,
  });

async function endDay(of: number): Promise<void> {
  const { timestamp } = await chain.client.getBlock();
  if (timestamp <= dayEnd(day(of))) await chain.mineAt(dayEnd(day(of)) + 1);
}

describe.skipIf(!hasMosquitto)(
  "a gateway that signs for itself, its relay an oracle without keys",
  { timeout: 300_000 },
  () => {
    test("gets its days on chain, one after the other, and looks up itself that they are there", async () => {
      const { meter, relay, gateway } = await createScene();
      const running = await gateway.start();
      await gateway.publish(meter, FIRST);
      await gateway.publish(meter, SECOND, { openingWh: 9_600, from: 1 });
      // The chain's clock is still in the first day: nothing can be recorded, and nothing is lost by waiting.
      await running.logged("signed", (line) => line["day"] === isoDay(SECOND));
      await endDay(SECOND);
      await running.logged("on-chain", (line) => line["day"] === isoDay(SECOND));
      await running.logged("on-chain", (line) => line["day"] === isoDay(FIRST));
      const events = await recorded(meter);
      expect(events.map(({ args }) => [args.day, args.importRegister])).toEqual([
        [FIRST, 9_600n],
        [SECOND, 19_200n],
      ]);
      const { custody } = await chain.client.readContract({ ...chain.contract, functionName: "meter", args: [meter] });
      expect(enumWord("custody", CUSTODIES, custody)).toBe("gateway");
      expect(relay.lines.filter(({ event }) => event === "edge-taken")).toHaveLength(2);
      expect(await running.end("SIGTERM")).toBe(0);
    });

    test("killed again and again, signs every day once and the same", async () => {
      const { meter, gateway } = await createScene();
      await endDay(SECOND);
      for (const [of, opening] of [
        [FIRST, 0],
        [SECOND, 9_600],
      ] as const) {
        for (let quarter = 1; quarter <= 96; quarter += 24) {
          const running = await gateway.start();
          await gateway.publish(meter, of, { from: quarter - 1, to: quarter + 23, openingWh: opening });
          await running.end("SIGKILL");
        }
      }
      const running = await gateway.start();
      await running.logged("on-chain", (line) => line["day"] === isoDay(SECOND));
      const events = await recorded(meter);
      expect(events.map(({ args }) => args.day)).toEqual([FIRST, SECOND]);
      expect(events.at(-1)?.args.importRegister).toBe(19_200n);
      expect(gateway.status).not.toThrow();
      await running.end("SIGKILL");
    });

    test("writes a day down that its relay keeps back, and anyone hands it in", async () => {
      const { meter, relay, gateway } = await createScene();
      await endDay(SECOND);
      await relay.end("SIGKILL");
      const running = await gateway.start();
      await gateway.publish(meter, FIRST);
      await running.logged("signed");
      // The day ended longer ago than receipts.alarmHours.
      const line = await running.logged("withheld");
      expect(line).toMatchObject({ meter, day: isoDay(FIRST), standing: "new" });
      // The log says it just before the files are written.
      await expect.poll(() => gateway.metrics()).toContain(`commonwatt_edge_days_withheld{meter="${meter}"} 1`);
      expect(await gateway.verb("status")).toMatch(/is OVERDUE \(the relay has not said that it has it\)/u);
      const out = join(gateway.folder, "out");
      await gateway.verb("export", "--out", out);
      const [file = ""] = readdirSync(out);
      const exported = JSON.parse(readFileSync(join(out, file), "utf8")) as ExportedDay;
      await chain.client.sendTransaction({ to: exported.to, data: exported.calls.record, account: chain.account(5) });
      await running.logged("on-chain");
      expect((await recorded(meter)).map(({ args }) => args.importRegister)).toEqual([9_600n]);
      await running.end("SIGTERM");
    });
  },
);
