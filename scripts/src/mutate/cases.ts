import { encodeIntervals } from "@commonwatt/sdk/profile";
import { buyerPrice, sellerPrice } from "@commonwatt/sdk/settlement/reference/day";
import { decodeClaims, encodeClaims } from "@commonwatt/sdk/settlement/claims";
import { type IntervalClaim, NO_TRADE, type Side } from "@commonwatt/sdk/settlement/types";
import { type Hex, size, sliceHex } from "viem";
import { privateKeyToAddress } from "viem/accounts";

import { boundCases, noVolumeCases } from "./cases-bounds.ts";
import { skipCases } from "./cases-skips.ts";
import { randomFrom } from "./random.ts";
import { honestCase, type SettleCase, tampered } from "./settle-case.ts";
import { keyOf, NOW, resigned, streetOf, type StreetPlan } from "./street.ts";

/** Markets that differ in what is hard about them. */
const PLANS: readonly (StreetPlan & { name: string; count: number })[] = [
  market("ties", 4, { meters: 6, ticks: [900, 1_000, 1_100], units: [0, 1, 2, 7], tariff: [1_000, 100] }),
  market("two homes", 4, { meters: 2, ticks: [0, 1, 2], units: [0, 0, 1], tariff: [1, 1] }),
  market("lone", 2, { meters: 1, ticks: [0, 500], units: [0, 3], tariff: [400, 0] }),
  market("wide limits", 3, {
    meters: 12,
    ticks: [0, 13, 800, 1_500, 40_000, 65_535],
    units: [0, 3, 900],
    tariff: [1_200, 31],
  }),
  market("extremes", 2, {
    meters: 5,
    ticks: [0, 65_535, 32_768],
    units: [0, 1, 32_767],
    tariff: [32_768, 32_767],
    exponents: [2],
  }),
  market("units", 3, { meters: 8, ticks: [700, 800], units: [0, 5, 11], tariff: [750, 50], exponents: [0, 1, 2] }),
  market("no charge", 2, { meters: 6, ticks: [0, 1, 65_534, 65_535], units: [0, 1, 9], tariff: [1, 0] }),
  market("charge above bids", 1, { meters: 4, ticks: [100, 200], units: [1, 2], tariff: [0, 300] }),
  market("mixed keys", 1, { meters: 4, ticks: [900, 1_000], units: [0, 4, 9], tariff: [950, 20], p256Every: 2 }),
];

/** Every case of the killing suite. The same each time. */
export async function allCases(): Promise<SettleCase[]> {
  const random = randomFrom(20_241);
  const honest: SettleCase[] = [];
  for (const plan of PLANS) {
    for (let index = 0; index < plan.count; ++index) {
      honest.push(honestCase(`${plan.name} ${index + 1}`, plan.tariff, await streetOf(random, plan)));
    }
  }
  const [first, second] = honest;
  if (first === undefined || second === undefined) throw new Error("There is no market to tamper with.");
  const devices = first.residents.map(({ device }) => device);
  const forced = honestCase("forced", first.tariff, first.residents, [devices[3], devices[1]].filter(isThere));
  return [
    ...honest,
    forced,
    ...honest.slice(0, 8).flatMap(claimTampers),
    ...shapeTampers(first),
    ...honest.flatMap((of, index) => (index % 4 === 0 ? probes(of) : [])),
    ...windowTampers(first),
    ...(await profileTampers(first)),
    ...(await boundCases()),
    ...(await noVolumeCases()),
    ...skipCases(first),
  ];
}

/** Each claim of each kind of interval, off by one either way. */
function claimTampers(of: SettleCase): SettleCase[] {
  const claims = decodeClaims(of.args.claims);
  const found: SettleCase[] = [];
  const seen = new Map<string, number>();
  const seenLast = new Set<string>();
  for (const [index, claim] of claims.entries()) {
    const kind = `${claim.side}${claim.lowTicks === claim.highTicks ? "" : " gap"}`;
    const times = (seen.get(kind) ?? 0) + 1;
    seen.set(kind, times);
    const lastOfWord = index % 8 === 7 && !seenLast.has(kind);
    if (lastOfWord) seenLast.add(kind);
    // The first of its kind, one in the middle of a word, one in its lowest lane, and the last of the day.
    if (times > 2 && !lastOfWord && index !== 95) continue;
    const put = (name: string, change: Partial<IntervalClaim>, refusal = "*"): void => {
      const wrong = claims.with(index, { ...claim, ...change });
      if (wrong[index]?.lowTicks === -1 || wrong[index]?.highTicks === -1 || wrong[index]?.effective === -1n) return;
      if ((wrong[index]?.lowTicks ?? 0) > 65_535 || (wrong[index]?.highTicks ?? 0) > 65_535) return;
      found.push(
        tampered(of, `${name} of interval ${index}`, refusal, { args: { ...of.args, claims: encodeClaims(wrong) } }),
      );
    };
    if (claim.side !== NO_TRADE) {
      put("low + 1", { lowTicks: claim.lowTicks + 1 });
      put("low - 1", { lowTicks: claim.lowTicks - 1 });
      put("high + 1", { highTicks: claim.highTicks + 1 });
      put("high - 1", { highTicks: claim.highTicks - 1 });
      put("both + 1", { lowTicks: claim.lowTicks + 1, highTicks: claim.highTicks + 1 });
      put("both - 1", { lowTicks: claim.lowTicks - 1, highTicks: claim.highTicks - 1 });
    }
    put("effective + 1", { effective: claim.effective + 1n });
    put("effective - 1", { effective: claim.effective - 1n });
    for (const side of [0, 1, 2, 3] satisfies Side[]) if (side !== claim.side) put(`side ${side}`, { side });
    // Neither end of the prices is a witness that hides a trade.
    const none = { side: NO_TRADE, effective: 0n } as const;
    if (claim.side !== NO_TRADE) {
      put("no trade at 0", { ...none, lowTicks: 0, highTicks: 0 }, "WitnessFails");
      put("no trade at 65,535", { ...none, lowTicks: 65_535, highTicks: 65_535 }, "WitnessFails");
    }
    if (claim.side === NO_TRADE) put("split witness", { highTicks: claim.highTicks + 1 });
  }
  return found;
}

/** Lengths, classes, seats. */
function shapeTampers(of: SettleCase): SettleCase[] {
  const { batch, claims } = of.args;
  const args = (change: Partial<SettleCase["args"]>): Partial<SettleCase> => ({ args: { ...of.args, ...change } });
  const withClaims = (change: Partial<typeof claims>): Partial<SettleCase> =>
    args({ claims: { ...claims, ...change } });
  const firstProfile = sliceHex(batch, 7, 468);
  const header = sliceHex(batch, 0, 7);
  const one = `${header.slice(0, 12)}0001` as Hex;
  return [
    tampered(of, "short prices", "InvalidClaimsLength", withClaims({ prices: sliceHex(claims.prices, 0, 383) })),
    tampered(of, "long prices", "InvalidClaimsLength", withClaims({ prices: `${claims.prices}00` })),
    tampered(of, "short effective", "InvalidClaimsLength", withClaims({ effective: sliceHex(claims.effective, 1) })),
    tampered(of, "sides too long", "InvalidSides", withClaims({ sides: claims.sides | (1n << 192n) })),
    tampered(of, "batch too long", "MalformedBatch", args({ batch: `${batch}000000000000` })),
    tampered(of, "profile twice", "DuplicateMeter", args({ batch: `${batch}${one.slice(2)}${firstProfile.slice(2)}` })),
    tampered(of, "last profile missing", "*", args({ batch: sliceHex(batch, 0, size(batch) - 461) })),
    tampered(of, "nobody", "BatchIncomplete", args({ batch: "0x" })),
    tampered(of, "one seat too many", "BatchIncomplete", { announced: of.announced | (1n << 7n) }),
    tampered(of, "not announced", "NotAnnounced", { announced: of.announced & (of.announced - 1n) }),
    tampered(of, "other class", "WrongClass", args({ batch: flip(batch, 2) })),
    tampered(of, "other unit", "WrongClass", args({ batch: flip(batch, 0, 2) })),
    tampered(of, "other community", "WrongClass", args({ batch: flip(batch, 0, 1) })),
    tampered(of, "forged signature", "UnknownDevice", args({ batch: flip(batch, 7 + 20) })),
    tampered(of, "forged intervals", "UnknownDevice", args({ batch: flip(batch, 7 + 77) })),
    tampered(of, "forged register", "UnknownDevice", args({ batch: flip(batch, 7 + 6) })),
    tampered(of, "half an address", "MalformedBatch", args({ skipped: "0x00" })),
    tampered(of, "skipped stranger", "NoReasonToSkip", args({ skipped: `0x${"11".repeat(20)}` })),
  ];
}

/** Each class of a market with one profile that has a different energy in every interval: no price goes unnoticed. */
function probes(of: SettleCase): SettleCase[] {
  const chargeTicks = of.tariff.networkChargeTicks;
  const imports = Array.from({ length: 96 }, (_, index) => 257 * (index + 1));
  const exports = imports.toReversed();
  const clearings = decodeClaims(of.args.claims).map((claim) => ({
    ...claim,
    priceTicks: Math.floor((claim.lowTicks + claim.highTicks) / 2),
    volumeWh: 0n,
  }));
  const classes = new Map(of.residents.map(({ state }) => [`${state.askTicks} ${state.bidTicks}`, state]));
  return [...classes].map(([name, { askTicks, bidTicks }]) => {
    const limits = { askTicks, bidTicks };
    const total = (units: number[], price: (at: number) => bigint): bigint =>
      units.reduce((sum, energy, index) => sum + BigInt(energy) * price(index), 0n);
    return {
      ...of,
      name: `${of.name}: profile of class ${name}`,
      probe: { ...limits, intervals: encodeIntervals(imports, exports) },
      expected: {
        purchase: total(imports, (at) => buyerPrice(limits, clearings[at] ?? noClearing(at), chargeTicks)),
        sale: total(exports, (at) => sellerPrice(limits, clearings[at] ?? noClearing(at))),
      },
    };
  });
}

function noClearing(at: number): never {
  throw new Error(`There is no claim of interval ${at}.`);
}

/** A profile of another day, and one of a device that is no meter's. */
async function profileTampers(of: SettleCase): Promise<SettleCase[]> {
  const [first, ...others] = of.residents;
  if (first === undefined) throw new Error("There is no meter to tamper with.");
  const yesterday = await resigned(first, { day: first.profile.day - 1 });
  const stale = { ...yesterday, profile: { ...yesterday.profile, day: first.profile.day } };
  const late = honestCase(of.name, of.tariff, [stale, ...others]);
  return [
    tampered(late, "profile of another day", "UnknownDevice", {}),
    tampered(of, "device that nobody registered", "UnknownDevice", {
      residents: [{ ...first, device: privateKeyToAddress(keyOf("stranger")) }, ...others],
    }),
  ];
}

/** When a window is open, and for which day. */
function windowTampers(of: SettleCase): SettleCase[] {
  const open = (name: string, market: NonNullable<SettleCase["market"]>): SettleCase => ({
    ...of,
    name: `${of.name}: ${name}`,
    market,
  });
  return [
    open("first second after the hour of forcing", { openedAt: NOW - 3_600 }),
    open("last second of the window", { openedAt: NOW - 7_199 }),
    tampered(of, "hour of forcing", "ForcingHour", { market: { openedAt: NOW - 3_599 } }),
    tampered(of, "after the window", "WindowHasClosed", { market: { openedAt: NOW - 7_200 } }),
    tampered(of, "settled before", "NoWindow", { market: { settledAt: NOW - 9 } }),
    tampered(of, "paused", "IsPaused", { market: { paused: true } }),
    tampered(of, "another day", "NoWindow", { args: { ...of.args, day: of.args.day + 1 } }),
    tampered(of, "tariff that has begun", "*", { market: { tariffDay: of.args.day } }),
    tampered(of, "another forced profile", "NotTheForcedProfile", {
      forced: of.residents.slice(0, 1).map(({ device }) => device),
      boundTo: of.residents.slice(1, 2).map(({ device }) => device),
    }),
  ];
}

function flip(bytes: Hex, at: number, bits = 1): Hex {
  const old = Number(sliceHex(bytes, at, at + 1));
  const digits = (old ^ bits).toString(16).padStart(2, "0");
  return `${bytes.slice(0, 2 + 2 * at)}${digits}${bytes.slice(4 + 2 * at)}` as Hex;
}

function isThere<Value>(value: Value | undefined): value is Value {
  return value !== undefined;
}

function market(
  name: string,
  count: number,
  of: Pick<StreetPlan, "meters" | "ticks" | "units"> &
    Partial<Pick<StreetPlan, "exponents" | "p256Every">> & { tariff: [number, number] },
): StreetPlan & { name: string; count: number } {
  const [communityPriceTicks, networkChargeTicks] = of.tariff;
  return { exponents: [0], p256Every: 0, ...of, name, count, tariff: { communityPriceTicks, networkChargeTicks } };
}
