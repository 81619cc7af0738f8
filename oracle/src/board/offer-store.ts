import type { Hex } from "viem";

import type { Sql } from "../storage/sql.ts";

/** An offer as it is kept: `body` is the JSON of `{hash, offer, signature}`. */
export type StoredOffer = { hash: Hex; seller: string; meter: number; expiry: number; body: string };

export type OfferStore = {
  /** Keeps an offer; one that is there already stays as it is. */
  add(offer: StoredOffer): Promise<void>;
  has(hash: Hex): Promise<boolean>;
  /** Bodies of the unexpired offers, of one meter or all, the soonest expiry first. */
  list(nowSeconds: number, meter: number | undefined): Promise<string[]>;
  countOf(seller: string): Promise<number>;
  count(): Promise<number>;
  removeExpired(nowSeconds: number): Promise<void>;
};

const INSERT = "INSERT INTO offers (hash, seller, meter, expiry, body) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
const FIND = "SELECT 1 AS found FROM offers WHERE hash = ?";
const LIST = "SELECT body FROM offers WHERE expiry > ? ORDER BY expiry, hash";
const LIST_OF_METER = "SELECT body FROM offers WHERE expiry > ? AND meter = ? ORDER BY expiry, hash";
const COUNT_OF_SELLER = "SELECT count(*) AS offers FROM offers WHERE seller = ?";
const COUNT = "SELECT count(*) AS offers FROM offers";
const EXPIRE = "DELETE FROM offers WHERE expiry <= ?";

export function createOfferStore(sql: Sql): OfferStore {
  return {
    async add({ hash, seller, meter, expiry, body }) {
      await sql.run(INSERT, hash, seller, meter, expiry, body);
    },
    has: async (hash) => (await sql.get(FIND, hash)) !== undefined,
    async list(nowSeconds, meter) {
      const rows = meter === undefined ? sql.all(LIST, nowSeconds) : sql.all(LIST_OF_METER, nowSeconds, meter);
      return (await rows).map((row) => String(row["body"]));
    },
    countOf: async (seller) => Number((await sql.get(COUNT_OF_SELLER, seller))?.["offers"]),
    count: async () => Number((await sql.get(COUNT))?.["offers"]),
    async removeExpired(nowSeconds) {
      await sql.run(EXPIRE, nowSeconds);
    },
  };
}
