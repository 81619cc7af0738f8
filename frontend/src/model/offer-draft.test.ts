import { describe, expect, it } from "vitest";

import { day } from "@commonwatt/sdk/time";

import { at, DAY, NOW, series } from "../testing/chunk.ts";
import type { Holding } from "./holdings.ts";
import { type OfferDraft, resolveDraft } from "./offer-draft.ts";

const EXPIRES = NOW + 28 * 86_400;
const today: Holding = {
  meter: 1,
  own: true,
  day: DAY,
  series: series({ 40: 1_000, 60: 500 }),
  energyWh: 1_500n,
  expiresAt: EXPIRES,
};
const before: Holding = {
  ...today,
  day: day(DAY - 1),
  series: series({ 30: 200 }),
  energyWh: 200n,
  expiresAt: EXPIRES - 86_400,
};

const draft: OfferDraft = {
  span: "this day",
  first: 40,
  last: 60,
  price: "15",
  lifetime: "1 day",
  limited: false,
  amount: "",
};
const resolve = (part: Partial<OfferDraft> = {}) => resolveDraft({ ...draft, ...part }, today, [today, before], NOW);

describe("an offer in the making", () => {
  it("covers the chosen quarter-hours of one day and knows what they bring", () => {
    const result = resolve();
    expect(result).toMatchObject({ firstInterval: at(40), lastInterval: at(60), heldWh: 1_500n });
    expect(result.proceeds).toBe(225_000n);
    expect(resolve({ last: 59 }).heldWh).toBe(1_000n);
  });

  it("covers whole days where it covers several", () => {
    const all = resolve({ span: "all held" });
    expect(all).toMatchObject({ firstInterval: at(0, day(DAY - 1)), lastInterval: at(95), heldWh: 1_700n });
    const following = resolve({ span: "following" });
    expect(following.firstInterval).toBe(at(0));
    expect(following.lastInterval).toBeGreaterThan(at(95) + 7 * 96);
  });

  it("holds as long as chosen, or as long as its energy can be used", () => {
    expect(resolve().expiry).toBe(BigInt(NOW + 86_400));
    expect(resolve({ lifetime: "until unusable" }).expiry).toBe(BigInt(EXPIRES));
  });

  it("sells at most what is named, and never more than is held", () => {
    expect(resolve({ limited: true, amount: "0.5" })).toMatchObject({
      maxWh: { ok: true, value: 500n },
      proceeds: 75_000n,
    });
    expect(resolve({ limited: true, amount: "1.501" }).maxWh).toMatchObject({ ok: false });
    expect(resolve({ limited: true, amount: "" }).maxWh).toMatchObject({ ok: false });
    // Energy still to come may exceed what is held now.
    expect(resolve({ span: "following", limited: true, amount: "50" }).maxWh).toMatchObject({ ok: true });
  });

  it("names no proceeds for a price that cannot be read", () => {
    expect(resolve({ price: "free" })).toMatchObject({ price: { ok: false }, proceeds: undefined });
  });
});
