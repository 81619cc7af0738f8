import { neighbourhoodDomain } from "@commonwatt/sdk/domains";
import { MEASURED } from "@commonwatt/sdk/profile";
import { recoverDevice, toSignedProfile } from "@commonwatt/sdk/profile-signing";
import { day } from "@commonwatt/sdk/time";
import { type Address, zeroAddress } from "viem";
import { generatePrivateKey, privateKeyToAddress } from "viem/accounts";
import { describe, expect, test } from "vitest";

import { createKeySource } from "../../test/support/key-source.ts";
import { newPrivateKey } from "../keystore/curve.ts";
import { createKeySigner } from "./key-signer.ts";
import { openSignerMemory } from "./memory.ts";
import type { DeviceKey } from "./signer.ts";

const NEIGHBOURHOOD: Address = "0x1111111111111111111111111111111111111111";
const domain = neighbourhoodDomain({ chainId: 31_337, neighbourhood: NEIGHBOURHOOD });
const registers = { importRegister: 0n, exportRegister: 0n };
const profile = {
  day: day(20_000),
  importRegister: 96n,
  exportRegister: 0n,
  quality: Array<typeof MEASURED>(96).fill(MEASURED),
  imports: Array<number>(96).fill(1),
  exports: Array<number>(96).fill(0),
};

/** The keys, each changed as told; `opened` counts. */
function createScene(
  keys: Parameters<typeof createKeySource>[0],
  change: (key: DeviceKey) => Partial<DeviceKey> = () => ({}),
) {
  const source = createKeySource(keys);
  const scene = { opened: 0, listed: 0 };
  const locked = source.keys.map((key): DeviceKey => {
    const open = () => {
      scene.opened++;
      return key.open();
    };
    return { ...key, open, ...change(key) };
  });
  const list = () => {
    scene.listed++;
    return Promise.resolve(locked);
  };
  const signer = createKeySigner({ ...source, list }, domain, openSignerMemory(":memory:"));
  return { ...scene, scene, signer, locked };
}

describe("a signer", () => {
  test("names its devices without opening a key, where the files name them", async () => {
    const { signer, scene, locked } = createScene([1, 2].map((meter) => ({ meter, privateKey: generatePrivateKey() })));
    const named = { keyType: "secp256k1", custody: "operator", standing: "current" };
    expect(await signer.devices()).toEqual(locked.map(({ meter, address }) => ({ meter, device: address, ...named })));
    expect(scene.opened).toBe(0);
    await signer.provePossession(2, registers);
    await signer.provePossession(2, registers);
    expect(scene.opened).toBe(1);
  });

  test("opens the key where the file does not name its device", async () => {
    const privateKey = generatePrivateKey();
    const { signer } = createScene([{ meter: 1, privateKey }], () => ({ address: undefined }));
    expect(await signer.devices()).toMatchObject([{ meter: 1, device: privateKeyToAddress(privateKey) }]);
  });

  test("does not sign with a key that is not the one its file names", async () => {
    const { signer } = createScene([{ meter: 1, privateKey: generatePrivateKey() }], () => ({
      address: NEIGHBOURHOOD,
    }));
    await expect(signer.provePossession(1, registers)).rejects.toThrow(/key of meter 1 is that of .*expected 0x1111/u);
  });

  test("signs with a P-256 key what the contracts take of one", async () => {
    const { signer } = createScene([{ meter: 1, privateKey: newPrivateKey("P-256"), curve: "P-256" }]);
    const [{ device, keyType } = { device: zeroAddress }] = await signer.devices();
    expect(keyType).toBe("P-256");
    const signed = toSignedProfile(profile, await signer.signProfile(device, profile));
    expect(signed.signature).toHaveLength(2 + 256);
    expect(await recoverDevice(domain, signed)).toBe(device);
  });

  test("proves possession of the device that is asked for, of a meter that has two", async () => {
    const keys = [generatePrivateKey(), generatePrivateKey()].map((privateKey) => ({ meter: 1, privateKey }));
    const { signer, locked } = createScene(keys);
    expect((await signer.provePossession(1, registers)).device).toBe(locked[0]?.address);
    expect((await signer.provePossession(1, registers, locked[1]?.address)).device).toBe(locked[1]?.address);
    await expect(signer.provePossession(1, registers, NEIGHBOURHOOD)).rejects.toThrow(/no key of meter 1 with the/u);
  });

  test("finds a key that was made after it first looked", async () => {
    const { signer, locked } = createScene([{ meter: 1, privateKey: generatePrivateKey() }]);
    const [known] = locked.splice(0);
    expect(await signer.devices()).toEqual([]);
    if (known !== undefined) locked.push(known);
    expect((await signer.provePossession(1, registers)).device).toBe(known?.address);
  });
});
