import { concatHex, createClient, custom, encodeAbiParameters, numberToHex, TimeoutError, zeroHash } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { describe, expect, it } from "vitest";

import { AT, DAY, randomProfile } from "../../test/samples.ts";
import { Random } from "../../test/random.ts";
import { DEPLOYMENT, Story } from "../../test/story.ts";
import { neighbourhoodDomain } from "../domains.ts";
import { meterNumber } from "../ids.ts";
import { p256Address, p256PublicKey, signP256 } from "../p256.ts";
import { encodeIntervals, encodeQuality, sumUnits } from "../profile.ts";
import { dayProfileTypedData, hashDayProfile, toSignedProfile } from "../profile-signing.ts";
import { encodeSettleDay } from "../settlement/calldata.ts";
import { encodeClaims } from "../settlement/claims.ts";
import { planSettlement } from "../settlement/plan.ts";
import { verifySettlement } from "../settlement/verify.ts";
import { assembleLedger } from "./assemble.ts";
import { readSettledDay } from "./read-settled-day.ts";

const KEYS = [`0x${"21".repeat(32)}`, `0x${"22".repeat(32)}`] as const;
const P256_KEY = `0x${"5a".repeat(32)}` as const;
const OWNER = numberToHex(0xadan, { size: 20 });
const TARIFF = { communityPriceTicks: 1_500, networkChargeTicks: 200 };
const domain = neighbourhoodDomain(AT);
const random = new Random(21);

/** Three meters with real devices, the last of them a P-256 one without money. */
const homes = await Promise.all(
  [...KEYS, P256_KEY].map(async (key, seat) => {
    const profile = randomProfile(random);
    const p256 = key === P256_KEY;
    const account = privateKeyToAccount(key);
    const signature = p256
      ? signP256(key, hashDayProfile(domain, profile))
      : await account.signTypedData(dayProfileTypedData(domain, profile));
    const device = p256 ? p256Address(p256PublicKey(key)) : account.address;
    return { meter: meterNumber(seat + 1), seat, device, profile, signed: toSignedProfile(profile, signature), p256 };
  }),
);
const plan = planSettlement({
  day: DAY,
  tariff: TARIFF,
  bitmap: 0b111n,
  forced: [],
  meters: homes.map(({ meter, seat, device, profile, signed, p256 }) => ({
    device,
    profile: signed,
    state: {
      meter,
      seat,
      active: true,
      lastDay: DAY - 1,
      importRegister: profile.importRegister - sumUnits(profile.imports),
      exportRegister: profile.exportRegister - sumUnits(profile.exports),
      capUnits: 4_000,
      unitExponent: 0,
      sharing: true,
      community: true,
      settingsQueued: false,
      deviceQueued: false,
      askTicks: 0,
      bidTicks: 0,
      balanceBaseUnits: p256 ? 5n : 10n ** 12n,
    },
  })),
});

/** What the contract logs of the settlement, after the meters' registration. */
function story(): Story {
  const told = new Story().block().emit("neighbourhood", "TariffQueued", { effectiveDay: 0, ...TARIFF });
  for (const { meter, device } of homes) told.meter(meter, OWNER).device(meter, device);
  const { clearing } = plan;
  told.block();
  told.emit("neighbourhood", "MeterSkipped", { meter: 9, day: DAY, reason: 3 });
  for (const unfunded of clearing.unfunded) told.emit("neighbourhood", "MeterUnfunded", { day: DAY, ...unfunded });
  return told.emit("neighbourhood", "DaySettled", {
    day: DAY,
    settler: OWNER,
    clearedWh: clearing.clearedWh,
    treasuryBaseUnits: clearing.treasuryBaseUnits,
    prices: encodeClaims(clearing.intervals).prices,
    volumesWh: concatHex(clearing.intervals.map(({ volumeWh }) => numberToHex(volumeWh, { size: 4 }))),
    payments: concatHex(
      clearing.payments.map(({ meter, baseUnits }) =>
        concatHex([numberToHex(meter, { size: 4 }), numberToHex(baseUnits, { size: 8, signed: true })]),
      ),
    ),
  });
}

const PRUNED = new Error("missing trie node");

/** A node that keeps the settlement's transaction, and the state of its block unless it refuses. */
function node(input = encodeSettleDay(plan.args), refusal?: Error) {
  const transaction = { hash: zeroHash, input, type: "0x2", blockNumber: "0x1", from: OWNER, to: AT.neighbourhood };
  const request = ({ method, params }: { method: string; params?: unknown }): Promise<unknown> => {
    if (method === "eth_getTransactionByHash") return Promise.resolve(transaction);
    if (method === "eth_call") {
      const [, block] = params as [unknown, string];
      if (block === "latest") return Promise.reject(new Error("the tariff of the settlement's block is asked for"));
      if (refusal !== undefined) return Promise.reject(refusal);
      const prices = Object.values(TARIFF).map(BigInt) as [bigint, bigint];
      return Promise.resolve(encodeAbiParameters([{ type: "uint256" }, { type: "uint256" }], prices));
    }
    return Promise.reject(new Error(`unexpected ${method}`));
  };
  return createClient({ transport: custom({ request }, { retryCount: 0 }) });
}

const ledger = assembleLedger([], story().events());
const [entry] = ledger.settlements;
if (entry === undefined) throw new Error("no settlement in the story");

describe("a settled day", () => {
  it("carries outcome, payments, and who was left out or could not pay", () => {
    expect(ledger.settlements).toHaveLength(1);
    const { clearing } = plan;
    expect(entry).toMatchObject({
      blockNumber: 12n,
      day: DAY,
      clearedWh: clearing.clearedWh,
      treasuryBaseUnits: clearing.treasuryBaseUnits,
      payments: clearing.payments,
      skipped: [{ meter: 9, reason: "profile unfit" }],
    });
    expect(entry.unfunded.map(({ meter, balanceBaseUnits }) => [meter, balanceBaseUnits])).toEqual([[3, 5n]]);
    expect(entry.intervals.map(({ priceTicks, volumeWh }) => [priceTicks, volumeWh])).toEqual(
      clearing.intervals.map(({ priceTicks, volumeWh }) => [priceTicks, volumeWh]),
    );
  });

  it.each([
    ["contract", undefined],
    ["events", PRUNED],
  ] as const)("is read back from its transaction and verified, the tariff by the %s", async (tariffFrom, refusal) => {
    const client = node(undefined, refusal);
    const read = await readSettledDay(client, DEPLOYMENT, ledger, entry);
    expect(read).toMatchObject({ tariff: TARIFF, tariffFrom });
    expect(read.profiles.map(({ meter, device }) => [meter, device])).toEqual(
      homes.map(({ meter, device }) => [meter, device]),
    );
    expect(verifySettlement({ ...entry, ...read })).toEqual([]);
    const rich = new Map(homes.map(({ meter }) => [meter as number, 10n ** 12n]));
    const other = await readSettledDay(client, DEPLOYMENT, ledger, entry, { balances: rich });
    expect(verifySettlement({ ...entry, ...other }).join(" ")).toContain(
      "The list of unfunded meters is 3, expected empty",
    );
  });

  it("is refused when a device is of no meter, or the transaction settles nothing", async () => {
    await expect(readSettledDay(node(), DEPLOYMENT, { ...ledger, devices: [] }, entry)).rejects.toThrow(
      "is of no meter",
    );
    await expect(readSettledDay(node("0x12345678"), DEPLOYMENT, ledger, entry)).rejects.toThrow(
      "does not settle a day",
    );
  });

  it("is not judged by a tariff that nobody knows for sure", async () => {
    const pruned = readSettledDay(node(undefined, PRUNED), DEPLOYMENT, { ...ledger, tariffs: [] }, entry);
    await expect(pruned).rejects.toThrow("The tariff of 20");
    const timeout = new TimeoutError({ body: {}, url: "http://node.invalid" });
    await expect(readSettledDay(node(undefined, timeout), DEPLOYMENT, ledger, entry)).rejects.toThrow("took too long");
    const limited = new Error("rate limit exceeded");
    await expect(readSettledDay(node(undefined, limited), DEPLOYMENT, ledger, entry)).rejects.toThrow("rate limit");
  });

  it("makes the registers of its meters unknown, for they are in the input only", () => {
    const [home] = homes;
    if (home === undefined) throw new Error("no home");
    const { meter, device, profile, signed } = home;
    const recorded = story().block().profile(meter, device, profile, signed.signature);
    expect(assembleLedger([], recorded.events()).profiles).toMatchObject([{ previous: undefined }]);
  });
});

describe("a late day", () => {
  it("is listed, and moves the registers of its meter", () => {
    const [home] = homes;
    if (home === undefined) throw new Error("no home");
    const { meter, device, profile, signed } = home;
    const late = {
      meter,
      day: DAY,
      device,
      importRegister: profile.importRegister,
      exportRegister: profile.exportRegister,
      quality: encodeQuality(profile.quality),
      unattributedImportWh: 7n,
      unattributedExportWh: 0n,
      intervals: encodeIntervals(profile.imports, profile.exports),
      signature: signed.signature,
    };
    const told = story().block().emit("neighbourhood", "LateRecorded", late);
    const { lateDays, profiles } = assembleLedger(
      [],
      told.block().profile(meter, device, profile, signed.signature).events(),
    );
    expect(lateDays).toMatchObject([{ ...late, blockNumber: 13n }]);
    const { importRegister, exportRegister } = profile;
    expect(profiles).toMatchObject([{ previous: { importRegister, exportRegister } }]);
  });
});
