import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { p256Address, p256PublicKey } from "@commonwatt/sdk/p256";
import { Wallet } from "ethers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { createKey, listKeys, listMeterKeys, moveKey, openKey, readAddress } from "./keystore.ts";
import { PASSPHRASE_VARIABLE, readPassphrase, readSecret } from "./passphrase.ts";
import { meterKeys, prepareNextKey, promoteNextKey } from "./rotate.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "keystore-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe("a key", () => {
  test("is written encrypted, readable by its owner only, and any Web3 wallet can open it", async () => {
    const address = await createKey(folder, { meter: 7 }, "correct horse", "light");
    const file = join(folder, "meter-7.json");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    const opened = await openKey(folder, { meter: 7 }, "correct horse");
    expect(opened.address).toBe(address);
    expect(readFileSync(file, "utf8")).not.toContain(opened.privateKey.slice(2));
    expect(new Wallet(opened.privateKey).address).toBe(address);
    expect((JSON.parse(readFileSync(file, "utf8")) as { version: number }).version).toBe(3);
  });

  test("is never overwritten", async () => {
    await createKey(folder, "submitter", "x", "light");
    await expect(createKey(folder, "submitter", "x", "light")).rejects.toThrow(/a key of the submitter already/u);
  });

  test("is there whole or not at all, of two made at the same time once, and leaves nothing beside it", async () => {
    const tries = await Promise.allSettled([1, 2].map(() => createKey(folder, { meter: 7 }, "x", "light")));
    expect(tries.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    expect(readdirSync(folder)).toEqual(["meter-7.json"]);
    const [made] = tries.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    expect((await openKey(folder, { meter: 7 }, "x")).address).toBe(made);
  });

  test("does not open with a wrong passphrase, and the error does not repeat it", async () => {
    await createKey(folder, { meter: 7 }, "right", "light");
    const error: unknown = await openKey(folder, { meter: 7 }, "wrong-one").catch((caught: unknown) => caught);
    expect(String(error)).toMatch(/meter 7 .* wrong passphrase/u);
    expect(String(error)).not.toContain("wrong-one");
  });

  test("that is missing is named with the file that was expected", async () => {
    await expect(openKey(folder, { meter: 8 }, "x")).rejects.toThrow(/no key of meter 8: expected .*meter-8\.json/u);
  });

  test("names its address in clear, as a file without one, or no file, does not", async () => {
    const address = await createKey(folder, { meter: 7 }, "x", "light");
    expect(readAddress(folder, { meter: 7 })).toBe(address);
    writeFileSync(join(folder, "meter-8.json"), `{"address":"0x12"}`);
    expect(readAddress(folder, { meter: 8 })).toBeUndefined();
    expect(readAddress(folder, { meter: 9 })).toBeUndefined();
  });

  test("of each meter is listed by number", async () => {
    await createKey(folder, { meter: 10 }, "x", "light");
    await createKey(folder, { meter: 9 }, "x", "light");
    await createKey(folder, "submitter", "x", "light");
    expect(listMeterKeys(folder)).toEqual([9, 10]);
    expect(listMeterKeys(join(folder, "none"))).toEqual([]);
  });
});

describe("a P-256 key", () => {
  test("has its device's address in the file, so that no wallet takes it for an account's", async () => {
    const address = await createKey(folder, { meter: 7 }, "x", "light", { curve: "P-256" });
    const file = join(folder, "meter-7.json");
    const { privateKey, curve } = await openKey(folder, { meter: 7 }, "x");
    expect(curve).toBe("P-256");
    expect(p256Address(p256PublicKey(privateKey))).toBe(address);
    await expect(Wallet.fromEncryptedJson(readFileSync(file, "utf8"), "x")).rejects.toThrow(/address/u);
    expect(listKeys(folder)).toEqual([{ owner: { meter: 7 }, standing: "current", curve: "P-256", address, file }]);
  });

  test("is for devices only: an account sends transactions", async () => {
    await expect(createKey(folder, "operator", "x", "light", { curve: "P-256" })).rejects.toThrow(
      /the operator sends transactions: expected curve secp256k1/u,
    );
  });
});

describe("files that others may read", () => {
  test("are refused, with how to mend it", async () => {
    await createKey(folder, { meter: 7 }, "x", "light");
    chmodSync(join(folder, "meter-7.json"), 0o640);
    await expect(openKey(folder, { meter: 7 }, "x")).rejects.toThrow(/has mode 640, expected 600.*chmod 600/u);
    chmodSync(folder, 0o755);
    expect(() => listKeys(folder)).toThrow(/keystore folder .* has mode 755, expected 700/u);
  });
});

describe("the next key of a meter", () => {
  test("takes over with the old one kept, also when that was interrupted half-way", async () => {
    const old = await createKey(folder, { meter: 7 }, "x", "light", { curve: "P-256" });
    const next = await prepareNextKey(folder, 7, "x", "light", undefined);
    expect(next.curve).toBe("P-256");
    // Asked again it is the same.
    expect(await prepareNextKey(folder, 7, "x", "light", undefined)).toEqual(next);
    await expect(prepareNextKey(folder, 7, "x", "light", "secp256k1")).rejects.toThrow(/is on P-256, expected secp/u);
    const { current } = meterKeys(folder, 7);
    if (current !== undefined) moveKey(folder, current, "retired");
    promoteNextKey(folder, 7);
    expect(listKeys(folder).map(({ standing, address }) => [standing, address])).toEqual([
      ["current", next.address],
      ["retired", old],
    ]);
    expect(() => {
      promoteNextKey(folder, 7);
    }).toThrow(/no next key of meter 7/u);
  });
});

describe("the passphrase", () => {
  test("comes from the environment where no file is named, and is named when there is neither", () => {
    const file = join(folder, "passphrase");
    writeFileSync(file, "from the file", { mode: 0o600 });
    vi.stubEnv(PASSPHRASE_VARIABLE, "from the environment");
    expect(readPassphrase({})).toBe("from the environment");
    expect(readPassphrase({ passphraseFile: file })).toBe("from the file");
    vi.stubEnv(PASSPHRASE_VARIABLE, "");
    expect(() => readPassphrase({})).toThrow(/expected "passphraseFile" in the config, or .* COMMONWATT_PASSPHRASE/u);
    vi.unstubAllEnvs();
  });
});

describe("the passphrase file", () => {
  test("gives its line without the line break", () => {
    const file = join(folder, "passphrase");
    writeFileSync(file, "a b \n", { mode: 0o600 });
    expect(readSecret("passphrase", file)).toBe("a b ");
  });

  test("is refused when others can read it, when empty, and when missing", () => {
    const file = join(folder, "passphrase");
    writeFileSync(file, "secret", { mode: 0o600 });
    chmodSync(file, 0o644);
    expect(() => readSecret("passphrase", file)).toThrow(/has mode 644, expected 600/u);
    writeFileSync(file, "\n");
    chmodSync(file, 0o600);
    expect(() => readSecret("passphrase", file)).toThrow(/is empty/u);
    expect(() => readSecret("passphrase", join(folder, "none"))).toThrow(/none cannot be read/u);
  });
});
