import {
  type Address,
  type Hex,
  concatHex,
  encodePacked,
  hashTypedData,
  keccak256,
  numberToHex,
  zeroAddress,
} from "viem";
import { z } from "zod";

import { InvalidValueError } from "./commonwatt-error.ts";
import type { Eip712Domain } from "./domains.ts";
import { type MeterNumber, meterNumber } from "./ids.ts";
import { wholeBigint } from "./integers.ts";
import { addressSchema, parseBySchema } from "./schema.ts";
import { type Interval, interval } from "./time.ts";
import { MAX_TICKS, type Ticks, ticks, type Wh, wh } from "./units.ts";

/** What a seller signs to let others buy. The contract's `Offer`. */
export type Offer = {
  seller: Address;
  /** The neighbourhood's EnergyToken. */
  token: Address;
  /** The meter that exported the energy. */
  meter: MeterNumber;
  firstInterval: Interval;
  /** Inclusive. */
  lastInterval: Interval;
  /** To the seller; the buyer pays the network charge on top. */
  priceTicks: Ticks;
  /** Unix seconds; the offer holds while the block's time is before it. */
  expiry: bigint;
  /** Chosen by the seller, one per offer. */
  nonce: bigint;
  /** Zero address: anyone. */
  buyer: Address;
  /** 0: all the seller holds in the range, allowed only to the owner of the meter. */
  maxWh: Wh;
};

/** One purchase out of an offer. The contract's `Fill`. */
export type Fill = {
  offer: Offer;
  /** The seller's. */
  signature: Hex;
  /** Within the offer's range. */
  firstInterval: Interval;
  /** `energyWh[i]` from interval `firstInterval + i`; zeros allowed, not all zero. */
  energyWh: readonly number[];
};

/** Types of an offer, also part of nothing else: a purchase signs the hashes of offers. */
const OFFER_TYPES = {
  Offer: [
    { name: "seller", type: "address" },
    { name: "token", type: "address" },
    { name: "meter", type: "uint32" },
    { name: "firstInterval", type: "uint32" },
    { name: "lastInterval", type: "uint32" },
    { name: "priceTicks", type: "uint16" },
    { name: "expiry", type: "uint64" },
    { name: "nonce", type: "uint64" },
    { name: "buyer", type: "address" },
    { name: "maxWh", type: "uint64" },
  ],
} as const;

const UINT64_LIMIT = 1n << 64n;

/** What {@link buildOffer} takes: plain numbers, checked. */
export type OfferInput = {
  seller: Address;
  token: Address;
  meter: number;
  firstInterval: number;
  lastInterval: number;
  priceTicks: number;
  expiry: bigint | number;
  nonce: bigint | number;
  /** Left out: anyone may buy. */
  buyer?: Address;
  /** Left out: all the seller holds in the range. */
  maxWh?: bigint | number;
};

/**
 * Makes an offer of checked values.
 *
 * @throws InvalidValueError naming the field, its value and what was expected.
 */
export function buildOffer(input: OfferInput): Offer {
  const offer: Offer = {
    seller: input.seller,
    token: input.token,
    meter: meterNumber(input.meter),
    firstInterval: interval(input.firstInterval),
    lastInterval: interval(input.lastInterval),
    priceTicks: ticks(input.priceTicks),
    expiry: wholeBigint("expiry", input.expiry, UINT64_LIMIT),
    nonce: wholeBigint("nonce", input.nonce, UINT64_LIMIT),
    buyer: input.buyer ?? zeroAddress,
    maxWh: wh(wholeBigint("maxWh", input.maxWh ?? 0n, UINT64_LIMIT)),
  };
  if (offer.lastInterval < offer.firstInterval) {
    throw new InvalidValueError("lastInterval", offer.lastInterval, `at least firstInterval, ${offer.firstInterval}`);
  }
  return offer;
}

/** Typed data of an offer, for the seller's `signTypedData`. `domain` is the marketplace's. */
export function offerTypedData(domain: Eip712Domain, offer: Offer) {
  return { domain, types: OFFER_TYPES, primaryType: "Offer", message: offer } as const;
}

/** The 32 bytes a seller signs: also the offer's id on the offer board. */
export function hashOffer(domain: Eip712Domain, offer: Offer): Hex {
  return hashTypedData(offerTypedData(domain, offer));
}

/**
 * Hash of a list of purchases, as a buyer signs it for a relayed `fillMany`: keccak256 over, for each order, its offer's
 * hash, its first interval and the keccak256 of its energies, each a 32-byte word.
 */
export function hashOrders(domain: Eip712Domain, fills: readonly Fill[]): Hex {
  const words = fills.flatMap((fill) => [
    hashOffer(domain, fill.offer),
    numberToHex(fill.firstInterval, { size: 32 }),
    keccak256(encodePacked(["uint32[]"], [fill.energyWh])),
  ]);
  return keccak256(concatHex(words));
}

const decimalSchema = z
  .string()
  .regex(/^\d{1,20}$/u, { error: "a decimal number as a string" })
  .transform(BigInt)
  .refine((value) => value < UINT64_LIMIT, { error: "a number below 2^64" });

const uint32Schema = z.int().min(0).max(0xffff_ffff);

const offerSchema = z
  .strictObject({
    seller: addressSchema,
    token: addressSchema,
    meter: uint32Schema.min(1),
    firstInterval: uint32Schema,
    lastInterval: uint32Schema,
    priceTicks: z.int().min(0).max(MAX_TICKS),
    expiry: decimalSchema,
    nonce: decimalSchema,
    buyer: addressSchema,
    maxWh: decimalSchema,
  })
  .transform(buildOffer);

/** An offer as JSON can carry it: numbers above 32 bits are decimal strings. */
export type SerializedOffer = z.input<typeof offerSchema>;

/** Turns an offer into what JSON can carry. */
export function serializeOffer(offer: Offer): SerializedOffer {
  return {
    ...offer,
    expiry: offer.expiry.toString(),
    nonce: offer.nonce.toString(),
    maxWh: offer.maxWh.toString(),
  };
}

/**
 * Reads what {@link serializeOffer} writes.
 *
 * @param input - The JSON text, or what it parses to.
 * @throws InvalidValueError naming the key that is wrong, its value, and what was expected.
 */
export function parseOffer(input: unknown): Offer {
  return parseBySchema("offer", offerSchema, input);
}
