import { encodeFunctionData, hashTypedData } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { defundMeterTypedData, fundMeterTypedData, setSettingsTypedData, withdrawTypedData } from "../src/actions.ts";
import { type Eip712Domain, neighbourhoodDomain } from "../src/domains.ts";
import { explainError } from "../src/errors.ts";
import { demoEuroAbi, neighbourhoodAbi } from "../src/generated/abis.ts";
import { meterNumber } from "../src/ids.ts";
import { readLedger } from "../src/ledger/read.ts";
import { readSettledDay } from "../src/ledger/read-settled-day.ts";
import { encodePlace } from "../src/meters.ts";
import { p256Address, p256PublicKey, signP256 } from "../src/p256.ts";
import { type DayProfile, MEASURED, type Quality, sumUnits } from "../src/profile.ts";
import {
  dayProfileTypedData,
  deviceRegistrationTypedData,
  hashDayProfile,
  type SignedProfile,
  toSignedProfile,
} from "../src/profile-signing.ts";
import { encodeSettleDay } from "../src/settlement/calldata.ts";
import { type PlannedMeter, planSettlement, type SettlementPlan } from "../src/settlement/plan.ts";
import { clearDay } from "../src/settlement/reference/day.ts";
import { verifySettlement } from "../src/settlement/verify.ts";
import { isClosed, nextWindow, settlesFrom } from "../src/settlement/window.ts";
import { type Day, day, dayEnd, dayOf } from "../src/time.ts";
import { account, CLOSING_WINDOW_SECONDS, TARIFF, TestChain } from "./chain.ts";
import { Random } from "./random.ts";

const OPERATOR = account(0);
const RELAYER = account(9);
const P256_KEY = `0x${"5a".repeat(32)}` as const;
const FOREVER = (1n << 64n) - 1n;
const NEXT_TARIFF = { communityPriceTicks: 1_450, networkChargeTicks: 310 };

type Home = {
  meter: number;
  owner: typeof OPERATOR;
  /** undefined: the P-256 key. */
  device: typeof OPERATOR | undefined;
  exponent: number;
  settings: { sharing: true; community: boolean; askTicks: number; bidTicks: number };
  fundsBaseUnits: bigint;
  importRegister: bigint;
  exportRegister: bigint;
};

const community = { sharing: true, community: true, askTicks: 0, bidTicks: 0 } as const;
const limits = (askTicks: number, bidTicks: number) =>
  ({ sharing: true, community: false, askTicks, bidTicks }) as const;
const home = (index: number, change: Partial<Home>): Home => ({
  meter: meterNumber(index),
  owner: account(index),
  device: account(10 + index),
  exponent: 0,
  settings: community,
  fundsBaseUnits: 1_000_000_000n,
  importRegister: 0n,
  exportRegister: 0n,
  ...change,
});
const HOMES: readonly Home[] = [
  home(1, {}),
  home(2, { settings: limits(900, 2_500) }),
  home(3, { device: undefined }),
  home(4, { exponent: 1, settings: limits(0, 65_535) }),
  home(5, { fundsBaseUnits: 0n }),
  home(6, { settings: limits(900, 2_500) }),
];

const random = new Random(77);
let chain: TestChain;
let domain: Eip712Domain;
let today: Day;
const nonces = new Map<string, bigint>();

const call = (from: typeof OPERATOR, name: string, args: readonly unknown[]) =>
  chain.send(from, chain.deployment.neighbourhood, neighbourhoodAbi, name, args);
const at = () => ({ address: chain.deployment.neighbourhood, abi: neighbourhoodAbi });
const deviceOf = ({ device }: Home) => device?.address ?? p256Address(p256PublicKey(P256_KEY));
const stateOf = (of: Home) => chain.client.readContract({ ...at(), functionName: "deviceState", args: [deviceOf(of)] });
const market = () => chain.client.readContract({ ...at(), functionName: "market" });

function relayed({ owner }: Home) {
  const nonce = nonces.get(owner.address) ?? 0n;
  nonces.set(owner.address, nonce + 1n);
  return { nonce, deadline: FOREVER };
}

async function enrol(of: Home): Promise<void> {
  const { meter, owner, exponent: unitExponent, importRegister, exportRegister } = of;
  await call(OPERATOR, "admitMember", [owner.address]);
  const facts = { kind: 0, source: 1, unitExponent, capWh: 20_000, place: encodePlace("AT") };
  await call(OPERATOR, "registerMeter", [{ meter, owner: owner.address, ...facts }]);
  const registration = { device: deviceOf(of), meter: meterNumber(meter), importRegister, exportRegister };
  const typedData = deviceRegistrationTypedData(domain, registration);
  const possession =
    of.device === undefined ? signP256(P256_KEY, hashTypedData(typedData)) : await of.device.signTypedData(typedData);
  const keyType = of.device === undefined ? 1 : 0;
  await call(OPERATOR, "registerDevice", [{ ...registration, keyType, custody: 1, possession }]);
}

/** Money, and the wish to share, both on the owner's signature. */
async function join(of: Home): Promise<void> {
  const { meter, owner, fundsBaseUnits: amountBaseUnits, settings } = of;
  if (amountBaseUnits > 0n) {
    await chain.send(OPERATOR, chain.currency, demoEuroAbi, "mint", [owner.address, amountBaseUnits]);
    await chain.send(owner, chain.currency, demoEuroAbi, "approve", [chain.deployment.neighbourhood, amountBaseUnits]);
    await call(owner, "deposit", [owner.address, amountBaseUnits]);
    const fund = fundMeterTypedData(domain, { meter, amountBaseUnits, ...relayed(of) });
    const signature = await owner.signTypedData(fund);
    await call(RELAYER, "fundMeterBySig", [meter, amountBaseUnits, FOREVER, signature]);
  }
  const signature = await owner.signTypedData(setSettingsTypedData(domain, { meter, settings, ...relayed(of) }));
  await call(RELAYER, "setSettingsBySig", [meter, settings, FOREVER, signature]);
}

/** A day of sun or of none, signed; the home's registers move on. */
async function sign(of: Home, on: Day): Promise<SignedProfile> {
  const sunny = random.chance(60);
  const units = (most: number) => random.list(96, () => (random.chance(30) ? 0 : random.integer(0, most)));
  const imports = units(900);
  const exports = units(sunny ? 1_900 : 0);
  const quality = new Array<Quality>(96).fill(MEASURED);
  of.importRegister += sumUnits(imports) + random.bits(4);
  of.exportRegister += sumUnits(exports);
  const { importRegister, exportRegister } = of;
  const profile: DayProfile = { day: on, importRegister, exportRegister, quality, imports, exports };
  const signature =
    of.device === undefined
      ? signP256(P256_KEY, hashDayProfile(domain, profile))
      : await of.device.signTypedData(dayProfileTypedData(domain, profile));
  return toSignedProfile(profile, signature);
}

/** Announces the day without the last two homes, who then force their way in, the later one first; and plans. */
async function openAndPlan(on: Day): Promise<SettlementPlan> {
  await chain.goTo(dayEnd(on) + 3_600);
  const profiles = new Map<Home, SignedProfile>();
  for (const of of HOMES) profiles.set(of, await sign(of, on));
  const states = new Map(await Promise.all(HOMES.map(async (of) => [of, await stateOf(of)] as const)));
  const seat = (of: Home | undefined) => 1n << BigInt((of && states.get(of)?.seat) ?? 0);
  const left = HOMES.slice(-2).toReversed();
  const bitmap = HOMES.filter((of) => !left.includes(of)).reduce((bits, of) => bits | seat(of), 0n);
  await call(OPERATOR, "announce", [on, bitmap]);
  for (const of of left) await call(RELAYER, "force", [profiles.get(of)]);
  const meters = HOMES.flatMap((of): PlannedMeter[] => {
    const [state, profile] = [states.get(of), profiles.get(of)];
    return state === undefined || profile === undefined ? [] : [{ device: deviceOf(of), state, profile }];
  });
  const tariff = await chain.client.readContract({ ...at(), functionName: "tariffOf", args: [on] });
  return planSettlement({ day: on, tariff, bitmap, forced: left.map(deviceOf), meters });
}

const settle = ({ args }: SettlementPlan) => {
  return call(RELAYER, "settleDay", [args.day, args.claims, args.batch, args.skipped]);
};

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
  domain = neighbourhoodDomain(chain.deployment);
  today = dayOf(await chain.now());
  for (const of of HOMES) await enrol(of);
  for (const of of HOMES) await join(of);
});

afterAll(async () => {
  await chain.close();
});

// The tests tell one story: each goes on where the one before it ended.
describe("the settlement of the sdk against the contract", () => {
  it("begins when the day before sharing is recorded and the change of settings applied", async () => {
    await call(OPERATOR, "setTariff", [today + 3, NEXT_TARIFF]);
    await chain.goTo(dayEnd(today) + 60);
    await call(RELAYER, "recordMany", [await Promise.all(HOMES.map((of) => sign(of, today)))]);
    await call(RELAYER, "applyChanges", [HOMES.map(({ meter }) => meter)]);
    for (const of of HOMES) expect(await stateOf(of)).toMatchObject({ ...of.settings, meter: of.meter });
  });

  it("settles a day on which nobody shares", async () => {
    await call(OPERATOR, "announce", [today, 0n]);
    await chain.goTo(settlesFrom(await market()));
    const plan = planSettlement({ day: today, tariff: TARIFF, bitmap: 0n, forced: [], meters: [] });
    await settle(plan);
    expect((await market()).settledAt).toBeGreaterThan(0);
  });

  it("comes to the same payments, prices and treasury, to the base unit, day after day", async () => {
    let treasury = 0n;
    for (const on of [1, 2, 3, 4].map((days) => day(today + days))) {
      const plan = await openAndPlan(on);
      const before = await Promise.all(HOMES.map(stateOf));
      const early = await refusal(settle(plan));
      expect(early).toContain("until then members who were left out can join");
      await chain.goTo(settlesFrom(await market()));
      await settle(plan);

      const { clearing } = plan;
      expect(clearing.clearedWh).toBeGreaterThan(0n);
      treasury += clearing.treasuryBaseUnits;
      const after = await Promise.all(HOMES.map(stateOf));
      const payments = new Map(clearing.payments.map(({ meter, baseUnits }) => [meter, baseUnits]));
      after.forEach(({ meter, balanceBaseUnits, lastDay }, index) => {
        expect((before[index]?.balanceBaseUnits ?? 0n) - balanceBaseUnits).toBe(payments.get(meter));
        expect(lastDay).toBe(on);
      });
      expect(await chain.client.readContract({ ...at(), functionName: "treasuryBalance" })).toBe(treasury);
    }
  });

  it("is found right by whoever reads it back from the chain alone", async () => {
    const ledger = await readLedger(chain.client, chain.deployment);
    expect(ledger.unknownLogs).toEqual([]);
    expect(ledger.settlements.map((entry) => entry.day)).toEqual([0, 1, 2, 3, 4].map((days) => today + days));
    expect(ledger.tariffs.at(-1)).toMatchObject({ effectiveDay: today + 3, ...NEXT_TARIFF });
    for (const entry of ledger.settlements.slice(1)) {
      const read = await readSettledDay(chain.client, chain.deployment, ledger, entry);
      const tariff = entry.day < today + 3 ? TARIFF : NEXT_TARIFF;
      expect(read).toMatchObject({ tariff, tariffFrom: "contract" });
      expect(read.profiles).toHaveLength(HOMES.length);
      expect(verifySettlement({ ...entry, ...read })).toEqual([]);
      expect(clearDay(read.meters, read.tariff).clearedWh).toBe(entry.clearedWh);
    }
  });

  it("encodes a call as the contract's own ABI does", async () => {
    const plan = await openAndPlan(day(today + 5));
    const { args } = plan;
    const own = encodeFunctionData({
      ...at(),
      functionName: "settleDay",
      args: [args.day, args.claims, args.batch, args.skipped],
    });
    expect(encodeSettleDay(args)).toBe(own);
  });

  it("knows when windows open and days close", async () => {
    const compare = async () => {
      const now = Number(await chain.now());
      const state = await market();
      const [next, opensAt] = await chain.client.readContract({ ...at(), functionName: "nextWindow" });
      expect(nextWindow(state, CLOSING_WINDOW_SECONDS, now)).toEqual({ day: next, opensAt: Number(opensAt) });
      for (const on of [-9, -8, 0, 4, 5, 6].map((days) => day(today + days))) {
        const closed = await chain.client.readContract({ ...at(), functionName: "isClosed", args: [on] });
        expect(isClosed(state, CLOSING_WINDOW_SECONDS, on, now)).toBe(closed);
      }
    };
    await compare();
    const [first] = HOMES;
    if (first === undefined) throw new Error("no home");
    const defund = { meter: first.meter, amountBaseUnits: 5n };
    const signature = await first.owner.signTypedData(defundMeterTypedData(domain, { ...defund, ...relayed(first) }));
    const still = await refusal(call(RELAYER, "defundMeterBySig", [first.meter, 5n, FOREVER, signature]));
    expect(still).toContain("Nothing about meter 1 can change while");
    await chain.goTo((await market()).openedAt + CLOSING_WINDOW_SECONDS);
    await compare();
    await call(RELAYER, "defundMeterBySig", [first.meter, 5n, FOREVER, signature]);
    const withdrawal = { account: first.owner.address, to: RELAYER.address, amountBaseUnits: 5n };
    const signed = await first.owner.signTypedData(withdrawTypedData(domain, { ...withdrawal, ...relayed(first) }));
    await call(RELAYER, "withdrawBySig", [withdrawal.account, withdrawal.to, 5n, FOREVER, signed]);
    await chain.goTo(dayEnd(day(today + 20)));
    await compare();
  });
});
