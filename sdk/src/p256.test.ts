import { createPublicKey, createVerify } from "node:crypto";

import { concatHex, type Hex, hexToBytes, keccak256, numberToHex, sha256, sliceHex } from "viem";
import { describe, expect, it } from "vitest";

import { forSeeds, Random } from "../test/random.ts";
import { AT, randomProfile } from "../test/samples.ts";
import { InvalidValueError } from "./commonwatt-error.ts";
import { neighbourhoodDomain } from "./domains.ts";
import { p256Address, p256PublicKey, recoverP256, signP256 } from "./p256.ts";
import { hashDayProfile, recoverDevice, toSignedProfile } from "./profile-signing.ts";

const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const KEY = `0x${"5a".repeat(32)}` as const;
const DIGEST = keccak256("0x1234");
const publicKey = p256PublicKey(KEY);
const signature = signP256(KEY, DIGEST);
const s = BigInt(sliceHex(signature, 32, 64));

const withS = (value: bigint): Hex =>
  concatHex([sliceHex(signature, 0, 32), numberToHex(value, { size: 32 }), sliceHex(signature, 64)]);

describe("P-256 devices", () => {
  it("have the last 20 bytes of keccak256(0x01 || x || y) as their address", () => {
    const hash = keccak256(concatHex(["0x01", publicKey.x, publicKey.y]));
    expect(p256Address(publicKey).toLowerCase()).toBe(`0x${hash.slice(-40)}`);
    expect(recoverP256(DIGEST, signature)).toBe(p256Address(publicKey));
  });

  it("sign what another implementation verifies", () => {
    const jwk = {
      kty: "EC",
      crv: "P-256",
      x: Buffer.from(hexToBytes(publicKey.x)).toString("base64url"),
      y: Buffer.from(hexToBytes(publicKey.y)).toString("base64url"),
    };
    const key = { key: createPublicKey({ key: jwk, format: "jwk" }), dsaEncoding: "ieee-p1363" } as const;
    const text = Buffer.from("a day profile");
    // Node hashes the text by itself, with SHA-256.
    const verifies = (bytes: Buffer) =>
      createVerify("sha256")
        .update(bytes)
        .verify(key, hexToBytes(sliceHex(signP256(KEY, sha256(text)), 0, 64)));
    expect(verifies(text)).toBe(true);
    expect(verifies(Buffer.from("another"))).toBe(false);
  });

  it("sign with low s only, and the twin is refused", () => {
    forSeeds(50, (random) => {
      const made = signP256(KEY, numberToHex(random.bits(256), { size: 32 }));
      expect(BigInt(sliceHex(made, 32, 64)) <= ORDER / 2n).toBe(true);
    });
    expect(() => recoverP256(DIGEST, withS(ORDER - s))).toThrow("the signature is malleable");
  });

  it.each([
    ["another message", () => recoverP256(keccak256("0x1235"), signature)],
    ["another s", () => recoverP256(DIGEST, withS(s - 1n))],
    ["s of zero", () => recoverP256(DIGEST, withS(0n))],
    ["another key", () => recoverP256(DIGEST, concatHex([sliceHex(signature, 0, 64), publicKey.y, publicKey.x]))],
    ["no 128 bytes", () => recoverP256(DIGEST, sliceHex(signature, 0, 65))],
  ])("refuse %s", (_what, recover) => {
    expect(recover).toThrow(InvalidValueError);
  });

  it("keep a key that is none out of the message", () => {
    for (const key of [`0x${"00".repeat(32)}`, `0x${"ff".repeat(32)}`, "0x1234"] as const) {
      expect(() => p256PublicKey(key)).toThrow('the P-256 private key is "not shown"');
    }
  });
});

describe("a profile of a P-256 device", () => {
  const domain = neighbourhoodDomain(AT);
  const profile = randomProfile(new Random(5));
  const signed = toSignedProfile(profile, signP256(KEY, hashDayProfile(domain, profile)));

  it("names its device", async () => {
    expect(await recoverDevice(domain, signed)).toBe(p256Address(publicKey));
  });

  it("is refused when anything was changed", async () => {
    await expect(recoverDevice(domain, { ...signed, importRegister: signed.importRegister + 1n })).rejects.toThrow(
      "one that the P-256 key it names has made",
    );
  });
});
