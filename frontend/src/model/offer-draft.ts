import { type Day, firstInterval, INTERVALS_PER_DAY, SECONDS_PER_DAY } from "@commonwatt/sdk/time";
import { type BaseUnits, paymentBaseUnits, type Ticks, type Wh, wh } from "@commonwatt/sdk/units";

import { type Parsed, parseCents, parseKwh } from "../lib/parse.ts";
import { sumRange } from "../lib/series.ts";
import type { Holding } from "./holdings.ts";

/** Which days an offer is for. "following": the chosen day and whatever the meter exports later, until expiry. */
export type DaySpan = "this day" | "all held" | "following";

/** How long an offer holds. */
export type Lifetime = "1 day" | "3 days" | "7 days" | "until unusable";

/** An offer as somebody is making it up. Texts are as typed. */
export type OfferDraft = {
  span: DaySpan;
  /** Quarter-hours of the day, last one included; only for "this day". */
  first: number;
  last: number;
  price: string;
  lifetime: Lifetime;
  /** Whether to sell at most `amount`. Always so for energy of somebody else's meter. */
  limited: boolean;
  amount: string;
};

/** A draft worked out. */
export type DraftResult = {
  price: Parsed<Ticks>;
  /** Undefined: no limit. */
  maxWh: Parsed<Wh | undefined>;
  firstInterval: number;
  lastInterval: number;
  expiry: bigint;
  /** What is held in the range now. */
  heldWh: Wh;
  /** What selling it all would bring. */
  proceeds: BaseUnits | undefined;
};

const LIFETIME_DAYS: Record<Exclude<Lifetime, "until unusable">, number> = { "1 day": 1, "3 days": 3, "7 days": 7 };

/** Days past the chosen one that "following" reaches: more than any lifetime. */
const FOLLOWING_DAYS = 32;

/**
 * Works a draft out.
 *
 * @param holding - What it is made from.
 * @param all - Everything held of the same meter.
 * @param now - Unix seconds of the newest block.
 */
export function resolveDraft(draft: OfferDraft, holding: Holding, all: readonly Holding[], now: number): DraftResult {
  const price = parseCents(draft.price);
  const days = daysOf(draft.span, holding, all);
  const firstIndex = draft.span === "this day" ? draft.first : 0;
  const lastIndex = draft.span === "this day" ? draft.last : INTERVALS_PER_DAY - 1;
  const inRange = all.filter((entry) => entry.day >= days.first && entry.day <= days.last);
  const heldWh = wh(inRange.reduce((sum, entry) => sum + sumRange(entry.series, firstIndex, lastIndex), 0));
  const maxWh = limitOf(draft, heldWh);
  const soldWh = maxWh.ok && maxWh.value !== undefined && maxWh.value < heldWh ? maxWh.value : heldWh;
  return {
    price,
    maxWh,
    firstInterval: firstInterval(days.first) + firstIndex,
    lastInterval: firstInterval(days.last) + lastIndex,
    expiry: expiryOfDraft(draft.lifetime, Math.max(...inRange.map((entry) => entry.expiresAt), holding.expiresAt), now),
    heldWh,
    proceeds: price.ok ? paymentBaseUnits(soldWh, price.value) : undefined,
  };
}

function daysOf(span: DaySpan, holding: Holding, all: readonly Holding[]): { first: Day; last: Day } {
  if (span === "this day") return { first: holding.day, last: holding.day };
  if (span === "following") return { first: holding.day, last: (holding.day + FOLLOWING_DAYS) as Day };
  const days = all.map((entry) => entry.day);
  return { first: Math.min(...days) as Day, last: Math.max(...days) as Day };
}

function limitOf(draft: OfferDraft, heldWh: Wh): Parsed<Wh | undefined> {
  if (!draft.limited) return { ok: true, value: undefined };
  const amount = parseKwh(draft.amount);
  if (!amount.ok) return amount;
  if (amount.value > heldWh && draft.span !== "following") {
    return { ok: false, message: "That is more than you hold in this range." };
  }
  return amount;
}

function expiryOfDraft(lifetime: Lifetime, unusableAt: number, now: number): bigint {
  if (lifetime === "until unusable") return BigInt(unusableAt);
  return BigInt(now + LIFETIME_DAYS[lifetime] * SECONDS_PER_DAY);
}
