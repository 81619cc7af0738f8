import { concatHex, encodeAbiParameters, hashTypedData, type Hex, keccak256, numberToHex, stringToHex } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { describe, expect, it } from "vitest";

import { forSeeds, Random } from "../test/random.ts";
import { AT, randomProfile } from "../test/samples.ts";
import { solidityText, structFields } from "../test/solidity.ts";
import { digest, encodeType } from "../test/typed-data.ts";
import { neighbourhoodDomain } from "./domains.ts";
import { meterNumber } from "./ids.ts";
import { encodeIntervals, encodeQuality } from "./profile.ts";
import {
  dayProfileTypedData,
  deviceRegistrationTypedData,
  hashDayProfile,
  recoverDevice,
  toSignedProfile,
} from "./profile-signing.ts";

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const domain = neighbourhoodDomain(AT);
const device = privateKeyToAccount(`0x${"11".repeat(32)}`);
const profile = randomProfile(new Random(3));

async function signed() {
  return toSignedProfile(profile, await device.signTypedData(dayProfileTypedData(domain, profile)));
}

describe("the typed data of a day profile", () => {
  it("is what the contract's NatSpec says is signed", () => {
    const { types, primaryType } = dayProfileTypedData(domain, profile);
    expect(solidityText()).toContain(`\`${encodeType(types, primaryType)}\``);
  });

  it("hashes as EIP-712 says, field by field", () => {
    forSeeds(20, (random) => {
      const any = randomProfile(random);
      const type =
        "DayProfile(uint32 day,uint64 importRegister,uint64 exportRegister,uint256 quality,bytes32 intervals)";
      const structHash = keccak256(
        encodeAbiParameters(
          [
            { type: "bytes32" },
            { type: "uint32" },
            { type: "uint64" },
            { type: "uint64" },
            { type: "uint256" },
            { type: "bytes32" },
          ],
          [
            keccak256(stringToHex(type)),
            any.day,
            any.importRegister,
            any.exportRegister,
            encodeQuality(any.quality),
            keccak256(encodeIntervals(any.imports, any.exports)),
          ],
        ),
      );
      expect(hashDayProfile(domain, any)).toBe(digest(domain, structHash));
    });
  });

  it("differs for another neighbourhood and another chain", () => {
    const hashes = [
      domain,
      neighbourhoodDomain({ ...AT, chainId: 1 }),
      neighbourhoodDomain({ ...AT, neighbourhood: AT.token }),
    ].map((at) => hashDayProfile(at, profile));
    expect(new Set(hashes).size).toBe(3);
  });
});

describe("toSignedProfile", () => {
  it("has the fields of the contract's struct, in order", async () => {
    const fields = structFields("SignedProfile").map((field) => field.split(" ")[1]);
    expect(Object.keys(await signed())).toEqual(fields);
  });

  it.each(["0x", "0x1234", `0x${"11".repeat(64)}`, `0x${"11".repeat(66)}`] as Hex[])(
    "refuses %s as a signature",
    (short) => {
      expect(() => toSignedProfile(profile, short)).toThrow("expected 65 bytes as 0x and 130 hex digits");
    },
  );
});

describe("recoverDevice", () => {
  it("finds the key that signed", async () => {
    expect(await recoverDevice(domain, await signed())).toBe(device.address);
  });

  it("finds another key when anything of the profile was changed", async () => {
    const original = await signed();
    const changes = [
      { day: original.day + 1 },
      { importRegister: original.importRegister + 1n },
      { exportRegister: original.exportRegister + 1n },
      { quality: original.quality ^ 1n },
      { intervals: encodeIntervals(profile.imports.with(0, 9_999), profile.exports) },
    ];
    for (const change of changes) {
      expect(await recoverDevice(domain, { ...original, ...change })).not.toBe(device.address);
    }
  });

  it("refuses the malleable twin of a signature", async () => {
    const { signature, ...rest } = await signed();
    const s = BigInt(`0x${signature.slice(66, 130)}`);
    const v = Number.parseInt(signature.slice(130), 16);
    const twin = concatHex([
      signature.slice(0, 66) as Hex,
      numberToHex(ORDER - s, { size: 32 }),
      numberToHex(v === 27 ? 28 : 27),
    ]);
    await expect(recoverDevice(domain, { ...rest, signature: twin })).rejects.toThrow("the signature is malleable");
  });

  it("refuses a v the contract does not know", async () => {
    const { signature, ...rest } = await signed();
    const other = `${signature.slice(0, 130)}00` as Hex;
    await expect(recoverDevice(domain, { ...rest, signature: other })).rejects.toThrow(
      "v of the signature is 0, expected 27 or 28",
    );
  });
});

describe("the typed data of a device registration", () => {
  const registration = {
    device: device.address,
    meter: meterNumber(7),
    importRegister: 12n,
    exportRegister: 34n,
  };

  it("is what the contract's NatSpec says is signed", () => {
    const { types, primaryType } = deviceRegistrationTypedData(domain, registration);
    expect(solidityText()).toContain(`\`${encodeType(types, primaryType)}\``);
  });

  it("takes the registered values only, whatever else the object has", async () => {
    const more = { ...registration, keyType: 0, custody: 1 };
    const account = privateKeyToAccount(generatePrivateKey());
    expect(await account.signTypedData(deviceRegistrationTypedData(domain, more))).toBe(
      await account.signTypedData(deviceRegistrationTypedData(domain, registration)),
    );
    expect(hashTypedData(deviceRegistrationTypedData(domain, { ...registration, meter: meterNumber(8) }))).not.toBe(
      hashTypedData(deviceRegistrationTypedData(domain, registration)),
    );
  });
});
