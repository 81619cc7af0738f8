import { execFile } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { type Day, day, dayOf } from "@commonwatt/sdk/time";
import { type Address, bytesToHex } from "viem";
import { mnemonicToAccount } from "viem/accounts";
import { afterAll, beforeAll, expect, test } from "vitest";

import { COMMUNITY, createSharingScene, type SharingScene } from "./support/sharing-scene.ts";
import { MNEMONIC } from "./support/street-on-chain.ts";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const FIRST = dayOf(1_780_000_000);
const runFile = promisify(execFile);

type Running = Awaited<ReturnType<SharingScene["oracle"]["start"]>>;
type ListedKey = { owner: number | string; standing: string; curve: string; address: Address };

let scene: SharingScene;
let running: Running;
let today: Day = FIRST;

beforeAll(async () => {
  scene = await createSharingScene(FIRST, 1, "p256");
  const file = join(scene.oracle.folder, "operator-key");
  const { privateKey } = mnemonicToAccount(MNEMONIC).getHdKey();
  writeFileSync(file, `${bytesToHex(privateKey ?? new Uint8Array())}\n`, { mode: 0o600 });
  await scene.oracle.verb("keys", "import", "--role", "operator", "--private-key", file);
  running = await scene.oracle.start();
}, 180_000);
afterAll(() => scene.close());

const run = async (...args: string[]) =>
  (await runFile(process.execPath, [MAIN, ...args, "--config", scene.oracle.configFile])).stdout;
const keysOf = async (meter: number) =>
  (await scene.oracle.verb<ListedKey[]>("keys", "list", "--json")).filter(({ owner }) => owner === meter);
const onChain = (meter: number) =>
  scene.chain.client.readContract({ ...scene.chain.contract, functionName: "meter", args: [meter] });

async function recordedBy(meter: number, of: Day): Promise<boolean> {
  const found = await scene.chain.client.getContractEvents({
    ...scene.chain.contract,
    eventName: "ProfileRecorded",
    args: { meter, day: of },
    fromBlock: 0n,
  });
  return found.length === 1;
}

/** Ends the day, sends its messages, and waits until it is settled and applied. */
async function passDay(): Promise<void> {
  await scene.endDay(today);
  await scene.publish(running, today, [1, 2, 3]);
  const { settleFrom } = await scene.settled(running, ({ windowDay }) => windowDay === today);
  await scene.chain.mineAt(settleFrom ?? 0);
  await scene.settled(running, ({ lastSettledDay }) => lastSettledDay === today);
  today = day(today + 1);
}

async function settledMeters(of: Day): Promise<number[]> {
  const query = { ...scene.chain.contract, eventName: "DaySettled", fromBlock: 0n, strict: true } as const;
  const settled = (await scene.chain.client.getContractEvents(query)).find(({ args }) => args.day === of);
  const payments = Buffer.from(settled?.args.payments.slice(2) ?? "", "hex");
  return Array.from({ length: payments.length / 12 }, (_, index) => payments.readUInt32BE(index * 12)).toSorted();
}

test("P-256 meters are recorded and settled by the running oracle", async () => {
  expect(await onChain(1)).toMatchObject({ keyType: 1 });
  await scene.set(1, COMMUNITY);
  await scene.set(2, COMMUNITY);
  await passDay();
  await running.logged("applied", ({ meters }) => String(meters) === "1,2");
  for (const meter of [1, 2, 3]) expect(await recordedBy(meter, FIRST)).toBe(true);
  await passDay();
  expect(await settledMeters(day(FIRST + 1))).toEqual([1, 2]);
  expect(await recordedBy(3, day(FIRST + 1))).toBe(true);
});

test("a sharing meter's old key signs up to the effective day, the new one from then on, over a kill -9", async () => {
  const { device: old } = await onChain(2);
  const said = await run("keys", "rotate", "--meter", "2");
  expect(said).toMatch(/takes over meter 2 from tomorrow/u);
  const keys = await keysOf(2);
  expect(keys.map(({ standing, curve }) => [standing, curve])).toEqual([
    ["current", "P-256"],
    ["retired", "P-256"],
  ]);
  expect(keys[1]?.address).toBe(old);
  await running.end("SIGKILL");
  running = await scene.oracle.start();
  // The day of the change is still the old one's.
  const dayOfChange = today;
  await passDay();
  expect(await settledMeters(dayOfChange)).toEqual([1, 2]);
  await running.logged("applied", ({ meters }) => String(meters) === "2");
  expect((await onChain(2)).device).toBe(keys[0]?.address);
  await running.end("SIGKILL");
  running = await scene.oracle.start();
  const firstOfNew = today;
  await passDay();
  expect(await settledMeters(firstOfNew)).toEqual([1, 2]);
});

test("a meter that records its own days changes at once, to another curve too", async () => {
  await run("keys", "rotate", "--meter", "3", "--curve", "secp256k1");
  expect(await onChain(3)).toMatchObject({ keyType: 0 });
  const of = today;
  await passDay();
  await running.logged("recorded", ({ meter, day: number }) => meter === 3 && number !== undefined);
  expect(await recordedBy(3, of)).toBe(true);
});

test("the days of a meter whose key was revoked wait, and are recorded with its next key", async () => {
  const [current] = await keysOf(3);
  expect(await run("keys", "revoke", "--meter", "3", "--key", "operator")).toMatch(/is revoked at once/u);
  expect(readdirSync(join(scene.oracle.folder, "keystore"))).toContain(
    `meter-3.revoked-${current?.address.slice(2).toLowerCase() ?? ""}.json`,
  );
  const waiting = today;
  await passDay();
  await running.logged("not-closed", ({ meter }) => meter === 3);
  expect(await recordedBy(3, waiting)).toBe(false);
  await run("keys", "rotate", "--meter", "3");
  const isRecorded = () => recordedBy(3, waiting);
  await expect.poll(isRecorded, { timeout: 120_000, interval: 200 }).toBe(true);
});
