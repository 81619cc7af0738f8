import type { Address } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import {
  approvalTypedData,
  cancelAllTypedData,
  cancelTypedData,
  fillManyTypedData,
  retireTypedData,
  revokeDeviceTypedData,
  transferBatchTypedData,
} from "../src/actions.ts";
import { type Eip712Domain, marketplaceDomain, neighbourhoodDomain, tokenDomain } from "../src/domains.ts";
import { explainError } from "../src/errors.ts";
import { type OfferCandidate, planFills } from "../src/fill-plan.ts";
import { demoEuroAbi, energyTokenAbi, marketplaceAbi, neighbourhoodAbi } from "../src/generated/abis.ts";
import { type MeterNumber, meterNumber, tokenId } from "../src/ids.ts";
import { balancesOf, conservation } from "../src/ledger/conservation.ts";
import { ledgerOfDay } from "../src/ledger/day.ts";
import { readLedger } from "../src/ledger/read.ts";
import { verifyProfile } from "../src/ledger/verify-profile.ts";
import { encodePlace, enumIndex, ENERGY_SOURCES, METER_KINDS } from "../src/meters.ts";
import { buildOffer, hashOffer, hashOrders, type Offer, type OfferInput, offerTypedData } from "../src/offers.ts";
import { type DayProfile, MEASURED, type Quality, sumUnits } from "../src/profile.ts";
import { dayProfileTypedData, deviceRegistrationTypedData, toSignedProfile } from "../src/profile-signing.ts";
import { encodeRemainingImports, hashRemainingImports, subtractImports } from "../src/remaining-imports.ts";
import { planRetirement } from "../src/retire-plan.ts";
import { type Day, dayEnd, dayOf, firstInterval, type Interval, interval } from "../src/time.ts";
import { ticks, type Wh, wh } from "../src/units.ts";
import { account, TestChain } from "./chain.ts";
import { Random } from "./random.ts";

const OPERATOR = account(0);
const RELAYER = account(9);
const SOLAR = { number: meterNumber(7), owner: account(1), device: account(11) };
const HOME = { number: meterNumber(8), owner: account(2), device: account(12) };
const FUNDS = 1_000_000_000n;
const FOREVER = (1n << 64n) - 1n;

const random = new Random(2024);
const zeros = new Array<number>(96).fill(0);
const exportsWh = random.list(96, (index) => (index < 30 || index > 70 ? 0 : random.integer(0, 900)));
const importsWh = random.list(96, (index) => (index % 7 === 0 ? 0 : random.integer(1, 600)));

let chain: TestChain;
let today: Day;
let neighbourhood: Eip712Domain;
let token: Eip712Domain;
let market: Eip712Domain;

const toNeighbourhood = (from: typeof OPERATOR, name: string, args: readonly unknown[]) =>
  chain.send(from, chain.deployment.neighbourhood, neighbourhoodAbi, name, args);
const toToken = (from: typeof OPERATOR, name: string, args: readonly unknown[]) =>
  chain.send(from, chain.deployment.token, energyTokenAbi, name, args);
const toMarket = (from: typeof OPERATOR, name: string, args: readonly unknown[]) =>
  chain.send(from, chain.deployment.marketplace, marketplaceAbi, name, args);
const toCurrency = (from: typeof OPERATOR, name: string, args: readonly unknown[]) =>
  chain.send(from, chain.currency, demoEuroAbi, name, args);

async function enrol({ number, owner, device }: typeof SOLAR): Promise<void> {
  await toNeighbourhood(OPERATOR, "admitMember", [owner.address]);
  await toNeighbourhood(OPERATOR, "registerMeter", [
    {
      meter: number,
      owner: owner.address,
      kind: enumIndex(METER_KINDS, "home"),
      source: enumIndex(ENERGY_SOURCES, "solar"),
      unitExponent: 0,
      capWh: 10_000,
      place: encodePlace("AT"),
    },
  ]);
  const registration = { device: device.address, meter: number, importRegister: 1_000n, exportRegister: 2_000n };
  const possession = await device.signTypedData(deviceRegistrationTypedData(neighbourhood, registration));
  await toNeighbourhood(OPERATOR, "registerDevice", [{ ...registration, keyType: 0, custody: 1, possession }]);
}

function profileOf(imports: readonly number[], exports: readonly number[]): DayProfile {
  return {
    day: today,
    importRegister: 1_000n + sumUnits(imports) + 11n,
    exportRegister: 2_000n + sumUnits(exports),
    quality: new Array<Quality>(96).fill(MEASURED),
    imports,
    exports,
  };
}

async function signedProfile({ device }: typeof SOLAR, profile: DayProfile) {
  return toSignedProfile(profile, await device.signTypedData(dayProfileTypedData(neighbourhood, profile)));
}

async function offered(change: Partial<OfferInput> = {}): Promise<{ offer: Offer; signature: `0x${string}` }> {
  const offer = buildOffer({
    seller: SOLAR.owner.address,
    token: chain.deployment.token,
    meter: SOLAR.number,
    firstInterval: firstInterval(today),
    lastInterval: firstInterval(today) + 95,
    priceTicks: 1_503,
    expiry: FOREVER,
    nonce: 1n,
    ...change,
  });
  return { offer, signature: await SOLAR.owner.signTypedData(offerTypedData(market, offer)) };
}

async function balances(holder: Address, meter: MeterNumber): Promise<Map<Interval, Wh>> {
  const first = firstInterval(today);
  const energies = await chain.client.readContract({
    address: chain.deployment.token,
    abi: energyTokenAbi,
    functionName: "balanceOfRange",
    args: [holder, meter, first, 96n],
  });
  return new Map(energies.map((energy, index) => [interval(first + index), wh(energy)]));
}

async function candidate(change: Partial<OfferInput> = {}): Promise<OfferCandidate> {
  return { ...(await offered(change)), available: await balances(SOLAR.owner.address, SOLAR.number) };
}

async function nonceIn(address: Address, of: Address): Promise<bigint> {
  return chain.client.readContract({ address, abi: energyTokenAbi, functionName: "nonces", args: [of] });
}

/** What explainError says of a refusal; fails if nothing is refused. */
async function refusal(action: Promise<unknown>): Promise<string> {
  const error: unknown = await action.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error === undefined) throw new Error("Nothing was refused.");
  return explainError(error);
}

beforeAll(async () => {
  chain = await TestChain.start();
  neighbourhood = neighbourhoodDomain(chain.deployment);
  token = tokenDomain(chain.deployment);
  market = marketplaceDomain(chain.deployment);
  today = dayOf(await chain.now());
  await enrol(SOLAR);
  await enrol(HOME);
  await toCurrency(OPERATOR, "mint", [HOME.owner.address, FUNDS]);
});

afterAll(async () => {
  await chain.close();
});

// The tests tell one story: each goes on where the one before it ended.
describe("the sdk against the contracts", () => {
  it("says in words why a day that is not over cannot be recorded", async () => {
    const early = await signedProfile(SOLAR, profileOf(zeros, exportsWh));
    expect(await refusal(toNeighbourhood(RELAYER, "record", [early]))).toMatch(
      /^The day \d{4}-\d\d-\d\d is not over yet: it ends at \d{4}-\d\d-\d\d 00:00 UTC, and the chain's time is /u,
    );
    await chain.goTo(dayEnd(today));
  });

  it("signs profiles that the neighbourhood records, and hashes imports as it does", async () => {
    const solar = await signedProfile(SOLAR, profileOf(zeros, exportsWh));
    const home = await signedProfile(HOME, profileOf(importsWh, zeros));
    await toNeighbourhood(RELAYER, "recordMany", [[solar, home, solar]]);
    const remaining = await chain.client.readContract({
      address: chain.deployment.neighbourhood,
      abi: neighbourhoodAbi,
      functionName: "remainingImportsHash",
      args: [HOME.number, today],
    });
    expect(remaining).toBe(hashRemainingImports(today, encodeRemainingImports(importsWh)));
    expect(await refusal(toNeighbourhood(RELAYER, "record", [solar]))).toMatch(
      /^The day .* cannot be recorded: days go in order/u,
    );
  });

  it("hashes offers and orders as the marketplace does", async () => {
    const { offer, signature } = await offered({ maxWh: 77n, buyer: HOME.owner.address });
    const fills = [
      { offer, signature, firstInterval: interval(firstInterval(today) + 2), energyWh: [1, 0, 3] },
      { offer, signature, firstInterval: interval(firstInterval(today) + 9), energyWh: [4] },
    ];
    const read = { address: chain.deployment.marketplace, abi: marketplaceAbi } as const;
    expect(await chain.client.readContract({ ...read, functionName: "hashOffer", args: [offer] })).toBe(
      hashOffer(market, offer),
    );
    expect(await chain.client.readContract({ ...read, functionName: "hashOrders", args: [fills] })).toBe(
      hashOrders(market, fills),
    );
  });

  it("says in words what a purchase lacks, until it has it", async () => {
    const { fills } = planFills({
      wanted: [{ interval: interval(firstInterval(today) + 40), wh: wh(1) }],
      offers: [await candidate()],
      chargeTicks: ticks(0),
      buyer: HOME.owner.address,
    });
    const buy = () => toMarket(HOME.owner, "fillMany", [fills, FUNDS]);
    expect(await refusal(buy())).toContain("may spend 0.00 EUR for this account, but 0.000151 EUR is needed");
    await toCurrency(HOME.owner, "approve", [chain.deployment.marketplace, FUNDS]);
    expect(await refusal(buy())).toMatch(/may not move the energy tokens of .*: the owner has to allow it once\.$/u);
    expect(await refusal(toMarket(HOME.owner, "fillMany", [fills, 1n]))).toBe(
      "The purchase costs 0.000151 EUR, more than the limit of 0.000001 EUR.",
    );
  });

  it("signs an approval and a purchase that anyone may relay, and plans energy and money to the unit", async () => {
    const deadline = (await chain.now()) + 1_000n;
    const allow = { owner: SOLAR.owner.address, operator: chain.deployment.marketplace, approved: true };
    const approval = await SOLAR.owner.signTypedData(
      approvalTypedData(token, { ...allow, nonce: await nonceIn(chain.deployment.token, allow.owner), deadline }),
    );
    await toToken(RELAYER, "setApprovalForAllBySig", [allow.owner, allow.operator, true, deadline, approval]);

    await toMarket(OPERATOR, "scheduleNetworkCharge", [37, dayOf(await chain.now()) + 1]);
    await chain.goTo(dayEnd(dayOf(await chain.now())));
    const buyer = HOME.owner.address;
    const wanted = new Map(importsWh.map((energy, index) => [interval(firstInterval(today) + index), wh(energy)]));
    const plan = planFills({ wanted, offers: [await candidate()], chargeTicks: ticks(37), buyer });
    expect(plan.energyWh).toBe(
      BigInt(importsWh.reduce((sum, energy, index) => sum + Math.min(energy, exportsWh[index] ?? 0), 0)),
    );

    const greedy = plan.fills.map((fill) => ({ ...fill, energyWh: [1_000_000] }));
    expect(await refusal(toMarket(HOME.owner, "fillMany", [greedy, FUNDS]))).toMatch(
      /^0x.* holds \d+\.\d{3} kWh of meter 7 at .* UTC, but 1,000\.000 kWh is needed\./u,
    );

    const late = (await chain.now()) + 1_000n;
    const total = plan.paidBaseUnits + plan.chargeBaseUnits;
    const purchase = { buyer, fills: plan.fills, maxPaymentBaseUnits: total };
    const nonce = await nonceIn(chain.deployment.marketplace, buyer);
    const signature = await HOME.owner.signTypedData(fillManyTypedData(market, { ...purchase, nonce, deadline: late }));
    await toMarket(RELAYER, "fillManyBySig", [buyer, plan.fills, total, late, signature]);
    expect(await refusal(toMarket(RELAYER, "fillManyBySig", [buyer, plan.fills, total, late, signature]))).toMatch(
      /^The signature is not valid for /u,
    );

    const money = await chain.client.readContract({
      address: chain.currency,
      abi: demoEuroAbi,
      functionName: "balanceOf",
      args: [buyer],
    });
    expect(money).toBe(FUNDS - total);
  });

  it("signs a retirement that anyone may relay, and follows the vector as the contract does", async () => {
    const held = await balances(HOME.owner.address, SOLAR.number);
    const retirement = planRetirement({
      meter: HOME.number,
      day: today,
      remainingImports: importsWh,
      balances: [...held].map(([at, energy]) => ({ meter: SOLAR.number, interval: at, wh: energy })),
      unitWh: wh(1),
    });
    if (retirement === undefined) throw new Error("Nothing to retire.");
    const deadline = (await chain.now()) + 1_000n;
    const nonce = await nonceIn(chain.deployment.neighbourhood, HOME.owner.address);
    const signature = await HOME.owner.signTypedData(retireTypedData(neighbourhood, retirement, { nonce, deadline }));
    await toNeighbourhood(RELAYER, "retireBySig", [retirement, deadline, signature]);

    const left = subtractImports(importsWh, retirement.ranges, today, 1);
    expect(
      await chain.client.readContract({
        address: chain.deployment.neighbourhood,
        abi: neighbourhoodAbi,
        functionName: "remainingImportsHash",
        args: [HOME.number, today],
      }),
    ).toBe(hashRemainingImports(today, encodeRemainingImports(left)));
    expect(await refusal(toNeighbourhood(HOME.owner, "retire", [retirement]))).toMatch(
      /^The import of meter 8 on .* has changed since it was read/u,
    );
  });

  it("signs transfers and cancellations that anyone may relay", async () => {
    const deadline = (await chain.now()) + 1_000n;
    const seller = SOLAR.owner.address;
    const held = await balances(seller, SOLAR.number);
    const [at, energy] = [...held].find(([, value]) => value > 0n) ?? [interval(0), wh(0)];
    const gift = { from: seller, to: HOME.owner.address, ids: [tokenId(SOLAR.number, at)], values: [energy] };
    const transfer = await SOLAR.owner.signTypedData(
      transferBatchTypedData(token, { ...gift, nonce: await nonceIn(chain.deployment.token, seller), deadline }),
    );
    const { from, to, ids, values } = gift;
    await toToken(RELAYER, "safeBatchTransferFromBySig", [from, to, ids, values, deadline, transfer]);

    const nonce = await nonceIn(chain.deployment.marketplace, seller);
    const one = await SOLAR.owner.signTypedData(cancelTypedData(market, { seller, offerNonce: 5n, nonce, deadline }));
    await toMarket(RELAYER, "cancelBySig", [seller, 5n, deadline, one]);
    const all = await SOLAR.owner.signTypedData(
      cancelAllTypedData(market, { seller, minNonce: 6n, nonce: nonce + 1n, deadline }),
    );
    await toMarket(RELAYER, "cancelAllBySig", [seller, 6n, deadline, all]);

    const { offer, signature } = await offered({ nonce: 5n });
    const fill = { offer, signature, firstInterval: offer.firstInterval, energyWh: [1] };
    expect(await refusal(toMarket(HOME.owner, "fill", [fill, FUNDS]))).toMatch(/^Offer 5 of 0x.* was cancelled\.$/u);
    const foreign = { ...fill, offer: { ...offer, nonce: 6n } };
    expect(await refusal(toMarket(HOME.owner, "fill", [foreign, FUNDS]))).toMatch(
      /^The offer is not signed by its seller/u,
    );
  });

  it("signs a revocation that anyone may relay", async () => {
    const deadline = (await chain.now()) + 1_000n;
    const nonce = await nonceIn(chain.deployment.neighbourhood, SOLAR.owner.address);
    const signature = await SOLAR.owner.signTypedData(
      revokeDeviceTypedData(neighbourhood, { meter: SOLAR.number, nonce, deadline }),
    );
    await toNeighbourhood(RELAYER, "revokeMyDeviceBySig", [SOLAR.number, deadline, signature]);
  });

  it("reads it all back from the chain, verifies it, and finds nothing lost", async () => {
    const ledger = await readLedger(chain.client, chain.deployment, { pageBlocks: 5n });
    expect(ledger.unknownLogs).toEqual([]);
    expect(ledger.meters.map(({ meter, place }) => [meter, place])).toEqual([
      [7, "AT"],
      [8, "AT"],
    ]);
    expect(ledger.devices.map(({ action, meter }) => [action, meter])).toEqual([
      ["registered", 7],
      ["registered", 8],
      ["revoked", 7],
    ]);
    for (const profile of ledger.profiles) {
      expect(await verifyProfile(chain.deployment, profile)).toMatchObject({ ok: true, recovered: profile.device });
    }
    expect(ledger.skippedProfiles.map(({ reason }) => explainError(reason))).toEqual([
      expect.stringMatching(/^The day .* cannot be recorded/u),
    ]);

    const { profiles, trades, retirements } = ledgerOfDay(ledger, today);
    expect(
      profiles.map(({ meter, importWh, exportWh, mintedWh, unattributedImportWh }) => ({
        meter,
        importWh,
        exportWh,
        mintedWh,
        unattributedImportWh,
      })),
    ).toEqual([
      {
        meter: 7,
        importWh: 0n,
        exportWh: sumUnits(exportsWh),
        mintedWh: sumUnits(exportsWh),
        unattributedImportWh: 11n,
      },
      { meter: 8, importWh: sumUnits(importsWh), exportWh: 0n, mintedWh: 0n, unattributedImportWh: 11n },
    ]);
    for (const { lines, energyWh } of [...trades, ...retirements]) {
      expect(lines.length).toBeGreaterThan(0);
      expect(lines.reduce((sum, line) => sum + line.wh, 0n)).toBe(energyWh);
    }
    expect(trades.map(({ buyer }) => buyer)).toEqual([HOME.owner.address]);
    for (const { blockNumber, timestamp } of trades) {
      expect(timestamp).toBe((await chain.client.getBlock({ blockNumber })).timestamp);
    }
    expect(retirements.map(({ account: user }) => user)).toEqual([HOME.owner.address]);
    expect(ledger.cancellations.map(({ cancelled }) => cancelled)).toEqual([{ nonce: 5n }, { minNonce: 6n }]);

    const now = await chain.now();
    const sold = trades.reduce((sum, { energyWh }) => sum + energyWh, 0n);
    expect(conservation(ledger, now)).toEqual({
      mintedWh: sumUnits(exportsWh),
      retiredWh: sold,
      expiredWh: 0n,
      liveWh: sumUnits(exportsWh) - sold,
      holds: true,
    });
    for (const { holder, meter, interval: at, wh: energy } of balancesOf(ledger)) {
      const onChain = await chain.client.readContract({
        address: chain.deployment.token,
        abi: energyTokenAbi,
        functionName: "balanceOf",
        args: [holder, tokenId(meter, at)],
      });
      expect(onChain).toBe(energy);
    }
  });

  it("knows to the second when energy expires", async () => {
    const ledger = await readLedger(chain.client, chain.deployment);
    const [balance] = balancesOf(ledger);
    if (balance === undefined) throw new Error("Nothing is left.");
    const id = tokenId(balance.meter, balance.interval);
    const expiry = await chain.client.readContract({
      address: chain.deployment.token,
      abi: energyTokenAbi,
      functionName: "expiresAt",
      args: [id],
    });
    const { liveWh } = conservation(ledger, expiry - 1n);
    expect(liveWh).toBeGreaterThan(0n);
    expect(conservation(ledger, expiry)).toMatchObject({ liveWh: 0n, expiredWh: liveWh, holds: true });
  });
});
