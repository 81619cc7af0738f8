import type { Deployment } from "@commonwatt/sdk/deployment";
import { demoEuroAbi } from "@commonwatt/sdk/generated/abis";
import { conservation } from "@commonwatt/sdk/ledger/conservation";
import { readLedger } from "@commonwatt/sdk/ledger/read";
import type { Ledger } from "@commonwatt/sdk/ledger/types";
import { verifyProfile } from "@commonwatt/sdk/ledger/verify-profile";
import { decodeIntervals, decodeQuality } from "@commonwatt/sdk/profile";
import type { SignedProfile } from "@commonwatt/sdk/profile-signing";
import { type Day, isoDay } from "@commonwatt/sdk/time";

import { auditSettlements, type MoneyHeld } from "../report/audit-settlements.ts";
import { moneyHeld } from "../report/money-held.ts";
import { readSettlements, type Settlement } from "../report/settlements.ts";
import type { ExpectedDay } from "./expected.ts";
import type { YearScene } from "./scene.ts";

/** What every home began with, base units: all of it is in its wallet, its account, its meter, another's, or the treasury. */
const PURSE_BASE_UNITS = 10_000n * 1_000_000n;

/** The meter-days of the year, as the messages come to. */
export type Expectation = {
  readonly days: ReadonlyMap<string, ExpectedDay>;
  readonly shared: readonly { readonly meter: number; readonly day: Day }[];
  /** Meters whose members left: what they have in their wallets is known from the settlements. */
  readonly left: readonly number[];
};

export const keyOf = (meter: number, day: Day): string => `${meter} ${day}`;

/** What the year came to. */
export type Checked = {
  readonly failures: string[];
  readonly settledDays: number;
  readonly clearedWh: bigint;
  /** Network charge and rounding, of all contracts. */
  readonly treasuryBaseUnits: bigint;
};

/** What one contract holds. */
type Era = {
  readonly deployment: Deployment;
  readonly ledger: Ledger;
  readonly settlements: readonly Settlement[];
  readonly money: MoneyHeld;
};

/** Compares ledger and money with what they must be, from the chain alone on the one side and the messages on the other. */
export async function checkYear(scene: YearScene, expected: Expectation, signal: AbortSignal): Promise<Checked> {
  const { chain, deployments } = scene;
  const eras: Era[] = [];
  for (const deployment of deployments) {
    const ledger = await readLedger(chain.client, deployment, { signal });
    const settlements = await readSettlements(chain.client, deployment, ledger);
    eras.push({ deployment, ledger, settlements, money: await moneyHeld(chain.client, deployment) });
  }
  const now = await chain.now();
  const failures = profileFailures(eras, expected);
  for (const era of eras) failures.push(...(await eraFailures(era, expected, now)));
  failures.push(...(await moneyFailures(scene, eras, expected)));
  const settlements = eras.flatMap((era) => era.settlements);
  return {
    failures,
    settledDays: settlements.length,
    clearedWh: settlements.reduce((sum, settlement) => sum + settlement.clearedWh, 0n),
    treasuryBaseUnits: eras.reduce((sum, { money }) => sum + money.treasuryBaseUnits, 0n),
  };
}

/** One contract's books: every settled day cleared again, every signature, every token and base unit. */
async function eraFailures(era: Era, expected: Expectation, now: number): Promise<string[]> {
  const { deployment, ledger, settlements, money } = era;
  const days = new Set(settlements.map(({ day }) => day));
  const failures = [
    ...auditSettlements({ ledger, settlements, expected: expected.shared.filter(({ day }) => days.has(day)), money }),
    ...ledger.skippedProfiles.map(
      ({ day, transactionHash }) => `A profile of ${day} was skipped in ${transactionHash}.`,
    ),
    ...ledger.unknownLogs.map(({ transactionHash }) => `An event in ${transactionHash} is of no known kind.`),
  ];
  for (const profile of ledger.profiles) {
    const { problems } = await verifyProfile(deployment, profile);
    failures.push(...problems.map((problem) => `Meter ${profile.meter}, ${isoDay(profile.day)}: ${problem}`));
  }
  const { holds, mintedWh, retiredWh, expiredWh, liveWh } = conservation(ledger, now);
  if (!holds) {
    failures.push(`${mintedWh} Wh minted are not ${retiredWh} used, ${expiredWh} expired and ${liveWh} live.`);
  }
  return failures;
}

/** All money the homes began with is in their wallets or held by the contracts; who left has exactly what was theirs. */
async function moneyFailures(
  { chain, residents, deployments: [{ currency }] }: YearScene,
  eras: readonly Era[],
  { left, shared }: Expectation,
): Promise<string[]> {
  const failures: string[] = [];
  const settlements = eras.flatMap((era) => era.settlements);
  const settled = new Set(settlements.map(({ day }) => day));
  for (const day of new Set(shared.map((of) => of.day))) {
    if (!settled.has(day)) failures.push(`${isoDay(day)} is not settled.`);
  }
  const paid = new Map<number, bigint>();
  for (const { payments } of settlements) {
    for (const { meter, baseUnits } of payments) paid.set(meter, (paid.get(meter) ?? 0n) + baseUnits);
  }
  let all = eras.reduce((sum, { money }) => sum + money.currencyBaseUnits, 0n);
  for (const { meter, account } of residents) {
    const wallet = await chain.client.readContract({
      address: currency,
      abi: demoEuroAbi,
      functionName: "balanceOf",
      args: [account.address],
    });
    all += wallet;
    const due = PURSE_BASE_UNITS - (paid.get(meter) ?? 0n);
    if (left.includes(meter) && wallet !== due) {
      failures.push(`The member of meter ${meter} left with ${wallet} base units, expected ${due}.`);
    }
  }
  const began = PURSE_BASE_UNITS * BigInt(residents.length);
  if (all !== began) failures.push(`Wallets and contracts hold ${all} base units, expected ${began}.`);
  return failures;
}

type Logged = Pick<SignedProfile, "importRegister" | "exportRegister" | "quality" | "intervals">;

/** Every meter-day on chain, settled or recorded, against what the messages come to. */
function profileFailures(eras: readonly Era[], { days }: Expectation): string[] {
  const failures: string[] = [];
  const seen = new Set<string>();
  const first = Math.min(...[...days.keys()].map((key) => Number(key.split(" ")[1])));
  const compare = (meter: number, day: Day, profile: Logged): void => {
    const expected = days.get(keyOf(meter, day));
    // What came on the evening before the first day is not followed.
    if (expected === undefined && day < first) return;
    if (expected === undefined) {
      failures.push(`Meter ${meter}, ${isoDay(day)}: there, and it sent nothing of that day.`);
      return;
    }
    if (seen.has(keyOf(meter, day))) failures.push(`Meter ${meter}, ${isoDay(day)}: there twice.`);
    seen.add(keyOf(meter, day));
    failures.push(...differences(expected, profile).map((what) => `Meter ${meter}, ${isoDay(day)}: ${what}`));
  };
  for (const { ledger, settlements } of eras) {
    for (const profile of ledger.profiles) compare(profile.meter, profile.day, profile);
    for (const { day, profiles } of settlements) {
      for (const { meter, profile } of profiles) compare(meter, day, profile);
    }
  }
  for (const key of days.keys()) if (!seen.has(key)) failures.push(`Meter and day ${key}: missing on chain.`);
  return failures;
}

function differences(expected: ExpectedDay, { importRegister, exportRegister, quality, intervals }: Logged): string[] {
  const vectors = { quality: decodeQuality(quality), ...decodeIntervals(intervals) };
  const registers = { importRegister, exportRegister };
  const lines: string[] = [];
  for (const name of ["importRegister", "exportRegister"] as const) {
    if (registers[name] !== expected[name]) lines.push(`${name} is ${registers[name]}, expected ${expected[name]}.`);
  }
  for (const name of ["quality", "imports", "exports"] as const) {
    const wrong = expected[name].flatMap((value, index) => (vectors[name][index] === value ? [] : [index]));
    const [first] = wrong;
    if (first === undefined) continue;
    const more = wrong.length > 1 ? ` (and ${wrong.length - 1} more)` : "";
    lines.push(`${name}[${first}] is ${vectors[name][first]}, expected ${expected[name][first]}${more}.`);
  }
  return lines;
}
