import { pino } from "pino";
import type { Address } from "viem";
import { describe, expect, test } from "vitest";

import { createHarness, HARNESS_DAY } from "../../test/support/pipeline-harness.ts";
import { createOutboxStore } from "../outbox/outbox-store.ts";
import { createCloser } from "../profiles/close-due.ts";
import type { DeviceOnChain } from "./recorder.ts";

const DEVICE: Address = "0x00000000000000000000000000000000000000d1";
const HOUR = 3_600;
const DAY = 24 * HOUR;
/** 100 Wh import and 50 Wh export a quarter-hour. */
const ON_CHAIN = { importRegister: 19_200n, exportRegister: 9_600n, lastDay: HARNESS_DAY + 1 };
const at = (seconds: number) => ({ I: seconds / 9, X: seconds / 18 });

/** An oracle with an empty database, whose meter has two days on chain, as its counters have counted from the first day on. */
async function createScene() {
  const harness = await createHarness();
  const { database, store, pipeline } = harness;
  const onChain: DeviceOnChain = {
    ...{ meter: 1, active: true, capUnits: 5_000, unitExponent: 0, seat: 0, balanceBaseUnits: 0n },
    ...{ sharing: false, community: false, settingsQueued: false, deviceQueued: false, askTicks: 0, bidTicks: 0 },
    ...ON_CHAIN,
  };
  const close = createCloser({
    pipeline,
    store,
    registration: {
      recorder: {
        device: () => Promise.resolve(onChain),
        queuedSettings: () => Promise.reject(new Error("not asked for")),
      },
      devices: new Map([[1, DEVICE]]),
      log: pino({ level: "silent" }),
    },
  });
  const outbox = createOutboxStore(database);
  return {
    ...harness,
    /** Readings every five minutes, the last at `until`. */
    async resend(from: number, until: number, inputs: readonly ("I" | "X")[] = ["I", "X"]) {
      for (let seconds = from; seconds <= until; seconds += 300) {
        const values = at(seconds);
        await harness.send(seconds, Object.fromEntries(inputs.map((input) => [input, Math.floor(values[input])])));
      }
    },
    async closeAt(seconds: number) {
      harness.setTime(seconds);
      await close();
    },
    async dayAfter(days: number) {
      return (await outbox.find(1, HARNESS_DAY + days))?.profile;
    },
    state: () => store.meter(1),
  };
}

describe("after a lost database, with two days on chain,", () => {
  test.each<[string, number]>([
    ["everything since", 0],
    ["all of the last day that is on chain", DAY],
    ["the last hours of that day", DAY + 18 * HOUR],
    ["what came after it", 2 * DAY],
  ])("a gateway that sends %s again is billed for the third day alone", async (_name, from) => {
    const scene = await createScene();
    await scene.resend(from, 3 * DAY);
    await scene.closeAt(3 * DAY);
    expect(await scene.dayAfter(0)).toBeUndefined();
    expect(await scene.dayAfter(1)).toBeUndefined();
    expect(await scene.dayAfter(2)).toMatchObject({
      importRegister: 28_800n,
      exportRegister: 14_400n,
      imports: Array.from({ length: 96 }, () => 100),
      quality: Array.from({ length: 96 }, () => 0),
    });
  });

  test("a gateway that sends nothing again goes on from the registers on chain with its first reading", async () => {
    const scene = await createScene();
    await scene.resend(2 * DAY + 6 * HOUR, 3 * DAY);
    await scene.closeAt(3 * DAY);
    expect(await scene.dayAfter(2)).toMatchObject({
      importRegister: 19_200n + 7_200n,
      exportRegister: 9_600n + 3_600n,
    });
  });

  test("of a gap that begins in a day on chain, what passed in that day by time is not billed again", async () => {
    const scene = await createScene();
    await scene.resend(DAY, DAY + 12 * HOUR);
    await scene.resend(2 * DAY + 12 * HOUR, 3 * DAY);
    await scene.closeAt(3 * DAY);
    expect(await scene.dayAfter(2)).toMatchObject({ importRegister: 28_800n, exportRegister: 14_400n });
  });

  test("an input whose days on chain come again only after the registers were taken over brings nothing twice", async () => {
    const scene = await createScene();
    await scene.resend(0, 3 * DAY, ["I"]);
    await scene.closeAt(4 * DAY);
    expect(await scene.dayAfter(2)).toMatchObject({ importRegister: 28_800n, exportRegister: 9_600n });
    await scene.resend(0, 4 * DAY, ["X"]);
    await scene.resend(3 * DAY + 300, 4 * DAY, ["I"]);
    await scene.closeAt(4 * DAY + HOUR);
    expect(await scene.dayAfter(3)).toMatchObject({ importRegister: 38_400n, exportRegister: 19_200n });
  });

  test("nothing is left of days on chain that would be closed, and the counters' time is kept over a restart", async () => {
    const scene = await createScene();
    await scene.resend(0, 2 * DAY + HOUR);
    await scene.closeAt(2 * DAY + HOUR);
    expect(await scene.state()).toMatchObject({
      ...{ importWh: 19_200, exportWh: 9_600, lateImportWh: 0, lateExportWh: 0 },
      ...{ closedDay: HARNESS_DAY + 1, adoptedDay: HARNESS_DAY + 1 },
    });
    expect(await scene.store.openDays(1)).toEqual([HARNESS_DAY + 2]);
    await scene.resend(2 * DAY + HOUR + 300, 3 * DAY);
    await scene.closeAt(3 * DAY);
    expect(await scene.dayAfter(2)).toMatchObject({ importRegister: 28_800n, exportRegister: 14_400n });
  });
});
