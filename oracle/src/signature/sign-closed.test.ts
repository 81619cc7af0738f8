import { type DayProfile, MEASURED } from "@commonwatt/sdk/profile";
import { day } from "@commonwatt/sdk/time";
import { pino } from "pino";
import type { Address } from "viem";
import { describe, expect, test } from "vitest";

import { createOutboxStore } from "../outbox/outbox-store.ts";
import { openSqlite } from "../storage/sqlite.ts";
import { signClosed } from "./sign-closed.ts";
import { SignerRefusedError, SignerTroubleError, SignerUnavailableError } from "./signer-errors.ts";

const DEVICES = new Map<number, Address>([
  [1, "0x00000000000000000000000000000000000000d1"],
  [2, "0x00000000000000000000000000000000000000d2"],
]);
const log = pino({ level: "silent" });
const ROSTER = { get: (meter: number) => DEVICES.get(meter), elsewhere: () => undefined };

function profileOf(number: number): DayProfile {
  const quality = Array<typeof MEASURED>(96).fill(MEASURED);
  const lanes = () => Array<number>(96).fill(0);
  const registers = { importRegister: 0n, exportRegister: 0n };
  return { day: day(number), ...registers, quality, imports: lanes(), exports: lanes() };
}

/** What the signer answers for meter 1 is given; the other meters' days it signs. */
function signerWith(error: Error) {
  return {
    devices: () => Promise.reject(new Error("not asked for")),
    provePossession: () => Promise.reject(new Error("not asked for")),
    signProfile: (device: Address) =>
      device === DEVICES.get(1) ? Promise.reject(error) : Promise.resolve("0x" as const),
  };
}

/** Meters 1 and 2 have closed a day each. */
async function sign(error: Error) {
  const outbox = createOutboxStore(await openSqlite(":memory:"));
  await outbox.add(1, profileOf(20_000));
  await outbox.add(2, profileOf(20_000));
  const signer = signerWith(error);
  const done = signClosed(outbox, signer, ROSTER, log);
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

describe("a meter whose days have waited for months, a hundred of them", () => {
  const WAITING = 100;

  async function createScene() {
    const outbox = createOutboxStore(await openSqlite(":memory:"));
    for (let number = 1; number <= WAITING; number++) await outbox.add(1, profileOf(number));
    await outbox.add(2, profileOf(WAITING));
    return outbox;
  }

  test("because its key is elsewhere does not keep the others from being signed", async () => {
    const outbox = await createScene();
    const roster = { ...ROSTER, elsewhere: (meter: number) => (meter === 1 ? "its key is elsewhere" : undefined) };
    expect(await signClosed(outbox, signerWith(new Error("not asked for")), roster, log)).toBe(1);
    expect(await outbox.counts()).toMatchObject({ closed: WAITING, signed: 1 });
  });

  test("because the signer has trouble with its key does not either, and the signer is asked once for it", async () => {
    const outbox = await createScene();
    const error = new SignerTroubleError("the key cannot be opened");
    const signer = signerWith(error);
    let asked = 0;
    const counting = {
      ...signer,
      signProfile(device: Address) {
        asked++;
        return signer.signProfile(device);
      },
    };
    await expect(signClosed(outbox, counting, ROSTER, log)).rejects.toBe(error);
    expect(await outbox.counts()).toMatchObject({ closed: WAITING, signed: 1 });
    expect(asked).toBe(2);
  });
});

test("a refusal that comes when another process has had the day signed parks nothing", async () => {
  const outbox = createOutboxStore(await openSqlite(":memory:"));
  await outbox.add(1, profileOf(20_000));
  const signer = {
    ...signerWith(new Error("not asked for")),
    async signProfile() {
      await outbox.markSigned(1, "0x00000000000000000000000000000000000000d1", "0x11");
      throw new SignerRefusedError("another profile of that day");
    },
  };
  await signClosed(outbox, signer, ROSTER, log);
  expect(await outbox.counts()).toMatchObject({ parked: 0, signed: 1 });
});
