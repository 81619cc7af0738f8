import { encodeIntervals } from "@commonwatt/sdk/profile";
import { encodeBatch } from "@commonwatt/sdk/settlement/batch";
import { buyerPrice, sellerPrice } from "@commonwatt/sdk/settlement/reference/day";
import { decodeClaims } from "@commonwatt/sdk/settlement/claims";
import { concatHex, type Hex, size, sliceHex, zeroHash } from "viem";
import { privateKeyToAddress } from "viem/accounts";

import { boundCases, noVolumeCases } from "./cases-bounds.ts";
import { claimTampers } from "./cases-claims.ts";
import { largeCases } from "./cases-large.ts";
import { leastPaymentCase, loneWordCases } from "./cases-lone.ts";
import { signatureCases } from "./cases-signatures.ts";
import { skipCases } from "./cases-skips.ts";
import { witnessCases } from "./cases-witness.ts";
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
    ...forcedTampers(forced, first),
    ...honest.slice(0, 8).flatMap(claimTampers),
    ...shapeTampers(first),
    ...honest.flatMap((of, index) => (index % 4 === 0 ? probes(of) : [])),
    ...windowTampers(first),
    ...(await profileTampers(first)),
    ...(await boundCases()),
    ...(await noVolumeCases()),
    ...(await witnessCases()),
    ...(await signatureCases()),
    ...(await loneWordCases()),
    await leastPaymentCase(),
    ...(await largeCases()),
    ...skipCases(first),
  ];
}

/** Lengths, classes, seats. */
function shapeTampers(of: SettleCase): SettleCase[] {
  const { batch, claims } = of.args;
  const args = (change: Partial<SettleCase["args"]>): Partial<SettleCase> => ({ args: { ...of.args, ...change } });
  const withClaims = (change: Partial<typeof claims>): Partial<SettleCase> =>
    args({ claims: { ...claims, ...change } });
  const firstProfile = sliceHex(batch, 7, 468);
  const header = sliceHex(batch, 0, 7);
  const unsigned = concatHex([sliceHex(batch, 0, 20), zeroHash, sliceHex(batch, 52)]);
  const one = `${header.slice(0, 12)}0001` as Hex;
  return [
    tampered(of, "short prices", "InvalidClaimsLength", withClaims({ prices: sliceHex(claims.prices, 0, 383) })),
    tampered(of, "long prices", "InvalidClaimsLength", withClaims({ prices: `${claims.prices}00` })),
    tampered(of, "short effective", "InvalidClaimsLength", withClaims({ effective: sliceHex(claims.effective, 1) })),
    tampered(of, "sides too long", "InvalidSides", withClaims({ sides: claims.sides | (1n << 192n) })),
    tampered(of, "batch too long", "MalformedBatch", args({ batch: `${batch}000000000000` })),
    tampered(of, "profile twice", "DuplicateMeter", args({ batch: `${batch}${one.slice(2)}${firstProfile.slice(2)}` })),
    tampered(of, "last profile missing", "UnknownDevice", args({ batch: sliceHex(batch, 0, size(batch) - 461) })),
    tampered(of, "nobody", "BatchIncomplete", args({ batch: "0x" })),
    tampered(of, "one seat too many", "BatchIncomplete", { announced: of.announced | (1n << 7n) }),
    tampered(of, "not announced", "NotAnnounced", { announced: of.announced & (of.announced - 1n) }),
    tampered(of, "other class", "WrongClass", args({ batch: flip(batch, 2) })),
    tampered(of, "other unit", "WrongClass", args({ batch: flip(batch, 0, 2) })),
    tampered(of, "other community", "WrongClass", args({ batch: flip(batch, 0, 1) })),
    tampered(of, "forged signature", "UnknownDevice", args({ batch: flip(batch, 7 + 20) })),
    tampered(of, "no signature", "UnknownDevice", args({ batch: unsigned })),
    tampered(of, "forged intervals", "UnknownDevice", args({ batch: flip(batch, 7 + 77) })),
    tampered(of, "forged register", "UnknownDevice", args({ batch: flip(batch, 7 + 6) })),
    tampered(of, "half an address", "MalformedBatch", args({ skipped: `0x${"00".repeat(41)}` })),
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
  // The word of a stranger is empty, and so is the key of this class.
  const plain = { community: false, askTicks: 0, bidTicks: 0, unitExponent: 0 };
  const free = honestCase("free", of.tariff, [{ ...first, state: { ...first.state, ...plain } }, ...others]);
  return [
    tampered(late, "profile of another day", "UnknownDevice", {}),
    ...[of, free].map((street) =>
      tampered(street, "device that nobody registered", "UnknownDevice", {
        residents: [{ ...first, device: privateKeyToAddress(keyOf("stranger")) }, ...others],
      }),
    ),
  ];
}

/** A forced profile twice, and seats that were forced in another window. */
function forcedTampers(forced: SettleCase, of: SettleCase): SettleCase[] {
  const { batch } = forced.args;
  const last = forced.residents.find(({ device }) => device === forced.forced.at(-1));
  if (last === undefined) throw new Error("Nobody is forced.");
  const { community, askTicks, bidTicks, unitExponent: exponent } = last.state;
  const again = encodeBatch([{ community, askTicks, bidTicks, exponent, profiles: [last.profile] }]);
  const lowest = of.announced & -of.announced;
  const [first, ...others] = of.residents;
  if (first === undefined) throw new Error("There is nobody to announce.");
  const seated = honestCase("seat 0", of.tariff, [{ ...first, state: { ...first.state, seat: 0 } }, ...others]);
  return [
    tampered(seated, "not announced", "NotAnnounced", { announced: seated.announced ^ 1n }),
    { ...of, name: "forced in another window", stale: of.announced | (1n << 7n) },
    tampered(of, "not announced but forced in another window", "NotAnnounced", {
      announced: of.announced ^ lowest,
      stale: lowest,
    }),
    tampered(forced, "forced profile twice", "DuplicateMeter", {
      args: { ...forced.args, batch: concatHex([batch, again]) },
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
    open("no other tariff", { tariffDay: 0 }),
    tampered(of, "settled by a contract under construction", "NotTopLevel", { sender: "contract under construction" }),
    tampered(of, "settled by an account with code", "NotTopLevel", { sender: "account with code" }),
    tampered(of, "paused", "IsPaused", { market: { paused: true } }),
    tampered(of, "another day", "NoWindow", { args: { ...of.args, day: of.args.day + 1 } }),
    tampered(of, "tariff that has begun", "WrongSide", { market: { tariffDay: of.args.day } }),
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
