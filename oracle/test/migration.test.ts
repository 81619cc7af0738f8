import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import type { Deployment } from "@commonwatt/sdk/deployment";
import { energyTokenAbi, neighbourhoodAbi } from "@commonwatt/sdk/generated/abis";
import { firstInterval, type Day, day, dayEnd, dayOf } from "@commonwatt/sdk/time";
import { bytesToHex, type HDAccount } from "viem";
import { afterAll, beforeAll, expect, test } from "vitest";

import type { Actor } from "../src/community/act.ts";
import { findMeter } from "../src/community/look.ts";
import { type Community, openCommunity } from "../src/community/open.ts";
import { loadConfig } from "../src/config/load.ts";
import { checkMigration } from "../src/migration/check.ts";
import { moveMeters } from "../src/migration/move.ts";
import { planMigration } from "../src/migration/plan.ts";
import { deploySuccessor, prepareMigration } from "../src/migration/prepare.ts";
import { openProver } from "../src/migration/prove.ts";
import { relaySigned } from "../src/migration/relay.ts";
import { type SignRequest, signRequests, typedDataOf } from "../src/migration/requests.ts";
import { surveyNeighbourhood } from "../src/migration/survey.ts";
import { openDatabase } from "../src/storage/open.ts";
import { COMMUNITY, createSharingScene, type SharingScene } from "./support/sharing-scene.ts";

const FIRST = dayOf(1_780_000_000);
/** All by hand; then homes 1 and 2 share. */
const SHARED: Day = day(FIRST + 1);
/** First day on the new contract. */
const CUT: Day = day(FIRST + 2);
const AFTER: Day = day(FIRST + 3);
/** Wh a day. */
const [EXPORT_1, IMPORT_2, IMPORT_3] = [9_600n, 5_760n, 1_920n];

let scene: SharingScene;
let old: Community;
let next: Community | undefined;
let successor: Deployment | undefined;
const said: string[] = [];
const say = (line: string) => {
  said.push(line);
};
const operator = () => scene.chain.account(0);
const on = (community: Community, account: HDAccount = operator()): Actor => ({ community, account, say });
const access = () => ({
  rpcUrls: [scene.chain.rpcUrl],
  rpc: { timeoutSeconds: 60, behindBlocks: 5, stalledSeconds: 120 },
  timing: { confirmations: 1 },
});

/** Hardhat's matchers take the place of Vitest's `rejects`. */
async function refusal(attempt: Promise<unknown>): Promise<string> {
  return attempt.then(
    () => "nothing was refused",
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}

type Running = Awaited<ReturnType<SharingScene["oracle"]["start"]>>;

/** Lets a day pass, with all homes delivering, until it is recorded and settled. */
async function passDay(running: Running, of: Day): Promise<void> {
  await scene.endDay(of);
  await scene.publish(running, of, [1, 2, 3]);
  const { settleFrom } = await scene.settled(running, ({ windowDay }) => windowDay === of);
  await scene.chain.mineAt(settleFrom ?? 0);
  await scene.settled(running, ({ lastSettledDay }) => lastSettledDay === of);
  const deadline = performance.now() + 120_000;
  while ((await daysOnChain(of)) < 3) {
    if (performance.now() > deadline) throw new Error(`the profiles of day ${of} do not get to the chain`);
    await pause(50);
  }
}

/** Profiles of a day that are on either contract. */
async function daysOnChain(of: Day): Promise<number> {
  const deployments = [scene.chain.deployment, ...(successor === undefined ? [] : [successor])];
  const days = (await Promise.all(deployments.map(recordedOn))).flat();
  return days.filter((line) => line.split(" ")[1] === String(of - FIRST)).length;
}

/** Days of a contract by what was recorded, as "meter day". */
async function recordedOn(deployment: Deployment): Promise<string[]> {
  const events = await scene.chain.client.getContractEvents({
    address: deployment.neighbourhood,
    abi: neighbourhoodAbi,
    fromBlock: 0n,
    strict: true,
  });
  return events
    .flatMap(({ eventName, args }) => {
      if (eventName === "ProfileRecorded") return [`${args.meter} ${args.day - FIRST}`];
      if (eventName !== "DaySettled") return [];
      const payments = Buffer.from(args.payments.slice(2), "hex");
      return Array.from({ length: payments.length / 12 }, (_, index) => {
        return `${payments.readUInt32BE(index * 12)} ${args.day - FIRST} shared`;
      });
    })
    .sort();
}

/** An operator whose process dies before, or just after, each transaction is handed over. */
function dying(actor: Actor): Actor {
  let sent = 0;
  const { community } = actor;
  const endpoints = {
    ...community.endpoints,
    async broadcast(raw: string) {
      sent++;
      if (sent > 1) throw new Error("killed before it was sent");
      await community.endpoints.broadcast(raw);
      throw new Error("killed after it was sent");
    },
  };
  return { ...actor, community: { ...community, endpoints } };
}

/** Repeats what is killed again and again until it gets through. */
async function untilDone<T>(attempt: () => Promise<T>, most: number): Promise<{ result: T; kills: number }> {
  for (let kills = 0; kills <= most; kills++) {
    try {
      return { result: await attempt(), kills };
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith("killed")) throw error;
    }
  }
  throw new Error(`it was not done after ${most} kills`);
}

async function sign(
  requests: readonly SignRequest[],
  owners: readonly number[],
  there: Community,
): Promise<SignRequest[]> {
  const signed: SignRequest[] = [];
  for (const request of requests) {
    const owner = owners.map((meter) => scene.chain.account(meter)).find(({ address }) => address === request.account);
    const signature = await owner?.signTypedData(await typedDataOf(request, old, there));
    signed.push(signature === undefined ? request : { ...request, signature });
  }
  return signed;
}

beforeAll(async () => {
  scene = await createSharingScene(FIRST);
  old = await openCommunity(access(), scene.chain.deployment);
}, 240_000);
afterAll(async () => {
  old.close();
  next?.close();
  await scene.close();
});

test("a running neighbourhood moves to a new contract, and no day, Wh or base unit is lost or counted twice", async () => {
  let running = await scene.oracle.start();
  await scene.set(1, COMMUNITY);
  await scene.set(2, { sharing: true, community: false, askTicks: 1_000, bidTicks: 3_000 });
  await passDay(running, FIRST);
  await scene.endDay(SHARED);
  const tooEarly = planMigration(await surveyNeighbourhood(old), undefined);
  expect(tooEarly.obstacles.join("\n")).toMatch(/Meter 2: its days from .* are not on chain yet/u);
  await passDay(running, SHARED);
  await running.end("SIGTERM");

  // The plan names everything, and sends nothing.
  const plan = planMigration(await surveyNeighbourhood(old), undefined);
  expect(plan.cut).toEqual({ lastDay: SHARED, firstDay: CUT });
  expect(plan.obstacles).toEqual([]);
  expect(plan.prepare).toHaveLength(1 + 3 + 3);
  expect(plan.owners.join("\n")).toContain("signs anew that meter 1 shares at the community price");
  expect(plan.notes.join("\n")).toContain("they can be used, sent and sold on the old contracts until they expire");

  const deployerKey = bytesToHex(operator().getHdKey().privateKey ?? new Uint8Array());
  const options = { rpcUrl: scene.chain.rpcUrl, deployerKey, folder: join(scene.oracle.folder, "successor") };
  successor = await deploySuccessor(old, options, say);
  const there = await openCommunity(access(), successor);
  next = there;
  const config = loadConfig(scene.oracle.configFile);
  const successorFile = join(scene.oracle.folder, "successor.json");
  writeFileSync(successorFile, JSON.stringify(successor));
  const prover = openProver(config, successorFile);

  const parts = () => ({ from: dying(on(old)), to: dying(on(there)), prove: prover.prove });
  expect(await refusal(moveMeters(parts()))).toContain('run "migrate prepare" first');
  const prepared = await untilDone(() => prepareMigration(old, dying(on(there)), dying(on(there))), 20);
  expect(prepared.kills).toBeGreaterThanOrEqual(6);

  // Every attempt dies at its first transaction.
  const moved = await untilDone(() => moveMeters(parts()), 12);
  expect(moved.kills).toBe(6);
  expect(await moveMeters(parts())).toEqual([]);
  await prover.close();

  // Homes 1 and 2 sign, home 3 does not.
  const before = await checkMigration(old, there);
  expect(before.faults).toEqual([]);
  expect(before.meters).toMatchObject([
    { meter: 1, moved: true, lastDay: SHARED, firstDay: CUT, closing: { importWh: 0n, exportWh: 2n * EXPORT_1 } },
    { meter: 2, moved: true, lastDay: SHARED, firstDay: CUT, closing: { importWh: 2n * IMPORT_2, exportWh: 0n } },
    { meter: 3, moved: true, lastDay: SHARED, firstDay: CUT, closing: { importWh: 2n * IMPORT_3, exportWh: 0n } },
  ]);
  expect(before.money.before).toBe(300_000_000n);
  const requests = await signRequests(old, there);
  expect(requests.map(({ action }) => action.kind).filter((kind) => kind === "settings")).toHaveLength(2);
  const signed = await sign(requests, [1, 2], there);
  const stolen = signed.map((request) => {
    const forged = signed.find(({ account, signature }) => account !== request.account && signature !== undefined);
    return request.signature === undefined || forged?.signature === undefined
      ? request
      : { ...request, signature: forged.signature };
  });
  const refused = await relaySigned(stolen, on(old), on(there));
  expect(refused.sent).toEqual([]);
  const relayed = await untilDone(() => relaySigned(signed, dying(on(old)), dying(on(there))), 20);
  expect(relayed.kills).toBeGreaterThanOrEqual(8);
  expect(relayed.result.open.every((line) => line.startsWith(scene.chain.account(3).address))).toBe(true);

  const check = await checkMigration(old, there);
  expect(check.faults).toEqual([]);
  expect(check.complete).toBe(false);
  const { money } = check;
  expect(money.oldNow + money.withdrawn).toBe(300_000_000n);
  expect(money.newNow).toBe(money.withdrawn);
  const third = scene.chain.account(3).address;
  expect(money.accounts.find(({ account }) => account === third)).toMatchObject({ left: 100_000_000n, arrived: 0n });
  expect(check.open.join("\n")).toContain(`${third} has 100.00 of the currency on the old contract`);
  expect(
    money.accounts.filter(({ account }) => account !== third).every(({ left, inHand }) => left + inHand === 0n),
  ).toBe(true);

  // The oracle goes on with the same database, for the new contract.
  writeFileSync(join(scene.oracle.folder, "deployment.json"), JSON.stringify(successor));
  running = await scene.oracle.start();
  expect(running.lines.some(({ event }) => event === "contract-changed")).toBe(true);
  await passDay(running, CUT);
  await passDay(running, AFTER);
  await running.end("SIGTERM");

  expect(await recordedOn(scene.chain.deployment)).toEqual(["1 0", "1 1 shared", "2 0", "2 1 shared", "3 0", "3 1"]);
  expect(await recordedOn(successor)).toEqual(["1 2", "1 3 shared", "2 2", "2 3 shared", "3 2", "3 3"]);
  expect((await findMeter(there, 1))?.state).toMatchObject({ exportRegister: 4n * EXPORT_1, importRegister: 0n });
  expect((await findMeter(there, 2))?.state).toMatchObject({ importRegister: 4n * IMPORT_2, exportRegister: 0n });
  expect((await findMeter(there, 3))?.state).toMatchObject({ importRegister: 4n * IMPORT_3, exportRegister: 0n });
  const after = await checkMigration(old, there);
  expect(after.faults).toEqual([]);
  const none = { importWh: 0n, exportWh: 0n };
  for (const { unattributed } of after.meters) expect(unattributed).toEqual({ old: none, new: none });

  // What was signed for the old contract is put by, and a mistaken way back is refused.
  const database = await openDatabase(config);
  const past = await database.all("SELECT meter, day, state FROM outbox_past ORDER BY meter, day");
  expect(past.map((row) => `${String(row["meter"])} ${Number(row["day"]) - FIRST} ${String(row["state"])}`)).toEqual([
    "1 0 recorded",
    "1 1 settled",
    "2 0 recorded",
    "2 1 settled",
    "3 0 recorded",
    "3 1 recorded",
  ]);
  await database.close();
  writeFileSync(join(scene.oracle.folder, "deployment.json"), JSON.stringify(scene.chain.deployment));
  expect(await refusal(scene.oracle.start())).toContain("The database has moved on from the neighbourhood");
}, 600_000);

test("energy tokens of the old contract can be sent and used there after the move, until they expire", async () => {
  const [seller, buyer] = [scene.chain.account(1), scene.chain.account(2)];
  const { client, deployment, contract } = scene.chain;
  const token = { address: deployment.token, abi: energyTokenAbi } as const;
  const interval = firstInterval(FIRST);
  const id = (1n << 32n) + BigInt(interval);
  const balance = await client.readContract({ ...token, functionName: "balanceOf", args: [seller.address, id] });
  expect(balance).toBe(100n);
  await client.writeContract({
    ...token,
    account: seller,
    functionName: "safeTransferFrom",
    args: [seller.address, buyer.address, id, 60n, "0x"],
  });
  const vector = `0x${"003c".repeat(96)}` as const;
  const range = { meter: 1, firstInterval: interval, energyWh: [60] };
  await client.writeContract({
    ...contract,
    account: buyer,
    functionName: "retire",
    args: [{ meter: 2, day: FIRST, remainingImports: vector, ranges: [range] }],
  });
  const [used] = await client.getContractEvents({ ...contract, eventName: "Retired", fromBlock: 0n, strict: true });
  expect(used?.args).toMatchObject({ meter: 2, energyWh: 60n });
  await scene.chain.mineAt(dayEnd(day(FIRST + 29)));
  const held = { ...token, functionName: "balanceOf", args: [seller.address, id] } as const;
  expect(await client.readContract(held)).toBe(0n);
});
