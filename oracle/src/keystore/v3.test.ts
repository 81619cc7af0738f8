import { encryptKeystoreJsonSync, Wallet } from "ethers";
import { describe, expect, test } from "vitest";

import { decryptKey, encryptKey, NoKeystoreError, readClear, WrongPassphraseError } from "./v3.ts";

/** Of the Web3 Secret Storage definition: key, passphrase and both files. */
const KEY = "0x7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d";
const PASSPHRASE = "testpassword";
const PBKDF2 = {
  crypto: {
    cipher: "aes-128-ctr",
    cipherparams: { iv: "6087dab2f9fdbbfaddc31a909735c1e6" },
    ciphertext: "5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46",
    kdf: "pbkdf2",
    kdfparams: {
      c: 262_144,
      dklen: 32,
      prf: "hmac-sha256",
      salt: "ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd",
    },
    mac: "517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2",
  },
  id: "3198bc9c-6672-5ab3-d995-4942343ae5b6",
  version: 3,
};
const SCRYPT = {
  crypto: {
    cipher: "aes-128-ctr",
    cipherparams: { iv: "83dbcc02d8ccb40e466191a123791e0e" },
    ciphertext: "d172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c",
    kdf: "scrypt",
    kdfparams: {
      dklen: 32,
      n: 262_144,
      p: 8,
      r: 1,
      salt: "ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19",
    },
    mac: "2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097",
  },
  id: "3198bc9c-6672-5ab3-d995-4942343ae5b6",
  version: 3,
};

describe("a keystore of another program", () => {
  test("opens: the standard's example with PBKDF2", async () => {
    expect(await decryptKey(JSON.stringify(PBKDF2), PASSPHRASE)).toMatchObject({ curve: "secp256k1", privateKey: KEY });
  });

  test("opens: one that ethers wrote, and ethers opens ours, with a passphrase beyond ASCII", async () => {
    const { address, privateKey } = Wallet.createRandom();
    const options = { scrypt: { N: 4_096, r: 8, p: 1 } };
    const theirs = encryptKeystoreJsonSync({ address, privateKey }, "Grüße", options);
    const key = await decryptKey(theirs, "Grüße");
    expect(key).toEqual({ curve: "secp256k1", address, privateKey });
    const ours = await encryptKey(key, "Grüße", "light");
    expect((await Wallet.fromEncryptedJson(ours, "Grüße")).privateKey).toBe(privateKey);
  });
});

describe("what is no keystore is refused without being quoted", () => {
  const changed = (change: (file: typeof SCRYPT) => object) => JSON.stringify(change(structuredClone(SCRYPT)));
  const crypto = (change: object) => changed((file) => ({ ...file, crypto: { ...file.crypto, ...change } }));
  const kdfparams = (change: object) => crypto({ kdfparams: { ...SCRYPT.crypto.kdfparams, r: 8, ...change } });
  test.each([
    ["text", "secret words", /not JSON/u],
    ["a list", "[]", /no object/u],
    ["another version", changed((file) => ({ ...file, version: 1 })), /version is not 3/u],
    ["no crypto", changed(({ id, version }) => ({ id, version })), /crypto is no object/u],
    ["another cipher", crypto({ cipher: "aes-256-gcm" }), /cipher is not/u],
    ["a short ciphertext", crypto({ ciphertext: "00" }), /ciphertext is not 32 bytes/u],
    ["another derivation", crypto({ kdf: "argon2" }), /neither scrypt nor PBKDF2/u],
    ["a derivation that takes the whole memory", kdfparams({ n: 4_194_304, r: 8 }), /512 MiB or more/u],
    ["a cost that is no power of two", kdfparams({ n: 1_000 }), /no power of two/u],
    ["the standard's example with scrypt", JSON.stringify(SCRYPT), /against RFC 7914/u],
    ["a cost that is none", kdfparams({ n: "1" }), /n is not a whole number/u],
    ["an unknown curve", changed((file) => ({ ...file, curve: "ed25519" })), /neither secp256k1 nor P-256/u],
    ["megabytes", " ".repeat(20_000), /longer than 10000/u],
  ])("%s", async (_what, text, reason) => {
    const error: unknown = await decryptKey(text, PASSPHRASE).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(NoKeystoreError);
    expect(String(error)).toMatch(reason);
    expect(String(error)).not.toContain("secret words");
  });

  test("a file whose address was changed", async () => {
    const other = JSON.stringify({ ...PBKDF2, address: "11".repeat(20) });
    expect(readClear(other)?.address).toBe("11".repeat(20));
    await expect(decryptKey(other, PASSPHRASE)).rejects.toThrow(/names the address 0x1111.*its key is that of/u);
    await expect(decryptKey(other, "another")).rejects.toBeInstanceOf(WrongPassphraseError);
  });
});
