import { neighbourhoodDomain } from "@commonwatt/sdk/domains";
import { type DayProfile, MEASURED } from "@commonwatt/sdk/profile";
import { type Day, day, dayEnd, dayOf, dayStart } from "@commonwatt/sdk/time";
import { pino } from "pino";
import { type Address, parseEther } from "viem";
import { generatePrivateKey, privateKeyToAddress } from "viem/accounts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { createOutboxStore, type OutboxStore } from "../src/outbox/outbox-store.ts";
import { createKeySigner } from "../src/signer/key-signer.ts";
import { openSignerMemory } from "../src/signer/memory.ts";
import type { Signer } from "../src/signer/signer.ts";
import type { Database } from "../src/storage/sql.ts";
import { openSqlite } from "../src/storage/sqlite.ts";
import { testEndpoints } from "./support/endpoints.ts";
import { createKeySource } from "./support/key-source.ts";
import { type LocalChain, startLocalChain } from "./support/local-chain.ts";
import { createTestSender } from "./support/submitter.ts";

const START = dayStart(dayOf(1_780_000_000));
const SUBMITTER = generatePrivateKey();

let chain: LocalChain;
let database: Database;
let outbox: OutboxStore;
let nowMs: number;
let today: Day = dayOf(START);
let lastMeter = 0;

beforeAll(async () => {
  chain = await startLocalChain(START);
  await chain.client.setBalance({ address: privateKeyToAddress(SUBMITTER), value: parseEther("100") });
}, 60_000);
afterAll(() => chain.close());
beforeEach(async () => {
  database = await openSqlite(":memory:");
  outbox = createOutboxStore(database);
  nowMs = 0;
  today = day(today + 1);
  await chain.mineAt(dayStart(today) + 60);
});

const endOfToday = () => chain.mineAt(dayEnd(today));

type Device = { meter: number; device: Address; signer: Signer };

/** A meter of its own with a device, registered unless told otherwise. */
async function newDevice({ register = true } = {}): Promise<Device> {
  const meter = ++lastMeter;
  const privateKey = generatePrivateKey();
  const keys = createKeySource([{ meter, privateKey }]);
  const signer = createKeySigner(keys, neighbourhoodDomain(chain.deployment), openSignerMemory(":memory:"));
  await chain.addMeter(meter, chain.account(1).address);
  const entry = { meter, device: privateKeyToAddress(privateKey), signer };
  if (register) await registerDevice(entry);
  return entry;
}

async function registerDevice({ meter, signer }: Device): Promise<void> {
  await chain.addDevice(meter, await signer.provePossession(meter, { importRegister: 0n, exportRegister: 0n }));
}

/** Puts today, signed, into the outbox: 1 unit of import and `exportUnits` of export in each interval. */
async function addToday({ meter, device, signer }: Device, exportUnits = 10): Promise<DayProfile> {
  const profile: DayProfile = {
    day: today,
    importRegister: 96n,
    exportRegister: 96n * BigInt(exportUnits),
    quality: Array<typeof MEASURED>(96).fill(MEASURED),
    imports: Array<number>(96).fill(1),
    exports: Array<number>(96).fill(exportUnits),
  };
  await outbox.add(meter, profile);
  const signature = await signer.signProfile(device, profile);
  for (const row of await outbox.toSign(100)) await outbox.markSigned(row.id, device, signature);
  return profile;
}

let parked: string[] = [];
/** Rounds of sending until there is nothing to do. */
function pump() {
  parked = [];
  const log = pino(
    {},
    { write: (line: string) => parked.push((JSON.parse(line) as { reason?: string }).reason ?? "") },
  );
  const parts = { database, deployment: chain.deployment, privateKey: SUBMITTER, nowMs: () => nowMs, log };
  return createTestSender({ ...parts, endpoints: testEndpoints(chain.rpcUrl) }).rounds();
}

const recorded = ({ meter }: Device) =>
  chain.client.getContractEvents({
    ...chain.contract,
    eventName: "ProfileRecorded",
    args: { meter },
    fromBlock: 0n,
    strict: true,
  });

describe("the outbox, against the real contract", () => {
  test("records full batches of the largest profiles within the gas of one transaction", async () => {
    const devices: Device[] = [];
    for (let count = 0; count < 16; count++) devices.push(await newDevice());
    for (const device of devices) await addToday(device, 20_000);
    await endOfToday();
    await pump();
    expect(await outbox.counts()).toMatchObject({ recorded: 16 });
    const [first] = devices;
    const [event] = first === undefined ? [] : await recorded(first);
    if (event === undefined) throw new Error("nothing was recorded");
    const { gasUsed } = await chain.client.getTransactionReceipt({ hash: event.transactionHash });
    expect(gasUsed).toBeLessThan(16_777_216n);
  }, 60_000);

  test("parks the profile of a revoked device, saying why, and records the others of the batch", async () => {
    const [revoked, good] = [await newDevice(), await newDevice()];
    await chain.client.writeContract({ ...chain.contract, functionName: "revokeDevice", args: [revoked.meter] });
    await addToday(revoked);
    await addToday(good);
    await endOfToday();
    await pump();
    expect(await outbox.counts()).toMatchObject({ recorded: 1, parked: 1 });
    expect(await recorded(good)).toHaveLength(1);
    expect(parked[0]).toMatch(/revoked|replaced/iu);
  });

  test("parks a profile above the meter's cap, with the values", async () => {
    await addToday(await newDevice(), 20_001);
    await endOfToday();
    await pump();
    expect(await outbox.counts()).toMatchObject({ parked: 1 });
    expect(parked[0]).toMatch(/20,001/u);
  });

  test("waits for a device that is not registered yet", async () => {
    const device = await newDevice({ register: false });
    await addToday(device);
    await pump();
    expect(await outbox.counts()).toMatchObject({ signed: 1 });
    await registerDevice(device);
    await endOfToday();
    nowMs += 5_000;
    await pump();
    expect(await outbox.counts()).toMatchObject({ recorded: 1 });
  });

  test("waits for the end of the day on chain", async () => {
    await addToday(await newDevice());
    await pump();
    expect(await outbox.counts()).toMatchObject({ signed: 1 });
    await endOfToday();
    nowMs += 5_000;
    await pump();
    expect(await outbox.counts()).toMatchObject({ recorded: 1 });
  });

  test("finds a profile that was sent before a crash, and sends it no second time", async () => {
    const device = await newDevice();
    await addToday(device);
    await endOfToday();
    await pump();
    // A database that knows nothing of the sending.
    database = await openSqlite(":memory:");
    outbox = createOutboxStore(database);
    await addToday(device);
    await pump();
    expect(await outbox.counts()).toMatchObject({ recorded: 1 });
    expect(await recorded(device)).toHaveLength(1);
  });
});
