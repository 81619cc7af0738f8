import { type DayProfile, MEASURED } from "@commonwatt/sdk/profile";
import { day } from "@commonwatt/sdk/time";
import { pino } from "pino";
import type { Address } from "viem";
import { expect, test } from "vitest";

import { createOutboxStore } from "../outbox/outbox-store.ts";
import { openSqlite } from "../storage/sqlite.ts";
import { signClosed } from "./sign-closed.ts";
import { SignerRefusedError, SignerTroubleError, SignerUnavailableError } from "./signer-errors.ts";

const DEVICES = new Map<number, Address>([
  [1, "0x00000000000000000000000000000000000000d1"],
  [2, "0x00000000000000000000000000000000000000d2"],
]);
const ROSTER = { get: (meter: number) => DEVICES.get(meter), elsewhere: () => undefined };

/** Meters 1 and 2 have closed a day each; what the signer answers for meter 1 is given. */
async function sign(error: Error) {
  const outbox = createOutboxStore(await openSqlite(":memory:"));
  const quality = Array<typeof MEASURED>(96).fill(MEASURED);
  const lanes = () => Array<number>(96).fill(0);
  const registers = { importRegister: 0n, exportRegister: 0n };
  const profile: DayProfile = { day: day(20_000), ...registers, quality, imports: lanes(), exports: lanes() };
  await outbox.add(1, profile);
  await outbox.add(2, profile);
  const signer = {
    devices: () => Promise.reject(new Error("not asked for")),
    provePossession: () => Promise.reject(new Error("not asked for")),
    signProfile: (device: Address) =>
      device === DEVICES.get(1) ? Promise.reject(error) : Promise.resolve("0x" as const),
  };
  const done = signClosed(outbox, signer, ROSTER, pino({ level: "silent" }));
  return { outbox, signed: await done.catch((failure: unknown) => failure) };
}

test("what the signer refuses is parked, and the rest is signed", async () => {
  const { outbox, signed } = await sign(new SignerRefusedError("another profile of that day"));
  expect(signed).toBe(1);
  expect(await outbox.counts()).toMatchObject({ parked: 1, signed: 1 });
});

test("what the signer could not sign waits, is told, and holds up no other meter", async () => {
  const error = new SignerTroubleError("database or disk is full");
  const { outbox, signed } = await sign(error);
  expect(signed).toBe(error);
  expect(await outbox.counts()).toMatchObject({ parked: 0, closed: 1, signed: 1 });
});

test("a signer that is gone is asked for nothing more", async () => {
  const error = new SignerUnavailableError("it ended");
  const { outbox, signed } = await sign(error);
  expect(signed).toBe(error);
  expect(await outbox.counts()).toMatchObject({ parked: 0, closed: 2 });
});
