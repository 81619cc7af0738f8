import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Wallet } from "ethers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { createKey, listMeterKeys, openKey, readAddress } from "./keystore.ts";
import { readSecret } from "./passphrase.ts";

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
