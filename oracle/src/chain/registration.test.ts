import { pino } from "pino";
import type { Address } from "viem";
import { describe, expect, test } from "vitest";

import { createHarness, HARNESS_DAY } from "../../test/support/pipeline-harness.ts";
import type { MeterConfig } from "../config/schema.ts";
import type { DeviceOnChain, SettingsOnChain } from "./recorder.ts";
import { checkRegistrations, prepareToClose } from "./registration.ts";

const DEVICE: Address = "0x00000000000000000000000000000000000000d1";
const registered: DeviceOnChain = {
  meter: 1,
  active: true,
  lastDay: HARNESS_DAY - 1,
  importRegister: 0n,
  exportRegister: 0n,
  capUnits: 5_000,
  unitExponent: 0,
  sharing: false,
  community: false,
  seat: 0,
  settingsQueued: false,
  deviceQueued: false,
  askTicks: 0,
  bidTicks: 0,
  balanceBaseUnits: 0n,
};

async function createScene(onChain: Partial<DeviceOnChain>, meterChanges: object = {}, queued?: SettingsOnChain) {
  const meter = {
    meter: 1,
    node: "a",
    fuseWatts: 17_250,
    inputs: [{ input: "I", meaning: "importWh" }],
    ...meterChanges,
  };
  const harness = await createHarness({ meters: [meter] });
  const events: string[] = [];
  const parts = {
    recorder: {
      device: () => Promise.resolve({ ...registered, ...onChain }),
      queuedSettings: () =>
        queued === undefined ? Promise.reject(new Error("not asked for")) : Promise.resolve(queued),
    },
    devices: new Map([[1, DEVICE]]),
    log: pino({}, { write: (line: string) => events.push((JSON.parse(line) as { event: string }).event) }),
  };
  const config = { unitWh: 1, ...meter } as MeterConfig;
  return {
    ...harness,
    harness,
    events,
    check: () => checkRegistrations([config], parts),
    prepare: () => prepareToClose(config, harness, parts),
  };
}

describe("at the start, the oracle", () => {
  test("is content with a device that is registered as configured", async () => {
    const scene = await createScene({});
    await scene.check();
    expect(scene.events).toEqual([]);
  });

  test.each<[string, Partial<DeviceOnChain>, string]>([
    ["not registered", { meter: 0 }, "not-registered"],
    ["revoked", { active: false }, "revoked"],
    ["capped below its fuse", { capUnits: 4_312 }, "low-cap"],
  ])("warns of a device that is %s", async (_name, onChain, event) => {
    const scene = await createScene(onChain);
    await scene.check();
    expect(scene.events).toEqual([event]);
  });

  test("refuses a unit that is not the chain's: energy would be ten times too much", async () => {
    await expect((await createScene({ unitExponent: 1 })).check()).rejects.toThrow(
      "unitWh 1 in the config, expected 10, as on chain",
    );
  });

  test("refuses a device of another meter", async () => {
    await expect((await createScene({ meter: 2 })).check()).rejects.toThrow(
      `Device ${DEVICE} is registered for meter 2, expected meter 1`,
    );
  });
});

describe("before a meter's first day is closed", () => {
  test("its registers go on from the chain's, where those are ahead", async () => {
    const scene = await createScene(
      { importRegister: 700n, exportRegister: 30n, unitExponent: 1 },
      { unitWh: 10, openingImportWh: 9_000 },
    );
    expect(await scene.prepare()).toMatchObject({ maxUnits: 5_000 });
    expect(await scene.store.meter(1)).toMatchObject({ importWh: 9_000, exportWh: 300 });
    expect(scene.events).toEqual(["registers-adopted"]);
  });

  test("nothing changes when they are not, nor once a day was closed", async () => {
    const scene = await createScene({ importRegister: 1_000_000n });
    await scene.harness.send(0, { I: 0 });
    for (let quarter = 1; quarter <= 96; quarter++) await scene.harness.send(quarter * 900, { I: quarter });
    await scene.harness.closeAt(86_400);
    await scene.prepare();
    expect(await scene.store.meter(1)).toMatchObject({ importWh: 96 });
    expect(scene.events).toEqual([]);
  });

  test("a device that is not registered is closed by the widest bound", async () => {
    expect(await (await createScene({ meter: 0 })).prepare()).toMatchObject({ maxUnits: 32_767 });
  });
});

describe("a day's profile goes the way", () => {
  const sharing = { sharing: true, community: true, askTicks: 0, bidTicks: 0 };
  const selfTrading = { ...sharing, sharing: false, community: false };
  const routes = async (onChain: Partial<DeviceOnChain>, queued?: SettingsOnChain) => {
    const { routeOf } = await (
      await createScene({ ...onChain, settingsQueued: queued !== undefined }, {}, queued)
    ).prepare();
    return [HARNESS_DAY - 1, HARNESS_DAY, HARNESS_DAY + 1].map(routeOf);
  };

  test("that the meter's word says", async () => {
    expect(await routes(selfTrading)).toEqual(["record", "record", "record"]);
    expect(await routes(sharing)).toEqual(["share", "share", "share"]);
  });

  test("that a queued change says from its day on", async () => {
    const from = { effectiveDay: HARNESS_DAY };
    expect(await routes(selfTrading, { ...from, settings: sharing })).toEqual(["record", "share", "share"]);
    expect(await routes(sharing, { ...from, settings: selfTrading })).toEqual(["share", "record", "record"]);
  });

  test("of record, while the device is not registered", async () => {
    const { routeOf } = await (await createScene({ meter: 0, ...sharing })).prepare();
    expect(routeOf(HARNESS_DAY)).toBe("record");
  });
});
