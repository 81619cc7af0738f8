import { describe, expect, it } from "vitest";

import { buildOffer } from "@commonwatt/sdk/offers";

import {
  approval,
  at,
  booksOf,
  BUYER,
  chunk,
  DAY,
  line,
  MARKETPLACE,
  meterEntry,
  NOW,
  profileEntry,
  SELLER,
  series,
  TOKEN,
  tradeEntry,
  transferEntry,
  ZERO,
} from "../testing/chunk.ts";
import { type Chunk, expiryOf } from "./books.ts";
import { isFor, nextNonce, type PostedOffer, viewOffer } from "./market.ts";

function posted(more: Partial<Parameters<typeof buildOffer>[0]> = {}): PostedOffer {
  return {
    hash: "0x01",
    signature: "0x02",
    offer: buildOffer({
      seller: SELLER,
      token: TOKEN,
      meter: 1,
      firstInterval: at(40),
      lastInterval: at(60),
      priceTicks: 1_500,
      expiry: NOW + 3_600,
      nonce: 7n,
      ...more,
    }),
  };
}

const held = chunk({
  meters: [meterEntry(1, SELLER)],
  profiles: [profileEntry(1, DAY, series({}), series({ 39: 5, 40: 10, 60: 20, 61: 5 }))],
  transfers: [
    transferEntry(ZERO, SELLER, [line(1, at(39), 5), line(1, at(40), 10), line(1, at(60), 20), line(1, at(61), 5)]),
  ],
  events: [approval(true)],
});

const view = (offer: PostedOffer, now = NOW, ...chunks: readonly Chunk[]) =>
  viewOffer(booksOf(held, ...chunks), offer, MARKETPLACE, now);

describe("an offer in the books", () => {
  it("offers what the seller holds in its range, both ends included", () => {
    const result = view(posted());
    expect(result).toMatchObject({ state: "open", availableWh: 30n, remainingWh: undefined, soldWh: 0n });
    expect([...result.available.keys()]).toEqual([at(40), at(60)]);
  });

  it("sells no more than its own limit, and is sold out at it", () => {
    const sale = chunk({ trades: [tradeEntry(7n, 1, at(40), 20, 3_000n)] });
    expect(view(posted({ maxWh: 25 }), NOW, sale)).toMatchObject({ remainingWh: 5n, availableWh: 5n, soldWh: 20n });
    expect(view(posted({ maxWh: 20 }), NOW, sale)).toMatchObject({ state: "sold out", availableWh: 0n });
    expect(view(posted({ maxWh: 10 }), NOW, sale)).toMatchObject({ state: "sold out", remainingWh: 0n });
  });

  it("ends in the very second it expires", () => {
    expect(view(posted(), NOW + 3_599).state).toBe("open");
    expect(view(posted(), NOW + 3_600).state).toBe("expired");
  });

  it("has nothing left once its energy can no longer be used", () => {
    const offer = posted({ expiry: expiryOf(DAY, 28) + 100 });
    expect(view(offer, expiryOf(DAY, 28)).state).toBe("empty");
  });

  it("is void when cancelled by its nonce or by a bound above it", () => {
    const where = { blockNumber: 9n, logIndex: 0, transactionHash: "0x", seller: SELLER } as const;
    const cancel = (cancelled: { nonce: bigint } | { minNonce: bigint }) =>
      chunk({ cancellations: [{ ...where, cancelled }] });
    expect(view(posted(), NOW, cancel({ nonce: 7n })).state).toBe("cancelled");
    expect(view(posted(), NOW, cancel({ nonce: 8n })).state).toBe("open");
    expect(view(posted(), NOW, cancel({ minNonce: 8n })).state).toBe("cancelled");
    expect(view(posted(), NOW, cancel({ minNonce: 7n })).state).toBe("open");
  });

  it("cannot be delivered without the seller's permission", () => {
    expect(view(posted(), NOW, chunk({ events: [approval(false)] })).state).toBe("not deliverable");
  });
});

describe("who may buy", () => {
  it("is anyone but the seller, unless the offer names a buyer", () => {
    expect(isFor(posted().offer, BUYER)).toBe(true);
    expect(isFor(posted().offer, SELLER)).toBe(false);
    expect(isFor(posted({ buyer: BUYER }).offer, BUYER)).toBe(true);
    expect(isFor(posted({ buyer: MARKETPLACE }).offer, BUYER)).toBe(false);
  });
});

describe("the next nonce", () => {
  it("is above all that chain and board have seen, and not below what was voided", () => {
    expect(nextNonce(booksOf(held), SELLER, [])).toBe(1n);
    expect(nextNonce(booksOf(held), SELLER, [posted({ nonce: 41n })])).toBe(42n);
    const sale = chunk({ trades: [tradeEntry(50n, 1, at(40), 1, 1n)] });
    expect(nextNonce(booksOf(held, sale), SELLER, [posted({ nonce: 41n })])).toBe(51n);
    const where = { blockNumber: 9n, logIndex: 0, transactionHash: "0x", seller: SELLER } as const;
    const voided = chunk({ cancellations: [{ ...where, cancelled: { minNonce: 100n } }] });
    expect(nextNonce(booksOf(held, voided), SELLER, [])).toBe(100n);
    expect(nextNonce(booksOf(held), SELLER, [posted({ seller: BUYER, nonce: 999n })])).toBe(1n);
  });
});
