import { pino } from "pino";
import { type Address, zeroAddress } from "viem";
import { describe, expect, test } from "vitest";

import type { SignerDevice } from "../signer/signer.ts";
import { createRoster } from "./roster.ts";
import { SignerUnavailableError } from "./signer-errors.ts";

const [A, B, C] = ["a", "b", "c"].map((letter): Address => `0x${letter.repeat(40)}`) as [Address, Address, Address];
const key = (device: Address, standing: SignerDevice["standing"] = "current", meter = 1): SignerDevice => ({
  meter,
  device,
  keyType: "secp256k1",
  custody: "operator",
  standing,
});
type State = { meter: number; active: boolean; deviceQueued: boolean; lastDay: number };
const active: State = { meter: 1, active: true, deviceQueued: false, lastDay: 10 };
const ended: State = { ...active, active: false };

function createScene(devices: SignerDevice[]) {
  const scene = {
    devices,
    away: false,
    states: new Map<Address, State>(),
    queued: { effectiveDay: 0, device: zeroAddress as Address },
    asked: 0,
    nowMs: 0,
  };
  const roster = createRoster({
    signer: {
      devices: () =>
        scene.away ? Promise.reject(new SignerUnavailableError("away")) : Promise.resolve([...scene.devices]),
    },
    chain: {
      device(device) {
        scene.asked++;
        return Promise.resolve(scene.states.get(device) ?? { ...active, meter: 0, active: false });
      },
      queuedDevice: () => Promise.resolve(scene.queued),
    },
    nowMs: () => scene.nowMs,
    log: pino({ level: "silent" }),
  });
  const refresh = () => {
    scene.nowMs += 60_000;
    return roster.refresh();
  };
  return { scene, roster, refresh };
}

describe("who signs a meter's day", () => {
  test("its only key, without a question to the chain", async () => {
    const { scene, roster, refresh } = createScene([key(A)]);
    await refresh();
    expect([roster.get(1), roster.get(1, 20), roster.get(2)]).toEqual([A, A, undefined]);
    expect(scene.asked).toBe(0);
  });

  test("the device in force, whatever the keystore calls current", async () => {
    const { scene, roster, refresh } = createScene([key(B), key(A, "retired")]);
    scene.states.set(A, active);
    await refresh();
    expect(roster.get(1, 20)).toBe(A);
    scene.states.set(A, ended).set(B, active);
    await refresh();
    expect(roster.get(1, 20)).toBe(B);
    expect(roster.rotating()).toEqual(new Map([[1, 10]]));
    const { asked } = scene;
    await refresh();
    // All others have ended for ever.
    expect(scene.asked).toBe(asked);
  });

  test("the queued device from its first day on, the old one before", async () => {
    const { scene, roster, refresh } = createScene([key(B), key(A, "retired")]);
    scene.states.set(A, { ...active, deviceQueued: true });
    scene.queued = { effectiveDay: 12, device: B };
    await refresh();
    expect([roster.get(1), roster.get(1, 11), roster.get(1, 12)]).toEqual([A, A, B]);
  });

  test("the third device, once it is registered, after both before it have ended", async () => {
    const { scene, roster, refresh } = createScene([key(A, "retired"), key(B)]);
    scene.states.set(A, ended).set(B, active);
    await refresh();
    scene.states.set(B, ended);
    scene.devices = [key(A, "retired"), key(B, "retired"), key(C)];
    await refresh();
    scene.states.set(C, { ...active, lastDay: 12 });
    await refresh();
    expect(roster.get(1, 20)).toBe(C);
    expect(roster.rotating()).toEqual(new Map([[1, 12]]));
  });

  test("nobody here from the first day of a queued device whose key is elsewhere", async () => {
    const { scene, roster, refresh } = createScene([key(A), key(B, "next")]);
    scene.states.set(A, { ...active, deviceQueued: true });
    scene.queued = { effectiveDay: 12, device: C };
    await refresh();
    expect([roster.get(1, 11), roster.get(1, 12)]).toEqual([A, undefined]);
    expect([roster.elsewhere(1, 11), roster.elsewhere(1, 12)]).toEqual([undefined, expect.stringContaining(C)]);
  });

  test("nobody after its only key was revoked, until there is another", async () => {
    const { scene, roster, refresh } = createScene([key(A), key(A, "current", 2)]);
    await refresh();
    scene.devices = [key(A, "current", 2)];
    await refresh();
    expect(roster.get(1, 20)).toBeUndefined();
    expect(roster.elsewhere(1, 20)).toContain(A);
    scene.devices = [key(B)];
    await refresh();
    expect(roster.get(1, 20)).toBe(B);
  });
});

test("a signer that has never answered is an error, one that is away later is not", async () => {
  const { scene, roster, refresh } = createScene([key(A)]);
  scene.away = true;
  await expect(refresh()).rejects.toBeInstanceOf(SignerUnavailableError);
  scene.away = false;
  await refresh();
  scene.away = true;
  await refresh();
  expect(roster.get(1, 20)).toBe(A);
});
