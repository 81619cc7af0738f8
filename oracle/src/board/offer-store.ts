import type { Hex } from "viem";

import type { Database } from "../storage/database.ts";

/** An offer as it is kept: `body` is the JSON of `{hash, offer, signature}`. */
export type StoredOffer = { hash: Hex; seller: string; meter: number; expiry: number; body: string };

export type OfferStore = {
  /** Keeps an offer; one that is there already stays as it is. */
  add(offer: StoredOffer): void;
  has(hash: Hex): boolean;
  /** Bodies of the unexpired offers, of one meter or all, the soonest expiry first. */
  list(nowSeconds: number, meter: number | undefined): string[];
  countOf(seller: string): number;
  count(): number;
  removeExpired(nowSeconds: number): void;
};

export function createOfferStore({ sql }: Database): OfferStore {
  const insert = sql.prepare("INSERT OR IGNORE INTO offers VALUES (?, ?, ?, ?, ?)");
  const find = sql.prepare("SELECT 1 FROM offers WHERE hash = ?");
  const all = sql.prepare(
    "SELECT body FROM offers WHERE expiry > ? AND (?2 IS NULL OR meter = ?2) ORDER BY expiry, hash",
  );
  const countSeller = sql.prepare("SELECT count(*) AS offers FROM offers WHERE seller = ?");
  const countAll = sql.prepare("SELECT count(*) AS offers FROM offers");
  const expire = sql.prepare("DELETE FROM offers WHERE expiry <= ?");
  return {
    add({ hash, seller, meter, expiry, body }) {
      insert.run(hash, seller, meter, expiry, body);
    },
    has: (hash) => find.get(hash) !== undefined,
    list: (nowSeconds, meter) => all.all(nowSeconds, meter ?? null).map((row) => String(row["body"])),
    countOf: (seller) => Number(countSeller.get(seller)?.["offers"]),
    count: () => Number(countAll.get()?.["offers"]),
    removeExpired(nowSeconds) {
      expire.run(nowSeconds);
    },
  };
}
