import { describe, expect, it } from "vitest";

import { day } from "@commonwatt/sdk/time";

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
  retirementEntry,
  SELLER,
  series,
  tradeEntry,
  transferEntry,
  ZERO,
} from "../testing/chunk.ts";
import { approvalKey, emptyBooks, enter, expiryOf, KEPT_DAYS, meterDay, offerKey } from "./books.ts";
import { conservation } from "./conservation.ts";

/** A day on which meter 1 sends out 100 Wh, 40 are sold, and 30 of those are used by meter 2. */
const recorded = chunk({
  meters: [meterEntry(1, SELLER), meterEntry(2, BUYER)],
  profiles: [
    profileEntry(1, DAY, series({}), series({ 50: 100 })),
    profileEntry(2, DAY, series({ 50: 70 }), series({})),
  ],
  transfers: [transferEntry(ZERO, SELLER, [line(1, at(50), 100)])],
});
const sold = chunk({
  transfers: [transferEntry(SELLER, BUYER, [line(1, at(50), 40)])],
  trades: [tradeEntry(7n, 1, at(50), 40, 6_000n)],
  events: [approval(true)],
});
const used = chunk({
  transfers: [transferEntry(BUYER, ZERO, [line(1, at(50), 30)])],
  retirements: [retirementEntry(2, DAY, 30, series({ 50: 40 }), [line(1, at(50), 30)])],
});

describe("the books", () => {
  it("follow balances, remaining imports, offers and permissions through the chunks", () => {
    const books = booksOf(recorded, sold, used);
    expect(books.balances.get(SELLER)?.get(1)?.get(at(50))).toBe(60n);
    expect(books.balances.get(BUYER)?.get(1)?.get(at(50))).toBe(10n);
    expect(books.remaining.get(meterDay(2, DAY))?.[50]).toBe(40);
    expect(books.offers.filled.get(offerKey(SELLER, 7n))).toEqual({ energyWh: 40n, paidBaseUnits: 6_000n });
    expect(books.approvals.has(approvalKey(SELLER, MARKETPLACE))).toBe(true);
    expect(books.custody.get(1)).toBe("gateway");
  });

  it("are the same read in one piece or in many", () => {
    const piecewise = booksOf(recorded, sold, used);
    const whole = booksOf(
      chunk({
        meters: recorded.meters,
        profiles: recorded.profiles,
        transfers: [...recorded.transfers, ...sold.transfers, ...used.transfers],
        trades: sold.trades,
        retirements: used.retirements,
        events: sold.events,
      }),
    );
    expect({ ...whole, version: 0 }).toEqual({ ...piecewise, version: 0 });
  });

  it("take a permission back", () => {
    const books = booksOf(sold, chunk({ events: [approval(false)] }));
    expect(books.approvals.size).toBe(0);
  });

  it("never let the import of a late profile be covered", () => {
    const late = profileEntry(2, DAY, series({ 50: 70 }), series({ 60: 5 }), { late: true });
    const books = booksOf(chunk({ meters: [meterEntry(2, BUYER)], profiles: [late] }));
    expect(books.remaining.size).toBe(0);
    expect(books.totals.mintedWh).toBe(0n);
  });

  it("hand a profile the registers its meter had before, which a later chunk does not know", () => {
    const first = profileEntry(1, DAY, series({}), series({ 50: 100 }));
    const second = profileEntry(1, day(DAY + 1), series({}), series({ 50: 10 }), { exportRegister: 110n });
    const books = booksOf(chunk({ profiles: [first] }), chunk({ profiles: [second] }));
    expect(books.days.get(DAY)?.profiles[0]?.previous).toBeUndefined();
    expect(books.days.get(day(DAY + 1))?.profiles[0]?.previous).toEqual({ importRegister: 0n, exportRegister: 100n });
  });

  it("go on from a rebase, not from the register before it", () => {
    const rebased = chunk({
      profiles: [profileEntry(1, DAY, series({}), series({ 50: 100 }))],
      rebases: [
        {
          blockNumber: 5n,
          logIndex: 0,
          transactionHash: "0x",
          meter: recorded.meters[0]?.meter ?? (0 as never),
          before: { importRegister: 0n, exportRegister: 100n },
          after: { importRegister: 0n, exportRegister: 0n },
          reason: "meter replaced",
        },
      ],
    });
    expect(booksOf(rebased).registers.get(1)).toEqual({ importRegister: 0n, exportRegister: 0n });
  });

  it("note cancelled nonces, one by one and below a bound", () => {
    const at5 = { blockNumber: 5n, logIndex: 0, transactionHash: "0x", seller: SELLER } as const;
    const books = booksOf(
      chunk({
        cancellations: [
          { ...at5, cancelled: { nonce: 3n } },
          { ...at5, cancelled: { minNonce: 9n } },
        ],
      }),
    );
    expect(books.offers.cancelled.has(offerKey(SELLER, 3n))).toBe(true);
    expect(books.offers.minNonce.get(SELLER)).toBe(9n);
    expect(books.offers.highestNonce.get(SELLER)).toBe(8n);
  });

  it("stay bounded: old days go, their sums stay", () => {
    let books = emptyBooks();
    for (let index = 0; index < KEPT_DAYS + 10; index++) {
      const of = day(DAY + index);
      books = enter(
        books,
        chunk({
          profiles: [profileEntry(1, of, series({ 10: 1 }), series({ 50: 5 }))],
          transfers: [transferEntry(ZERO, SELLER, [line(1, at(50, of), 5)])],
        }),
      );
    }
    expect(books.days.size).toBe(KEPT_DAYS);
    expect(books.remaining.size).toBe(KEPT_DAYS);
    expect(books.balances.get(SELLER)?.get(1)?.size).toBe(KEPT_DAYS);
    expect(books.totals.mintedWh).toBe(5n * BigInt(KEPT_DAYS + 10));
    expect(books.totals.forgottenWh).toBe(50n);
    expect(conservation(books, NOW).holds).toBe(true);
  });
});

describe("conservation", () => {
  it("holds for energy minted, sold and used", () => {
    expect(conservation(booksOf(recorded, sold, used), NOW)).toEqual({
      mintedWh: 100n,
      usedWh: 30n,
      expiredWh: 0n,
      liveWh: 70n,
      holds: true,
    });
  });

  it("counts what is left as expired from the very second its window closes", () => {
    const books = booksOf(recorded, sold, used);
    const end = expiryOf(DAY, books.windowDays);
    expect(conservation(books, end - 1)).toMatchObject({ liveWh: 70n, expiredWh: 0n });
    expect(conservation(books, end)).toMatchObject({ liveWh: 0n, expiredWh: 70n, holds: true });
  });

  it("fails when tokens appear that no device signed, or vanish unreported", () => {
    const forged = chunk({ transfers: [transferEntry(ZERO, BUYER, [line(1, at(51), 1)])] });
    expect(conservation(booksOf(recorded, forged), NOW).holds).toBe(false);
    const burnt = chunk({ transfers: [transferEntry(SELLER, ZERO, [line(1, at(50), 1)])] });
    expect(conservation(booksOf(recorded, burnt), NOW).holds).toBe(false);
  });
});
