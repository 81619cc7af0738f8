import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { neighbourhoodDomain } from "@commonwatt/sdk/domains";
import { type DayProfile, MEASURED } from "@commonwatt/sdk/profile";
import { recoverDevice, toSignedProfile } from "@commonwatt/sdk/profile-signing";
import { day } from "@commonwatt/sdk/time";
import type { Address } from "viem";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import { createKeySigner } from "../src/signer/key-signer.ts";
import { openSignerMemory } from "../src/signer/memory.ts";
import { loadCryptoki } from "../src/signer/pkcs11/cryptoki.ts";
import { openPkcs11Source, type Pkcs11Options } from "../src/signer/pkcs11/source.ts";
import type { KeySource, Signer } from "../src/signer/signer.ts";
import { createSoftHsm, missingSoftHsm, type SoftHsm } from "./support/softhsm.ts";

const NEIGHBOURHOOD: Address = "0x1111111111111111111111111111111111111111";
const domain = neighbourhoodDomain({ chainId: 31_337, neighbourhood: NEIGHBOURHOOD });

const profile = (number: number): DayProfile => ({
  day: day(number),
  importRegister: 96n,
  exportRegister: 0n,
  quality: Array<typeof MEASURED>(96).fill(MEASURED),
  imports: Array<number>(96).fill(1),
  exports: Array<number>(96).fill(0),
});

describe.skipIf(missingSoftHsm !== undefined)("a secure element (skipped without SoftHSM2 and pkcs11-tool)", () => {
  let hsm: SoftHsm;
  let source: KeySource | undefined;
  const before = process.env["SOFTHSM2_CONF"];

  beforeAll(() => {
    hsm = createSoftHsm();
    process.env["SOFTHSM2_CONF"] = hsm.environment.SOFTHSM2_CONF;
    hsm.makeKey("meter-8");
    hsm.makeKey("meter-7-2027");
    hsm.makeKey("meter-7");
    hsm.makeKey("somebody-else");
  });
  afterEach(() => source?.close());
  afterAll(() => {
    if (before === undefined) delete process.env["SOFTHSM2_CONF"];
    else process.env["SOFTHSM2_CONF"] = before;
    hsm.remove();
  });

  function open(options: Partial<Pkcs11Options> = {}): Signer {
    const { library, token, pinFile } = hsm;
    source = openPkcs11Source({ library, token, pinFile, ...options });
    return createKeySigner(source, domain, openSignerMemory(":memory:"));
  }

  async function deviceOf(signer: Signer, meter: number): Promise<Address> {
    const found = (await signer.devices()).find((entry) => entry.meter === meter);
    if (found === undefined) throw new Error(`no device of meter ${meter}`);
    return found.device;
  }

  test("lists the meters' keys that pkcs11-tool made, as P-256 in a secure element", async () => {
    const kind = { keyType: "P-256", custody: "secure element" };
    expect(await open().devices()).toMatchObject([
      { meter: 7, standing: "current", ...kind },
      { meter: 7, standing: "next", ...kind },
      { meter: 8, standing: "current", ...kind },
    ]);
  });

  test("signs days that recover to the device, with low s every time", async () => {
    const signer = open();
    const device = await deviceOf(signer, 7);
    // Half of all signatures come with the upper s: twenty without one are a chance in a million.
    for (let number = 20_000; number < 20_020; number++) {
      const signed = toSignedProfile(profile(number), await signer.signProfile(device, profile(number)));
      expect(await recoverDevice(domain, signed)).toBe(device);
    }
  });

  test("goes on after the session was closed, and after the library lost it altogether", async () => {
    const signer = open();
    const device = await deviceOf(signer, 7);
    await signer.signProfile(device, profile(20_000));
    const library = loadCryptoki(hsm.library);
    const [token] = library.tokens().filter(({ label }) => label === hsm.token);
    library.closeAllSessions(token?.slot ?? 0n);
    await signer.signProfile(device, profile(20_001));
    library.finalize();
    await signer.signProfile(device, profile(20_002));
  });

  test("says so while the token is pulled out, and goes on when it is back", async () => {
    const signer = open();
    const device = await deviceOf(signer, 7);
    await signer.signProfile(device, profile(20_000));
    const away = join(hsm.folder, "away");
    renameSync(hsm.tokens, away);
    loadCryptoki(hsm.library).finalize();
    await expect(signer.signProfile(device, profile(20_001))).rejects.toThrow(/no token "street"|C_Initialize/u);
    renameSync(away, hsm.tokens);
    await signer.signProfile(device, profile(20_001));
  });

  test("finds a key that was made while it was open, and misses one that was taken away", async () => {
    const signer = open();
    await signer.devices();
    hsm.makeKey("meter-9");
    const device = await deviceOf(signer, 9);
    await signer.signProfile(device, profile(20_000));
    hsm.deleteKey("meter-9");
    await expect(signer.signProfile(device, profile(20_001))).rejects.toThrow(/not in the token any more/u);
  });

  test("tries a wrong PIN once, says so without it, and does not lock the token", async () => {
    const pinFile = join(hsm.folder, "wrong-pin");
    writeFileSync(pinFile, "999111\n", { mode: 0o600 });
    const signer = open({ pinFile });
    for (let attempt = 0; attempt < 5; attempt++) {
      const error: unknown = await signer.devices().catch((caught: unknown) => caught);
      expect(String(error)).toMatch(/PIN of token "street" is wrong: it is not tried again/u);
      expect(String(error)).not.toContain("999111");
    }
    source?.close();
    await expect(open({ pinFile }).devices()).rejects.toThrow(/A wrong PIN was given .* log in once by hand/u);
    source?.close();
    // By hand.
    hsm.makeKey("nobody");
    expect(await open().devices()).toHaveLength(3);
  });

  test("refuses a key that could be copied, and names one of another curve", async () => {
    hsm.makeKey("meter-10", "--extractable");
    const signer = open();
    const device = await deviceOf(signer, 10);
    await expect(signer.signProfile(device, profile(20_000))).rejects.toThrow(/meter-10 can be copied out/u);
    hsm.makeOtherKey("meter-11", "EC:secp384r1");
    await expect(signer.devices()).rejects.toThrow(/meter-11 in the token is of another curve/u);
    hsm.deleteKey("meter-11");
    hsm.deleteKey("meter-10");
  });

  test("says what is missing: the PIN, the library, the token", async () => {
    expect(() => open({ pinFile: undefined })).toThrow(/no PIN: expected "pinFile", or .* COMMONWATT_PIN/u);
    expect(() => open({ library: join(hsm.folder, "none.so") })).toThrow(/none\.so cannot be loaded/u);
    expect(() => open({ library: "libc.so.6" })).toThrow(/no PKCS#11 library/u);
    await expect(open({ token: "other" }).devices()).rejects.toThrow(/no token "other", found .*"street"/u);
  });
});
