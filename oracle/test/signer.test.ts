import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { neighbourhoodDomain } from "@commonwatt/sdk/domains";
import { meterNumber } from "@commonwatt/sdk/ids";
import { type DayProfile, MEASURED } from "@commonwatt/sdk/profile";
import { deviceRegistrationTypedData, recoverDevice, toSignedProfile } from "@commonwatt/sdk/profile-signing";
import { day } from "@commonwatt/sdk/time";
import { type Address, recoverTypedDataAddress } from "viem";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { createKey } from "../src/keystore/keystore.ts";
import { type ChildSigner, createChildSigner } from "../src/signature/child-signer.ts";
import { SignerRefusedError, SignerTroubleError, SignerUnavailableError } from "../src/signature/signer-errors.ts";

const ADDRESS: Address = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
const DEPLOYMENT = {
  name: "Test street",
  chainId: 31_337,
  deploymentBlock: 0,
  neighbourhood: ADDRESS,
  token: ADDRESS,
  marketplace: ADDRESS,
  currency: ADDRESS,
  deviceRegistry: ADDRESS,
  accessManager: ADDRESS,
};
const PASSPHRASE = "a passphrase that must not leak";

const profile = (importRegister: bigint, number = 20_000): DayProfile => ({
  day: day(number),
  importRegister,
  exportRegister: 0n,
  quality: Array<typeof MEASURED>(96).fill(MEASURED),
  imports: Array<number>(96).fill(1),
  exports: Array<number>(96).fill(0),
});

let folder: string;
let device: Address;
let signer: ChildSigner;
let messages: string[];

function open(deployment: object = DEPLOYMENT): ChildSigner {
  writeFileSync(join(folder, "deployment.json"), JSON.stringify(deployment));
  return createChildSigner({
    keys: { kind: "keystore", keystoreDir: join(folder, "keys"), passphraseFile: join(folder, "passphrase") },
    deploymentFile: join(folder, "deployment.json"),
    memoryFile: join(folder, "signer.sqlite"),
    onMessage: (text) => messages.push(text),
  });
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "signer-"));
  mkdirSync(join(folder, "keys"));
  writeFileSync(join(folder, "passphrase"), PASSPHRASE, { mode: 0o600 });
  device = await createKey(join(folder, "keys"), { meter: 7 }, PASSPHRASE, "light");
  messages = [];
  signer = open();
});

afterEach(async () => {
  await signer.close();
  rmSync(folder, { recursive: true });
});

describe("the signer, in its own process", () => {
  test("names its devices and signs a profile that recovers to the device", async () => {
    expect(await signer.devices()).toEqual([
      { meter: 7, device, keyType: "secp256k1", custody: "operator", standing: "current" },
    ]);
    const signature = await signer.signProfile(device, profile(96n));
    const signed = toSignedProfile(profile(96n), signature);
    expect(await recoverDevice(neighbourhoodDomain(DEPLOYMENT), signed)).toBe(device);
    expect(signer.pid).not.toBe(process.pid);
  });

  test("signs the same profile again, and never a different one of the same day, not even after a restart", async () => {
    const signature = await signer.signProfile(device, profile(96n));
    expect(await signer.signProfile(device, profile(96n))).toBe(signature);
    await expect(signer.signProfile(device, profile(97n))).rejects.toThrow(
      /signed another profile of day 20000 already/u,
    );
    await signer.close();
    signer = open();
    await expect(signer.signProfile(device, profile(97n))).rejects.toBeInstanceOf(SignerRefusedError);
    expect(await signer.signProfile(device, profile(96n))).toBe(signature);
    await signer.signProfile(device, profile(97n, 20_001));
  });

  test("signs for its own neighbourhood and chain only", async () => {
    const here = await signer.signProfile(device, profile(96n));
    await signer.close();
    rmSync(join(folder, "signer.sqlite"));
    signer = open({ ...DEPLOYMENT, chainId: 1 });
    const elsewhere = await signer.signProfile(device, profile(96n));
    expect(elsewhere).not.toBe(here);
    const signed = toSignedProfile(profile(96n), elsewhere);
    expect(await recoverDevice(neighbourhoodDomain(DEPLOYMENT), signed)).not.toBe(device);
  });

  test("proves possession of a device for one meter and its opening registers", async () => {
    const proof = await signer.provePossession(7, { importRegister: 5n, exportRegister: 6n });
    const registration = { device, meter: meterNumber(7), importRegister: 5n, exportRegister: 6n };
    const typedData = deviceRegistrationTypedData(neighbourhoodDomain(DEPLOYMENT), registration);
    expect(await recoverTypedDataAddress({ ...typedData, signature: proof.signature })).toBe(device);
    await expect(signer.provePossession(8, { importRegister: 0n, exportRegister: 0n })).rejects.toThrow(
      /no key of meter 8/u,
    );
  });

  test("refuses a profile that the contract could never accept, and a device it does not hold", async () => {
    await expect(signer.signProfile(device, profile(95n))).rejects.toThrow(/sum of the day's imports is 96/u);
    await expect(signer.signProfile(ADDRESS, profile(96n))).rejects.toThrow(
      new RegExp(`no key of device ${ADDRESS}`, "u"),
    );
  });

  test("starts again after it was killed; whoever asked meanwhile is told to ask later", async () => {
    await signer.devices();
    const { pid } = signer;
    if (pid === undefined) throw new Error("the signer is not running");
    const asked = signer.signProfile(device, profile(96n));
    process.kill(pid, "SIGKILL");
    // Either it answered in time or it is unavailable; it never refuses.
    await asked.catch((error: unknown) => {
      expect(error).toBeInstanceOf(SignerUnavailableError);
    });
    await expect.poll(() => signer.pid).not.toBe(pid);
    expect(await signer.devices()).toEqual([
      { meter: 7, device, keyType: "secp256k1", custody: "operator", standing: "current" },
    ]);
    expect(signer.pid).not.toBe(pid);
  });

  test("says why it cannot sign, without a secret, and that it may pass", async () => {
    await signer.close();
    writeFileSync(join(folder, "passphrase"), "not the one", { mode: 0o600 });
    signer = open();
    // A device is known by the address in its file; only signing needs the key.
    const refused = await signer.signProfile(device, profile(5n)).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(SignerTroubleError);
    expect(String(refused)).toMatch(/meter 7 .* wrong passphrase/u);
    expect(`${String(refused)} ${messages.join(" ")}`).not.toContain("not the one");
  });

  test("has no secret in its arguments or environment", async () => {
    await signer.devices();
    const place = `/proc/${signer.pid ?? 0}`;
    const told = readFileSync(`${place}/cmdline`, "utf8") + readFileSync(`${place}/environ`, "utf8");
    expect(told).toContain("passphrase-file");
    expect(told).not.toContain(PASSPHRASE);
  });
});
