import { type DayProfile, MEASURED } from "@commonwatt/sdk/profile";
import { day } from "@commonwatt/sdk/time";
import { pino } from "pino";
import type { Address } from "viem";
import { beforeEach, expect, test } from "vitest";

import type { DeviceOnChain } from "../chain/recorder.ts";
import type { Database } from "../storage/sql.ts";
import { openSqlite } from "../storage/sqlite.ts";
import { createOutboxStore } from "./outbox-store.ts";
import { switchOver } from "./switch-over.ts";

const OLD: Address = "0x00000000000000000000000000000000000000A1";
const NEW: Address = "0x00000000000000000000000000000000000000A2";
const DEVICE: Address = "0x00000000000000000000000000000000000000d1";
const DAY = 20_600;

let database: Database;
beforeEach(async () => {
  database = await openSqlite(":memory:");
  await go(OLD);
});

/** @param meter - Whose the device is on that contract; 0: a stranger there. */
function go(neighbourhood: Address, meter = 0): Promise<void> {
  const device = () => Promise.resolve({ meter } as DeviceOnChain);
  const deployment = { chainId: 31_337, neighbourhood };
  return switchOver({ database, deployment, recorder: { device }, log: pino({ level: "silent" }) });
}

async function addProfile(number: number, signed: boolean): Promise<void> {
  const outbox = createOutboxStore(database);
  const lanes = Array<number>(96).fill(1);
  const quality = Array<typeof MEASURED>(96).fill(MEASURED);
  const profile: DayProfile = {
    day: day(number),
    importRegister: 96n,
    exportRegister: 96n,
    quality,
    imports: lanes,
    exports: lanes,
  };
  await outbox.add(1, profile);
  const row = await outbox.find(1, number);
  if (signed && row !== undefined) await outbox.markSigned(row.id, DEVICE, "0x");
}

test("the same contract again, however its address is written, changes nothing", async () => {
  await addProfile(DAY, true);
  await go(OLD.toLowerCase() as Address);
  expect((await createOutboxStore(database).find(1, DAY))?.state).toBe("signed");
});

test("a profile that waits for the contract before is not left behind unless its meter has moved", async () => {
  await addProfile(DAY, true);
  await expect(go(NEW)).rejects.toThrow(/The profile of meter 1 of .* waits for the neighbourhood 0x/u);
  expect((await createOutboxStore(database).find(1, DAY))?.state).toBe("signed");
  await go(NEW, 1);
  expect(await createOutboxStore(database).find(1, DAY)).toBeUndefined();
  expect(await database.all("SELECT meter, day, state, neighbourhood FROM outbox_past")).toEqual([
    { meter: 1, day: DAY, state: "signed", neighbourhood: OLD.toLowerCase() },
  ]);
});

test("a day that nobody has signed yet goes along, and there is no way back", async () => {
  await addProfile(DAY, false);
  await go(NEW);
  expect((await createOutboxStore(database).find(1, DAY))?.state).toBe("closed");
  await expect(go(OLD)).rejects.toThrow(/The database has moved on from the neighbourhood/u);
});
