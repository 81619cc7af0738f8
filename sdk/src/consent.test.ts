import { hashTypedData, recoverTypedDataAddress } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { describe, expect, test } from "vitest";

import {
  type Consent,
  CONSENT_TEXT,
  CONSENT_TEXT_HASH,
  CONSENT_VERSION,
  consentTypedData,
  pairingLink,
  parseConsent,
  parsePairingFragment,
  serializeConsent,
} from "./consent.ts";
import { neighbourhoodDomain } from "./domains.ts";

const owner = privateKeyToAccount(`0x${"11".repeat(32)}`);
const device = privateKeyToAccount(`0x${"22".repeat(32)}`).address;
const neighbourhood = privateKeyToAccount(`0x${"33".repeat(32)}`).address;
const domain = neighbourhoodDomain({ chainId: 31_337, neighbourhood });

const consent: Consent = {
  owner: owner.address,
  meter: 7,
  meteringPoint: "AT 0030 & 1/2",
  device,
  importRegister: 12_345_678n,
  exportRegister: (1n << 44n) - 1n,
  time: 1_780_000_000n,
};
const invitation = {
  neighbourhood,
  meter: 7,
  meteringPoint: consent.meteringPoint,
  device,
  importRegister: consent.importRegister,
  exportRegister: consent.exportRegister,
  unitWh: 10,
  token: "AAAAAAAAAAAAAAAAAAAA-_",
  expires: 1_780_003_600,
};

test("the text has not changed without its version", () => {
  // A signature counts for these very words: whoever changes them gives them the next number, and this hash.
  expect([CONSENT_VERSION, CONSENT_TEXT_HASH]).toEqual([
    1,
    "0x50f599ebfaee7cfc97ee6a29f762b10d98f3d042cdde2061f8ef2d14d8265263",
  ]);
  expect(CONSENT_TEXT).toContain("quarter-hour by quarter-hour");
});

describe("a consent", () => {
  test("is the owner's once it has gone over the wire", async () => {
    const signature = await owner.signTypedData(consentTypedData(domain, consent));
    const back = parseConsent(JSON.stringify(serializeConsent({ consent, signature })));
    expect(back).toEqual({ consent, signature });
    expect(await recoverTypedDataAddress({ ...consentTypedData(domain, back.consent), signature })).toBe(owner.address);
  });

  test.each([
    { meter: 8 },
    { meteringPoint: "AT 1" },
    { device: owner.address },
    { importRegister: 0n },
    { exportRegister: 0n },
    { time: 0n },
    { owner: device },
  ])("for something else is another one: %o", (change) => {
    const changed = consentTypedData(domain, { ...consent, ...change });
    expect(hashTypedData(changed)).not.toBe(hashTypedData(consentTypedData(domain, consent)));
  });

  test.each([
    ["not json", /consent .*expected JSON/u],
    [{ version: 2 }, /consent: version/u],
    [{ meter: 0 }, /consent: meter/u],
    [{ importRegister: "17592186044416" }, /importRegister/u],
    [{ importRegister: 5 }, /importRegister/u],
    [{ owner: "0x12" }, /consent: owner/u],
    [{ signature: "0x123" }, /consent: signature/u],
    [{ meteringPoint: "a\nb" }, /meteringPoint/u],
    [{ surplus: 1 }, /surplus/u],
  ])("that is none is refused: %j", (change, message) => {
    const good = serializeConsent({ consent, signature: "0x00" });
    expect(() => parseConsent(typeof change === "string" ? change : { ...good, ...change })).toThrow(message);
  });
});

describe("a pairing link", () => {
  test("says all that is to be signed, behind the #", () => {
    const link = pairingLink("https://app.example.org/", invitation);
    const [address, fragment = ""] = link.split("#");
    expect(address).toBe("https://app.example.org/pair");
    expect(parsePairingFragment(fragment)).toEqual(invitation);
    expect(parsePairingFragment(`#${fragment}`)).toEqual(invitation);
  });

  test("that was cut off anywhere, or changed, is none", () => {
    const fragment = pairingLink("https://a.example", invitation).split("#")[1] ?? "";
    for (let length = 0; length < fragment.length; length++) {
      expect(() => parsePairingFragment(fragment.slice(0, length))).toThrow(/pairing link/u);
    }
    expect(() => parsePairingFragment(fragment.replace("v=1", "v=2"))).toThrow(/version 1/u);
    expect(() => parsePairingFragment(`${fragment}&z=1`)).toThrow(/z/u);
  });
});
