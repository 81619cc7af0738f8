import { type DayProfile, MEASURED } from "@commonwatt/sdk/profile";
import { day } from "@commonwatt/sdk/time";
import { pino } from "pino";
import type { Address } from "viem";
import { expect, test } from "vitest";

import { createOutboxStore } from "../outbox/outbox-store.ts";
import { openSqlite } from "../storage/sqlite.ts";
import { signAnew } from "./sign-anew.ts";

const OLD: Address = "0x00000000000000000000000000000000000000d1";
const NEW: Address = "0x00000000000000000000000000000000000000d2";

const profile = (number: number): DayProfile => ({
  day: day(number),
  importRegister: 0n,
  exportRegister: 0n,
  quality: Array<typeof MEASURED>(96).fill(MEASURED),
  imports: Array<number>(96).fill(0),
  exports: Array<number>(96).fill(0),
});

/** Days 1 to 5 of meter 1, signed by the old device; day 4 was refused since. The new one signs from day 3 on. */
async function createScene() {
  const outbox = createOutboxStore(await openSqlite(":memory:"));
  for (let number = 1; number <= 5; number++) await outbox.add(1, profile(number));
  for (const { id } of await outbox.toSign(10)) await outbox.markSigned(id, OLD, "0x11");
  const refused = await outbox.find(1, 4);
  await outbox.park(refused?.id ?? 0, "its device was revoked");
  return outbox;
}

const roster = (lastDay: number) => ({
  get: (_meter: number, of = 0) => (of >= 3 ? NEW : OLD),
  rotating: () => new Map([[1, lastDay]]),
});
const log = pino({ level: "silent" });

test("what the old device signed for days that are the new one's is signed anew, the refused among it", async () => {
  const outbox = await createScene();
  expect(await signAnew(outbox, roster(0), log)).toBe(3);
  expect((await outbox.toSign(10)).map(({ profile: { day: number } }) => number)).toEqual([3, 4, 5]);
  for (const { id } of await outbox.toSign(10)) await outbox.markSigned(id, NEW, "0x22");
  expect(await signAnew(outbox, roster(0), log)).toBe(0);
  expect(await outbox.counts()).toMatchObject({ signed: 5, parked: 0 });
});

test("days that the chain is past stay as they are, and so do those of meters with one key", async () => {
  const outbox = await createScene();
  expect(await signAnew(outbox, roster(4), log)).toBe(1);
  expect(await signAnew(outbox, { ...roster(0), rotating: () => new Map() }, log)).toBe(0);
});
