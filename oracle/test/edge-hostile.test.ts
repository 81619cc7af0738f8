import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { toSignedProfile, type SignedProfile } from "@commonwatt/sdk/profile-signing";
import { decodeIntervals, decodeQuality, encodeIntervals } from "@commonwatt/sdk/profile";
import { day, dayEnd, dayOf, dayStart, isoDay, type Day } from "@commonwatt/sdk/time";
import { planSettlement } from "@commonwatt/sdk/settlement/plan";
import { connectAsync, type MqttClient } from "mqtt";
import { BaseError, ContractFunctionRevertedError, type Hex, toFunctionSelector } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import type { ExportedDay } from "../src/edge/export.ts";
import { decodeShown, encodeReceipt, type ShownProfile } from "../src/edge/message.ts";
import { edgeTopic, profilesFilter } from "../src/edge/topics.ts";
import { bundleGateway, createGatewayFolder, type GatewayFolder } from "./support/edge-gateway.ts";
import {
  CLOSING_WINDOW_SECONDS,
  COMMUNITY_PRICE_TICKS,
  type LocalChain,
  NETWORK_CHARGE_TICKS,
  startLocalChain,
} from "./support/local-chain.ts";
import { hasMosquitto, type Mosquitto, startMosquitto } from "./support/mosquitto.ts";
import { createRegistrar, deployStreet } from "./support/street-on-chain.ts";

const FIRST = day(dayOf(Date.now() / 1000) - 2);
const SECOND = day(FIRST + 1);
const WH_A_DAY = 9_600n;

let chain: LocalChain;
let broker: Mosquitto;
let lastMeter = 0;
const cleanups: (() => void | Promise<void>)[] = [];

beforeAll(async () => {
  await bundleGateway();
  if (hasMosquitto) broker = await startMosquitto();
}, 300_000);
afterAll(async () => {
  if (hasMosquitto) await broker.close();
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

const address = () => ({ chainId: chain.deployment.chainId, neighbourhood: chain.deployment.neighbourhood });
const hash = (): Hex => `0x${randomBytes(32).toString("hex")}`;

/** A gateway on chain, and in the relay's place whoever has taken it over: the whole broker is theirs. */
async function createScene(more: object = {}) {
  const meter = ++lastMeter;
  await chain.addMeter(meter, chain.account(1).address);
  const gateway = createGatewayFolder({
    deployment: chain.deployment,
    meters: [meter],
    metersPort: broker.port,
    relay: { url: `mqtt://127.0.0.1:${broker.port}` },
    more: { rpcUrl: chain.rpcUrl, ...more },
  });
  cleanups.push(() => {
    gateway.killAll();
    gateway.remove();
  });
  const [registration] = await gateway.pair();
  if (registration === undefined) throw new Error("nothing was paired");
  const proof = { device: registration.device, signature: registration.possession };
  await chain.addDevice(meter, proof);
  const relay = await connectAsync(`mqtt://127.0.0.1:${broker.port}`);
  cleanups.push(() => relay.endAsync(true).then(() => undefined));
  const seen = new Map<number, ShownProfile>();
  relay.on("message", (_topic, payload) => {
    const shown = decodeShown(payload);
    if (shown.meter === meter) seen.set(shown.profile.day, shown);
  });
  await relay.subscribeAsync(profilesFilter(address()), { qos: 1 });

  /** The signed day, once the gateway has shown it. */
  async function shown(of: Day): Promise<SignedProfile> {
    await expect.poll(() => seen.has(of)).toBe(true);
    const message = seen.get(of);
    if (message === undefined) throw new Error("it was there");
    return message.profile;
  }
  const say = (of: Day, fields: object | string) =>
    relay.publishAsync(
      edgeTopic(address(), { kind: "receipts", meter, day: of }),
      typeof fields === "string" ? fields : JSON.stringify(fields),
      { qos: 1 },
    );
  return { meter, gateway, relay, shown, say, proof };
}

const record = (profile: SignedProfile) =>
  chain.client.writeContract({ ...chain.contract, functionName: "record", args: [profile] });
/** What the contract refuses a profile for, without a transaction; undefined: it takes it. */
const refusalOf = (profile: SignedProfile, contract = chain.contract) =>
  reasonOf(chain.client.simulateContract({ ...contract, functionName: "record", args: [profile] }));
const recorded = (meter: number) =>
  chain.client.getContractEvents({
    ...chain.contract,
    eventName: "ProfileRecorded",
    args: { meter },
    fromBlock: 0n,
    strict: true,
  });

async function endDays(): Promise<void> {
  const { timestamp } = await chain.client.getBlock();
  if (timestamp <= dayEnd(SECOND)) await chain.mineAt(dayEnd(SECOND) + 1);
}

/** Announces a day in which no meter shares yet, and settles it for nobody once its hour is over. */
async function settleEmpty(of: Day): Promise<void> {
  await chain.client.writeContract({ ...chain.contract, functionName: "announce", args: [of, 0n] });
  const { timestamp } = await chain.client.getBlock();
  await chain.mineAt(Number(timestamp) + 3_600);
  const tariff = { communityPriceTicks: COMMUNITY_PRICE_TICKS, networkChargeTicks: NETWORK_CHARGE_TICKS };
  const { claims, batch, skipped } = planSettlement({ day: of, tariff, bitmap: 0n, forced: [], meters: [] }).args;
  const args = [of, claims, batch, skipped] as const;
  await chain.client.writeContract({ ...chain.contract, functionName: "settleDay", args });
}

/** Every way of changing what a gateway signed. */
function forgeries(profile: SignedProfile): [what: string, forged: SignedProfile][] {
  const { imports, exports } = decodeIntervals(profile.intervals);
  const more = encodeIntervals(
    imports.map((units, index) => (index === 0 ? units + 1 : units)),
    exports,
  );
  const swapped = encodeIntervals(imports, imports);
  const r = BigInt(profile.signature.slice(0, 66));
  const otherSignature: Hex = `0x${(r + 1n).toString(16).padStart(64, "0")}${profile.signature.slice(66)}`;
  return [
    ["more import register", { ...profile, importRegister: profile.importRegister + 1n }],
    ["more export register", { ...profile, exportRegister: profile.exportRegister + 1n }],
    ["more energy in an interval", { ...profile, intervals: more }],
    ["export that was none", { ...profile, intervals: swapped, exportRegister: profile.importRegister }],
    ["another quality", { ...profile, quality: profile.quality ^ 1n }],
    ["another day", { ...profile, day: profile.day + 1 }],
    ["an earlier day", { ...profile, day: profile.day - 1 }],
    ["another signature", { ...profile, signature: otherSignature }],
  ];
}

describe.skipIf(!hasMosquitto)("a relay in the hands of an enemy", { timeout: 300_000 }, () => {
  test("cannot make, change, double or turn round energy: the contract takes what was signed, in order, once", async () => {
    const { meter, gateway, shown, say, proof } = await createScene();
    await endDays();
    const running = await gateway.start();
    await gateway.publish(meter, FIRST);
    await gateway.publish(meter, SECOND, { openingWh: 9_600, from: 1 });
    const first = await shown(FIRST);
    expect(await refusalOf(first)).toBeUndefined();
    for (const [what, forged] of forgeries(first)) expect(await refusalOf(forged), what).toBe("UnknownDevice");
    // With a key of their own it is another device's, and that is nobody's.
    const own = await privateKeyToAccount(generatePrivateKey()).sign({ hash: hash() });
    const invented = {
      ...first,
      quality: decodeQuality(first.quality),
      ...decodeIntervals(first.intervals),
      day: FIRST,
    };
    expect(await refusalOf(toSignedProfile(invented, own))).toBe("UnknownDevice");
    // Another neighbourhood of the same chain, where the same device cannot even be registered with this proof.
    const elsewhere = await deployStreet(chain.client);
    await createRegistrar(chain.client, elsewhere).addMeter(meter, chain.account(1).address);
    const there = { address: elsewhere.neighbourhood, abi: chain.contract.abi } as const;
    expect(await refusalOf(first, there)).toBe("UnknownDevice");
    const registration = {
      ...proof,
      meter,
      importRegister: 0n,
      exportRegister: 0n,
      keyType: 0,
      custody: 1,
      possession: proof.signature,
    };
    expect(
      await reasonOf(chain.client.simulateContract({ ...there, functionName: "registerDevice", args: [registration] })),
    ).toBe(toFunctionSelector("PossessionNotProven(address,address)"));
    // Only once the relay says that it has the first day is the second shown: it cannot be put before it.
    await say(FIRST, {
      version: 1,
      meter,
      day: FIRST,
      state: "taken",
      digest: await digestOf(first),
      at: Math.floor(Date.now() / 1000),
    });
    const second = await shown(SECOND);
    // It keeps the first day back, and hands in the second alone: both days' energy is in the registers, none is lost.
    await record(second);
    expect(await refusalOf(second), "twice").toBe("DayNotAfterLast");
    expect(await refusalOf(first), "afterwards").toBe("DayNotAfterLast");
    const events = await recorded(meter);
    expect(events.map(({ args }) => [args.day, args.importRegister, args.unattributedImportWh])).toEqual([
      [SECOND, 2n * WH_A_DAY, WH_A_DAY],
    ]);
    // And it is noticed: the second day is on chain, the first is called withheld.
    await running.logged("on-chain", (line) => line["day"] === isoDay(SECOND));
    await running.logged("withheld", (line) => line["day"] === isoDay(FIRST));
    await running.end("SIGTERM");
  });

  test("cannot talk a gateway into anything: a day is on chain when the chain says so, whatever a receipt says", async () => {
    const { meter, gateway, relay, shown, say } = await createScene();
    await endDays();
    const running = await gateway.start();
    await gateway.publish(meter, FIRST);
    const first = await shown(FIRST);
    const digest = await digestOf(first);
    const receipt = { version: 1, meter, day: FIRST, digest, at: Math.floor(Date.now() / 1000) };
    await flood(relay, meter);
    await say(FIRST, "no JSON");
    await say(FIRST, { ...receipt, state: "paid" });
    await say(FIRST, { ...receipt, version: 2, state: "recorded", transaction: hash() });
    await say(FIRST, { ...receipt, state: "recorded", transaction: hash(), digest: hash() });
    await say(FIRST, { ...receipt, state: "recorded", transaction: hash(), meter: meter + 1 });
    await say(SECOND, { ...receipt, state: "recorded", transaction: hash() });
    await say(FIRST, { ...receipt, state: "refused", reason: `a lie\n${"x".repeat(2_000)}` });
    await running.logged("receipt", (line) => line["state"] === "refused");
    await say(FIRST, { ...receipt, state: "settled", transaction: hash(), at: 0 });
    // The lie of the transaction: claimed, looked up, not there.
    await running.logged("receipt", (line) => line["state"] === "settled");
    await running.logged("withheld");
    await expect
      .poll(() => gateway.status().meters[0]?.open.map(({ standing, overdue }) => [standing, overdue]))
      .toEqual([["claimed", true]]);
    expect(running.lines.some(({ event }) => event === "on-chain")).toBe(false);
    // The relay's clock is told, and followed in nothing.
    expect(running.lines.some(({ event }) => event === "clock-differs")).toBe(true);
    // What it says on the meters' topics of its broker is no reading: the next day is the meter's alone.
    await gateway.publish(meter, SECOND, { openingWh: 9_600, from: 1 });
    await record(first);
    await running.logged("on-chain", (line) => line["day"] === isoDay(FIRST));
    const second = await shown(SECOND);
    expect(second.importRegister).toBe(2n * WH_A_DAY);
    await record(second);
    await running.logged("on-chain", (line) => line["day"] === isoDay(SECOND));
    await expect.poll(() => gateway.status().meters[0]?.open).toEqual([]);
    await running.end("SIGTERM");
  });

  test("and whoever settles with it cannot leave a sharing meter's day out: its calls are in the export", async () => {
    const { meter, gateway, relay, shown } = await createScene();
    const owner = { ...chain.contract, account: chain.account(1) } as const;
    const settings = { sharing: true, community: true, askTicks: 0, bidTicks: 0 };
    await chain.client.writeContract({ ...owner, functionName: "setSettings", args: [meter, settings] });
    const running = await gateway.start();
    await gateway.publish(meter, FIRST);
    await gateway.publish(meter, SECOND, { openingWh: 9_600, from: 1 });
    const first = await shown(FIRST);
    await relay.endAsync(true);
    await chain.mineAt(dayEnd(FIRST) + 1);
    await record(first);
    await settleEmpty(FIRST);
    await chain.client.writeContract({ ...chain.contract, functionName: "applyChanges", args: [[meter]] });
    await running.logged("on-chain", (line) => line["day"] === isoDay(FIRST));
    // The second day is nobody's to see but the gateway's; it is announced without this meter.
    await endDays();
    await chain.client.writeContract({ ...chain.contract, functionName: "announce", args: [SECOND, 0n] });
    await running.logged("signed", (line) => line["day"] === isoDay(SECOND));
    await running.logged("withheld", (line) => line["day"] === isoDay(SECOND));
    const exported = await exportedDay(gateway, SECOND);
    const send = (data: Hex) => chain.client.sendTransaction({ to: exported.to, data, account: chain.account(5) });
    const seats = () => chain.client.readContract({ ...chain.contract, functionName: "announced" });
    expect((await seats())[1]).toBe(0n);
    await send(exported.calls.force);
    expect((await seats())[1]).not.toBe(0n);
    // Nobody settles it with this meter in it, so the window closes over it: the energy gets into the registers all the same.
    await chain.mineAt(Number((await chain.client.getBlock()).timestamp) + CLOSING_WINDOW_SECONDS + 1);
    await send(exported.calls.late);
    await running.logged("on-chain", (line) => line["day"] === isoDay(SECOND));
    const { device } = await chain.client.readContract({ ...chain.contract, functionName: "meter", args: [meter] });
    const state = { ...chain.contract, functionName: "deviceState", args: [device] } as const;
    expect(await chain.client.readContract(state)).toMatchObject({ lastDay: SECOND, importRegister: 2n * WH_A_DAY });
    await running.end("SIGTERM");
  });

  test("cannot make a gateway sign a day twice, not even with its database thrown away", async () => {
    const { meter, gateway, shown } = await createScene();
    await endDays();
    const running = await gateway.start();
    await gateway.publish(meter, FIRST);
    const first = await shown(FIRST);
    await running.end("SIGKILL");
    gateway.forgetDays();
    const again = await gateway.start();
    await gateway.publish(meter, FIRST, { whPerQuarter: 90 });
    await again.logged("parked");
    await again.end("SIGTERM");
    expect((await shown(FIRST)).signature).toBe(first.signature);
  });
});

/** A day as `edge export` writes it down. */
async function exportedDay(gateway: GatewayFolder, of: Day): Promise<ExportedDay> {
  const out = join(gateway.folder, "out");
  await gateway.verb("export", "--out", out, "--day", isoDay(of));
  const [file = ""] = readdirSync(out);
  return JSON.parse(readFileSync(join(out, file), "utf8")) as ExportedDay;
}

/** The error that a call to the contract ends with: its name, or the selector of another contract's; undefined: it goes through. */
async function reasonOf(call: Promise<unknown>): Promise<string | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    const reverted =
      error instanceof BaseError && error.walk((cause) => cause instanceof ContractFunctionRevertedError);
    if (!(reverted instanceof ContractFunctionRevertedError)) throw error;
    return reverted.data?.errorName ?? reverted.signature;
  }
}

async function digestOf(profile: SignedProfile): Promise<Hex> {
  const { digestOf: digest } = await import("../src/edge/relay/take-profile.ts");
  return digest(address(), profile);
}

/** Everything a broker can send a client, on its topics and beside them. */
async function flood(relay: MqttClient, meter: number): Promise<void> {
  const topic = edgeTopic(address(), { kind: "receipts", meter, day: FIRST });
  const junk = [
    Buffer.alloc(0),
    randomBytes(100),
    Buffer.alloc(200_000, "{"),
    Buffer.from('{"version":1}'),
    Buffer.from("null"),
  ];
  for (let round = 0; round < 40; round++) {
    for (const payload of junk) await relay.publishAsync(topic, payload, { qos: 1 });
  }
  await relay.publishAsync(
    topic.replace(isoDay(FIRST), "not-a-day"),
    encodeReceipt({ meter, day: FIRST, state: "taken", digest: hash(), at: 0 }),
  );
}
