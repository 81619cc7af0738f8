import { type Address, type Hex, isAddressEqual, zeroAddress } from "viem";

import { wholeNumber } from "./integers.ts";
import type { Fill, Offer } from "./offers.ts";
import { type Day, dayOfInterval, type Interval } from "./time.ts";
import { type BaseUnits, paymentBaseUnits, type Ticks, type Wh } from "./units.ts";

/** Energy of one interval. */
export type WantedEnergy = { interval: Interval; wh: Wh };

/** Energy by interval: a map, or a list in which an interval may stand more than once. */
export type EnergyByInterval = ReadonlyMap<Interval, Wh> | readonly WantedEnergy[];

/** An offer as a buyer may find it on the board, with what the chain says of it. */
export type OfferCandidate = {
  offer: Offer;
  signature: Hex;
  /** The seller's balance of the offer's meter by interval. Offers that sell from one balance share it. */
  available: ReadonlyMap<Interval, Wh>;
  /** What the offer can still sell in all; left out: no limit beyond the offer's own `maxWh`. */
  remainingWh?: Wh;
  /** Unit of the meter that exported: purchases are multiples of it. Left out: 1 Wh. */
  unitWh?: Wh;
};

export type FillPlanRequest = {
  /** What the buyer wants. */
  wanted: EnergyByInterval;
  offers: readonly OfferCandidate[];
  /** The network charge in force. */
  chargeTicks: Ticks;
  /** Who buys: own offers and offers to others are left out. */
  buyer: Address;
  /** Unix seconds: offers that have expired by then are left out. Left out: none is. */
  now?: bigint | number;
  /** Nothing is bought outside `firstInterval` to `lastInterval`. */
  firstInterval?: Interval;
  lastInterval?: Interval;
  /** Most fills in the plan: one transaction can only carry so many. */
  maxFills?: number;
};

export type FillPlan = {
  /** Cheapest first; one fill per offer and day. */
  fills: Fill[];
  energyWh: Wh;
  /** To the sellers. */
  paidBaseUnits: BaseUnits;
  /** Network charge, on top of `paidBaseUnits`. */
  chargeBaseUnits: BaseUnits;
  /** What of `wanted` no offer covers, without zeros. */
  unmet: Map<Interval, Wh>;
};

/** Fills a plan holds at most, unless asked otherwise. */
export const DEFAULT_MAX_FILLS = 256;

/** A fill carries 32 bits per interval. */
const MAX_FILL_WH = 0xffff_ffffn;
const UNLIMITED = 1n << 64n;

/**
 * Chooses what to buy: cheapest offers first, so that what is wanted is covered at the least cost per interval. Among
 * equal prices the offer that expires first goes first, then the lower nonce, then the seller's address and the signature:
 * the same input gives the same plan whatever order the offers come in.
 *
 * The plan never exceeds what is wanted, what a seller holds, or what an offer may sell. Money is rounded as the
 * marketplace rounds it, up and once per fill.
 */
export function planFills(request: FillPlanRequest): FillPlan {
  const unmet = new Map<Interval, Wh>();
  const { firstInterval: first = 0, lastInterval: last = Infinity } = request;
  for (const [at, energy] of entriesOf(request.wanted)) {
    if (at >= first && at <= last && energy > 0n) unmet.set(at, ((unmet.get(at) ?? 0n) + energy) as Wh);
  }
  const maxFills = wholeNumber("maxFills", request.maxFills ?? DEFAULT_MAX_FILLS, 1, Number.MAX_SAFE_INTEGER);
  const taken: Taken = new Map();
  const fills: Fill[] = [];
  for (const candidate of usableOffers(request)) {
    if (fills.length >= maxFills || unmet.size === 0) break;
    fills.push(...takeFrom(candidate, unmet, taken, maxFills - fills.length));
  }
  return { fills, unmet, ...costOf(fills, request.chargeTicks) };
}

/** Energy and money of a list of fills, as the marketplace will compute them. */
export function costOf(
  fills: readonly Fill[],
  chargeTicks: Ticks,
): Pick<FillPlan, "energyWh" | "paidBaseUnits" | "chargeBaseUnits"> {
  let energyWh = 0n;
  let paidBaseUnits = 0n;
  let chargeBaseUnits = 0n;
  for (const fill of fills) {
    const energy = fill.energyWh.reduce((sum, value) => sum + BigInt(value), 0n) as Wh;
    energyWh += energy;
    paidBaseUnits += paymentBaseUnits(energy, fill.offer.priceTicks);
    chargeBaseUnits += paymentBaseUnits(energy, chargeTicks);
  }
  return {
    energyWh: energyWh as Wh,
    paidBaseUnits: paidBaseUnits as BaseUnits,
    chargeBaseUnits: chargeBaseUnits as BaseUnits,
  };
}

/** Offers this buyer can use, in the order in which to use them. */
function usableOffers({ offers, buyer, now }: FillPlanRequest): OfferCandidate[] {
  return offers
    .filter(({ offer }) => {
      const forBuyer = isAddressEqual(offer.buyer, zeroAddress) || isAddressEqual(offer.buyer, buyer);
      const holds = now === undefined || offer.expiry > BigInt(now);
      return forBuyer && holds && !isAddressEqual(offer.seller, buyer);
    })
    .toSorted(
      (a, b) =>
        a.offer.priceTicks - b.offer.priceTicks ||
        compare(a.offer.expiry, b.offer.expiry) ||
        compare(a.offer.nonce, b.offer.nonce) ||
        compare(a.offer.seller.toLowerCase(), b.offer.seller.toLowerCase()) ||
        // One nonce may be signed for several offers: their signatures always differ.
        compare(a.signature, b.signature),
    );
}

/**
 * What the plan has used so far, by balance (seller, meter, interval) and by offer (seller, nonce): several offers may
 * sell from one balance, and an offer may stand on the board twice.
 */
type Taken = Map<string, bigint>;

type Purchase = { at: Interval; energy: bigint };

/** Takes what one offer can give of `unmet`: at most `maxFills` days. Updates `unmet` and `taken`. */
function takeFrom(candidate: OfferCandidate, unmet: Map<Interval, Wh>, taken: Taken, maxFills: number): Fill[] {
  const { offer, available, unitWh } = candidate;
  const seller = offer.seller.toLowerCase();
  const offerKey = `offer ${seller} ${offer.nonce}`;
  const byDay = new Map<Day, Purchase[]>();
  // In the order of time, so that a limited offer gives its earliest intervals whatever the maps' order.
  const intervals = [...available.keys()]
    .filter((at) => unmet.has(at) && at >= offer.firstInterval && at <= offer.lastInterval)
    .toSorted((a, b) => a - b);
  for (const at of intervals) {
    const balanceKey = `balance ${seller} ${offer.meter} ${at}`;
    const held = (available.get(at) ?? 0n) - (taken.get(balanceKey) ?? 0n);
    const left = limitOf(candidate) - (taken.get(offerKey) ?? 0n);
    const wanted = unmet.get(at) ?? 0n;
    const energy = roundDown(smallest(held, left, wanted, MAX_FILL_WH), unitWh ?? 1n);
    if (energy <= 0n) continue;

    const purchases = byDay.get(dayOfInterval(at)) ?? [];
    if (purchases.length === 0 && byDay.size === maxFills) break;
    byDay.set(dayOfInterval(at), [...purchases, { at, energy }]);

    add(taken, balanceKey, energy);
    add(taken, offerKey, energy);
    if (energy === wanted) unmet.delete(at);
    else unmet.set(at, (wanted - energy) as Wh);
  }
  return [...byDay.values()].map((purchases) => toFill(candidate, purchases));
}

/** One fill over the span of a day's purchases: a fill of its own costs far more gas than the zeros in between. */
function toFill({ offer, signature }: OfferCandidate, purchases: readonly Purchase[]): Fill {
  const first = Math.min(...purchases.map(({ at }) => at)) as Interval;
  const last = Math.max(...purchases.map(({ at }) => at));
  const energyWh = new Array<number>(last - first + 1).fill(0);
  for (const { at, energy } of purchases) energyWh[at - first] = Number(energy);
  return { offer, signature, firstInterval: first, energyWh };
}

/** Most an offer can sell: its own `maxWh` unless that is 0, and what the chain says is left of it. */
function limitOf({ offer, remainingWh }: OfferCandidate): bigint {
  const own = offer.maxWh === 0n ? UNLIMITED : offer.maxWh;
  return smallest(own, remainingWh ?? UNLIMITED);
}

function entriesOf(energy: EnergyByInterval): Iterable<[Interval, Wh]> {
  return energy instanceof Map ? energy : (energy as readonly WantedEnergy[]).map(({ interval, wh }) => [interval, wh]);
}

function add(sums: Taken, key: string, amount: bigint): void {
  sums.set(key, (sums.get(key) ?? 0n) + amount);
}

function compare<T extends bigint | string>(a: T, b: T): number {
  return a < b ? -1 : Number(a > b);
}

function smallest(...values: readonly [bigint, ...bigint[]]): bigint {
  return values.reduce((least, value) => (value < least ? value : least));
}

function roundDown(value: bigint, unit: bigint): bigint {
  return value - (value % unit);
}
