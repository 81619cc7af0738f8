import { neighbourhoodDomain } from "@commonwatt/sdk/domains";
import type { Address } from "viem";
import { generatePrivateKey, privateKeyToAddress } from "viem/accounts";
import { describe, expect, test } from "vitest";

import { createKeySigner } from "./key-signer.ts";
import { openSignerMemory } from "./memory.ts";

const NEIGHBOURHOOD: Address = "0x1111111111111111111111111111111111111111";
const domain = neighbourhoodDomain({ chainId: 31_337, neighbourhood: NEIGHBOURHOOD });
const registers = { importRegister: 0n, exportRegister: 0n };

describe("a signer", () => {
  test("names its devices without opening a key, where the files name them", async () => {
    const keys = [1, 2].map((meter) => ({ meter, privateKey: generatePrivateKey() }));
    let opened = 0;
    const locked = keys.map(({ meter, privateKey }) => ({
      meter,
      address: privateKeyToAddress(privateKey),
      open: () => {
        opened++;
        return Promise.resolve(privateKey);
      },
    }));
    const signer = createKeySigner(locked, domain, openSignerMemory(":memory:"));
    const devices = locked.map(({ meter, address }) => ({ meter, device: address }));
    expect(await signer.devices()).toEqual(devices);
    expect(opened).toBe(0);
    await signer.provePossession(2, registers);
    await signer.provePossession(2, registers);
    expect(opened).toBe(1);
  });

  test("opens the key where the file does not name its device", async () => {
    const privateKey = generatePrivateKey();
    const locked = [{ meter: 1, open: () => Promise.resolve(privateKey) }];
    const signer = createKeySigner(locked, domain, openSignerMemory(":memory:"));
    expect(await signer.devices()).toEqual([{ meter: 1, device: privateKeyToAddress(privateKey) }]);
  });

  test("does not sign with a key that is not the one its file names", async () => {
    const locked = [{ meter: 1, address: NEIGHBOURHOOD, open: () => Promise.resolve(generatePrivateKey()) }];
    const signer = createKeySigner(locked, domain, openSignerMemory(":memory:"));
    await expect(signer.provePossession(1, registers)).rejects.toThrow(/key of meter 1 is that of .*expected 0x1111/u);
  });
});
