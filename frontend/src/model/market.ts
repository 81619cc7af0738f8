import { type Address, type Hex, zeroAddress } from "viem";

import type { MeterEntry } from "@commonwatt/sdk/ledger/types";
import type { Custody } from "@commonwatt/sdk/meters";
import type { OfferCandidate } from "@commonwatt/sdk/fill-plan";
import type { Offer } from "@commonwatt/sdk/offers";
import { dayOfInterval } from "@commonwatt/sdk/time";
import type { Wh } from "@commonwatt/sdk/units";

import { addressKey, sameAddress } from "../lib/format.ts";
import { approvalKey, type Books, type ByInterval, offerKey } from "./books.ts";
import { availableIn } from "./holdings.ts";

/** An offer as the board hands it out. */
export type PostedOffer = { hash: Hex; offer: Offer; signature: Hex };

/** Why an offer can or cannot be bought from. */
export type OfferState = "open" | "empty" | "not deliverable" | "sold out" | "cancelled" | "expired";

/** An offer with all that the chain says of it. */
export type OfferView = PostedOffer & {
  meter: MeterEntry | undefined;
  custody: Custody | undefined;
  state: OfferState;
  /** What the seller holds in the range, by interval. */
  available: ByInterval;
  /** What can be bought now, the offer's own limit included. */
  availableWh: bigint;
  /** What the offer may still sell; undefined without a limit. */
  remainingWh: bigint | undefined;
  soldWh: bigint;
  earnedBaseUnits: bigint;
};

/**
 * Looks an offer up in the books.
 *
 * @param marketplace - Address of the marketplace: without the seller's permission it cannot deliver.
 * @param now - Unix seconds of the newest block.
 */
export function viewOffer(books: Books, posted: PostedOffer, marketplace: Address, now: number): OfferView {
  const { offer } = posted;
  const key = offerKey(offer.seller, offer.nonce);
  const filled = books.offers.filled.get(key);
  const soldWh = filled?.energyWh ?? 0n;
  const remainingWh = offer.maxWh === 0n ? undefined : offer.maxWh > soldWh ? offer.maxWh - soldWh : 0n;
  const available = availableIn(books, offer.seller, offer.meter, offer, now);
  const heldWh = [...available.values()].reduce((sum, wh) => sum + wh, 0n);
  const availableWh = remainingWh !== undefined && remainingWh < heldWh ? remainingWh : heldWh;
  const cancelled =
    books.offers.cancelled.has(key) || offer.nonce < (books.offers.minNonce.get(addressKey(offer.seller)) ?? 0n);
  const state: OfferState = cancelled
    ? "cancelled"
    : BigInt(now) >= offer.expiry
      ? "expired"
      : remainingWh === 0n
        ? "sold out"
        : availableWh === 0n
          ? "empty"
          : books.approvals.has(approvalKey(offer.seller, marketplace))
            ? "open"
            : "not deliverable";
  return {
    ...posted,
    meter: books.meters.get(offer.meter),
    custody: books.custody.get(offer.meter),
    state,
    available,
    availableWh,
    remainingWh,
    soldWh,
    earnedBaseUnits: filled?.paidBaseUnits ?? 0n,
  };
}

/** Looks up all offers of one token, cheapest first. */
export function viewOffers(
  books: Books,
  posted: readonly PostedOffer[],
  of: { token: Address; marketplace: Address },
  now: number,
): OfferView[] {
  return posted
    .filter(({ offer }) => sameAddress(offer.token, of.token))
    .map((entry) => viewOffer(books, entry, of.marketplace, now))
    .toSorted((a, b) => a.offer.priceTicks - b.offer.priceTicks || b.offer.lastInterval - a.offer.lastInterval);
}

/** Whether somebody may buy from an offer: it is open to them and not their own. */
export function isFor(offer: Offer, buyer: Address | undefined): boolean {
  if (sameAddress(offer.seller, buyer)) return false;
  return offer.buyer === zeroAddress || sameAddress(offer.buyer, buyer);
}

/** What the fill planner takes. */
export function toCandidate(view: OfferView): OfferCandidate {
  return {
    offer: view.offer,
    signature: view.signature,
    available: view.available,
    ...(view.remainingWh === undefined ? {} : { remainingWh: view.remainingWh as Wh }),
    ...(view.meter === undefined ? {} : { unitWh: view.meter.unitWh }),
  };
}

/** The nonce of a seller's next offer: above all that the chain or the board has seen, and above what was voided. */
export function nextNonce(books: Books, seller: Address, posted: readonly PostedOffer[]): bigint {
  const key = addressKey(seller);
  let highest = books.offers.highestNonce.get(key) ?? 0n;
  const minNonce = books.offers.minNonce.get(key) ?? 0n;
  for (const { offer } of posted) {
    if (sameAddress(offer.seller, seller) && offer.nonce > highest) highest = offer.nonce;
  }
  return highest + 1n > minNonce ? highest + 1n : minNonce;
}

/** Days in which an offer can deliver now, oldest first. */
export function daysOf(view: OfferView): number[] {
  return [...new Set([...view.available.keys()].map((interval) => dayOfInterval(interval)))].toSorted((a, b) => a - b);
}
