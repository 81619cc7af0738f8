import { type DayProfile, MEASURED } from "@commonwatt/sdk/profile";
import { day } from "@commonwatt/sdk/time";
import { pino } from "pino";
import type { Address } from "viem";
import { expect, test } from "vitest";

import { createOutboxStore } from "../outbox/outbox-store.ts";
import { openSqlite } from "../storage/sqlite.ts";
import { signDays } from "./sign-days.ts";

const DEVICE: Address = "0x00000000000000000000000000000000000000d2";

function profileOf(number: number): DayProfile {
  const lanes = () => Array<number>(96).fill(0);
  const quality = Array<typeof MEASURED>(96).fill(MEASURED);
  return { day: day(number), importRegister: 0n, exportRegister: 0n, quality, imports: lanes(), exports: lanes() };
}

test("a meter whose key is not there is told of, and does not keep the gateway's others from being signed", async () => {
  const outbox = createOutboxStore(await openSqlite(":memory:"));
  for (let number = 1; number <= 40; number++) await outbox.add(1, profileOf(number));
  for (let number = 1; number <= 40; number++) await outbox.add(2, profileOf(number));
  const signer = {
    devices: () =>
      Promise.resolve([
        {
          ...{ meter: 2, device: DEVICE, keyType: "secp256k1" as const },
          ...{ custody: "gateway" as const, standing: "current" as const },
        },
      ]),
    provePossession: () => Promise.reject(new Error("not asked for")),
    signProfile: () => Promise.resolve("0x" as const),
  };
  const log = pino({ level: "silent" });
  await expect(signDays({ outbox, signer, meters: [], proof: undefined, log })).rejects.toThrow("no key of meter 1");
  expect(await outbox.counts()).toMatchObject({ closed: 40, signed: 40 });
});
