import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { newPrivateKey } from "../keystore/curve.ts";
import { createKey, openKey } from "../keystore/keystore.ts";
import { type KeyFolder, loadKeyFolder } from "./key-folder.ts";
import { createKeys } from "./keys.ts";
import { importKey, type ImportOptions } from "./keys-import.ts";
import { describeKeys } from "./keys-list.ts";

let place: string;
let folder: KeyFolder;

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), "keys-"));
  writeFileSync(join(place, "passphrase"), "x\n", { mode: 0o600 });
  folder = {
    keystoreDir: join(place, "keystore"),
    keystoreStrength: "light",
    passphraseFile: join(place, "passphrase"),
    meters: [{ meter: 1 }, { meter: 2 }],
  };
});
afterEach(() => {
  rmSync(place, { recursive: true });
});

const NOTHING: ImportOptions = {
  meter: undefined,
  role: undefined,
  keystore: undefined,
  "keystore-passphrase": undefined,
  "private-key": undefined,
  curve: "secp256k1",
};
const take = (options: Partial<ImportOptions>) => importKey(folder, { ...NOTHING, ...options });

function secretFile(text: string, mode = 0o600): string {
  const file = join(place, "secret");
  writeFileSync(file, text, { mode });
  return file;
}

describe("keys create", () => {
  test("makes P-256 keys for devices and keys for the roles that are named", async () => {
    const made = await createKeys(folder, { meters: "2", submitter: false, role: "operator,guardian", curve: "p256" });
    expect(describeKeys(folder)).toMatchObject([
      { owner: "guardian", curve: "secp256k1", address: made.accounts?.["guardian"] },
      { owner: "operator", curve: "secp256k1" },
      { owner: 2, curve: "P-256", standing: "current", address: made.devices[0]?.device, file: "meter-2.json" },
    ]);
  });

  test.each([
    [{ role: "king" }, /no account "king", expected one of submitter, operator/u],
    [{ meters: "1", curve: "ed25519" }, /no curve "ed25519", expected secp256k1 or p256/u],
  ])("refuses %o before it makes any key", async (options, reason) => {
    await expect(createKeys(folder, { meters: undefined, submitter: true, ...options })).rejects.toThrow(reason);
    expect(describeKeys(folder)).toEqual([]);
  });
});

describe("keys import", () => {
  test("takes a keystore of another passphrase in under its own, and leaves the file as it is", async () => {
    const other = join(place, "other");
    const address = await createKey(other, { meter: 9 }, "theirs", "light", { curve: "P-256" });
    const keystore = join(other, "meter-9.json");
    const before = readFileSync(keystore, "utf8");
    await expect(take({ meter: "1", keystore })).rejects.toThrow(/meter-9\.json cannot be opened: wrong passphrase/u);
    const options = { meter: "1", keystore, "keystore-passphrase": secretFile("theirs\n") };
    expect(await take(options)).toEqual({ address, curve: "P-256" });
    expect((await openKey(folder.keystoreDir, { meter: 1 }, "x")).address).toBe(address);
    expect(readFileSync(keystore, "utf8")).toBe(before);
    await expect(take(options)).rejects.toThrow(/a key of meter 1 already/u);
  });

  test("takes a private key out of a file that nobody else can read", async () => {
    const privateKey = newPrivateKey("secp256k1");
    const file = secretFile(`${privateKey.slice(2).toUpperCase()}\n`);
    await take({ role: "operator", "private-key": file });
    expect((await openKey(folder.keystoreDir, "operator", "x")).privateKey).toBe(privateKey);
    writeFileSync(join(place, "open"), privateKey, { mode: 0o644 });
    await expect(take({ meter: "1", "private-key": join(place, "open") })).rejects.toThrow(/mode 644, expected 600/u);
  });

  test.each([
    ["too short a key", "ab".repeat(31), /has 62 characters that are not all hex, expected 64/u],
    ["a key above the order", "f".repeat(64), /The private key is none of secp256k1/u],
  ])("refuses %s without showing it", async (_what, text, reason) => {
    const error: unknown = await take({ meter: "1", "private-key": secretFile(text) }).catch(
      (caught: unknown) => caught,
    );
    expect(String(error)).toMatch(reason);
    expect(String(error)).not.toContain(text);
  });

  test.each([
    [{ meter: "1" }, /one of --keystore FILE and --private-key FILE/u],
    [{ "private-key": "x" }, /one of --meter N and --role NAME/u],
    [{ meter: "1", role: "operator", "private-key": "x" }, /one of --meter N and --role NAME/u],
    [{ meter: "3", "private-key": "x" }, /"3" is not in the config/u],
    [{ meter: "1", keystore: "none.json" }, /none\.json cannot be opened: it cannot be read/u],
  ])("says what it expected of %o", async (options, reason) => {
    await expect(take(options)).rejects.toThrow(reason);
  });
});

test("the verbs work with the configuration of a signer on another machine too", async () => {
  const file = join(place, "signer.json");
  const config = {
    certificateFile: "signer.pem",
    keyFile: "signer.key",
    clientCaFile: "ca.pem",
    keys: { kind: "keystore", keystoreDir: "keystore", passphraseFile: "passphrase", keystoreStrength: "light" },
    deploymentFile: "deployment.json",
    memoryFile: "signer.sqlite",
  };
  writeFileSync(file, JSON.stringify(config));
  const made = await createKeys(loadKeyFolder(file), { meters: "77", submitter: false });
  expect(describeKeys(folder)).toMatchObject([{ owner: 77, address: made.devices[0]?.device }]);
  const keys = { kind: "pkcs11", library: "/usr/lib/some.so", token: "street" };
  writeFileSync(file, JSON.stringify({ ...config, keys }));
  expect(() => loadKeyFolder(file)).toThrow(/in the secure element street: .* pkcs11-tool/u);
});
