import { privateKeyToAccount } from "viem/accounts";
import { describe, expect, it } from "vitest";

import { Random } from "../../test/random.ts";
import { AT, randomProfile } from "../../test/samples.ts";
import { Story } from "../../test/story.ts";
import { neighbourhoodDomain } from "../domains.ts";
import { meterNumber } from "../ids.ts";
import { encodeIntervals, sumUnits } from "../profile.ts";
import { dayProfileTypedData } from "../profile-signing.ts";
import { firstInterval } from "../time.ts";
import { wh } from "../units.ts";
import { assembleLedger } from "./assemble.ts";
import type { ProfileEntry } from "./types.ts";
import { verifyProfile } from "./verify-profile.ts";

const M7 = meterNumber(7);
const device = privateKeyToAccount(`0x${"33".repeat(32)}`);
const stranger = privateKeyToAccount(`0x${"44".repeat(32)}`);
const profile = randomProfile(new Random(5));

/** An entry as the ledger makes it of a correct neighbourhood: registered at 0, one day recorded and minted. */
async function entry(signer = device, registered = device): Promise<ProfileEntry> {
  const signature = await signer.signTypedData(dayProfileTypedData(neighbourhoodDomain(AT), profile));
  const story = new Story()
    .meter(M7, AT.token)
    .device(M7, registered.address)
    .profile(M7, registered.address, profile, signature)
    .mint(M7, AT.token, firstInterval(profile.day), profile.exports);
  const [recorded] = assembleLedger([], story.events()).profiles;
  if (recorded === undefined) throw new Error("No profile in the story.");
  return recorded;
}

describe("verifyProfile", () => {
  it("finds nothing wrong with what the device signed", async () => {
    expect(await verifyProfile(AT, await entry())).toMatchObject({
      ok: true,
      recovered: device.address,
      intervalsHash: expect.stringMatching(/^0x[0-9a-f]{64}$/u) as unknown,
      problems: [],
    });
  });

  it("tells of a profile that another key signed", async () => {
    const { ok, recovered, problems } = await verifyProfile(AT, await entry(stranger));
    expect(ok).toBe(false);
    expect(recovered).toBe(stranger.address);
    expect(problems).toEqual([
      `The signature is of ${stranger.address}, but the profile was recorded as signed by ${device.address}.`,
      `The device of meter 7 was ${device.address} then, but ${stranger.address} signed.`,
    ]);
  });

  it.each([
    ["intervals", { intervals: encodeIntervals(profile.imports.with(0, 1), profile.exports) }],
    ["import register", { importRegister: profile.importRegister + 1n }],
    ["export register", { exportRegister: profile.exportRegister + 1n }],
    ["quality", { quality: 1n }],
    ["day", { day: (profile.day + 1) as ProfileEntry["day"] }],
  ] satisfies [string, Partial<ProfileEntry>][])("tells of changed %s", async (_name, change) => {
    const { ok, problems } = await verifyProfile(AT, { ...(await entry()), ...change });
    expect(ok).toBe(false);
    expect(problems[0]).toMatch(/^The signature is of 0x/u);
  });

  it("tells of a profile made for another neighbourhood or chain", async () => {
    expect((await verifyProfile({ ...AT, chainId: 1 }, await entry())).ok).toBe(false);
    expect((await verifyProfile({ ...AT, neighbourhood: AT.token }, await entry())).ok).toBe(false);
  });

  it("tells of a device that was not the meter's at that time", async () => {
    const recorded = await entry();
    const revoked = await verifyProfile(AT, { ...recorded, deviceAtTime: undefined });
    expect(revoked.problems).toEqual(["Meter 7 had no device when the profile was recorded."]);
    const other = await verifyProfile(AT, { ...recorded, deviceAtTime: { device: stranger.address } });
    expect(other.problems).toEqual([
      `The device of meter 7 was ${stranger.address} then, but ${device.address} signed.`,
    ]);
  });

  it("tells of a malformed signature, and still checks the rest", async () => {
    const { recovered, problems } = await verifyProfile(AT, {
      ...(await entry()),
      signature: "0x1234",
      mintedWh: wh(0),
    });
    expect(recovered).toBeUndefined();
    expect(problems).toEqual([
      'signature is "0x1234", expected 65 bytes as 0x and 130 hex digits, or 128 bytes for P-256.',
      expect.stringContaining("Tokens for 0.000 kWh were made") as unknown,
    ]);
  });

  it("tells of registers, unattributed energy and tokens that do not add up", async () => {
    const recorded = await entry();
    const increase = profile.importRegister;
    const { problems } = await verifyProfile(AT, {
      ...recorded,
      unattributedImportWh: wh(recorded.unattributedImportWh + 1n),
      mintedWh: wh(recorded.mintedWh + 5n),
    });
    expect(problems[0]).toBe(
      `The import register moved by ${increase} Wh, but intervals and unattributed energy are ${increase + 1n} Wh.`,
    );
    expect(problems[1]).toMatch(/^Tokens for .* kWh were made, expected .* kWh\.$/u);
    expect(problems).toHaveLength(2);
  });

  it("expects no tokens of a late profile, and compares no registers it does not know", async () => {
    const recorded = await entry();
    expect((await verifyProfile(AT, { ...recorded, late: true })).ok).toBe(false);
    expect((await verifyProfile(AT, { ...recorded, late: true, mintedWh: wh(0) })).ok).toBe(true);
    const unknown = { ...recorded, previous: undefined, unattributedExportWh: wh(9_999n) };
    expect((await verifyProfile(AT, unknown)).ok).toBe(true);
    expect(sumUnits(profile.exports)).toBeGreaterThan(0n);
  });
});
