import { buildOffer } from "@commonwatt/sdk/offers";
import { planRetirement } from "@commonwatt/sdk/retire-plan";
import { meterNumber } from "@commonwatt/sdk/ids";
import { day, firstInterval, interval } from "@commonwatt/sdk/time";
import { wh } from "@commonwatt/sdk/units";
import { describe, expect, it } from "vitest";

import { Needs } from "./needs.ts";

const DAY = day(20_000);
const FIRST = firstInterval(DAY);
const ADDRESS = `0x${"11".repeat(20)}` as const;

/** A purchase of the first intervals of the day. */
function fill(...energyWh: readonly number[]) {
  const range = { firstInterval: FIRST, lastInterval: FIRST + 95 };
  const offer = buildOffer({ seller: ADDRESS, token: ADDRESS, meter: 7, ...range, priceTicks: 1, expiry: 1, nonce: 1 });
  return { offer, signature: "0x", firstInterval: FIRST, energyWh } as const;
}

describe("Needs", () => {
  it("are what was imported, less what was bought, less what was used", () => {
    const needs = new Needs(DAY, [10, 20, ...new Array<number>(94).fill(0)]);
    expect(needs.open()).toEqual(
      new Map([
        [interval(FIRST), 10n],
        [interval(FIRST + 1), 20n],
      ]),
    );

    needs.buy([fill(4, 0), fill(0, 20)]);
    expect(needs.open()).toEqual(new Map([[interval(FIRST), 6n]]));
    expect(needs.bought.map(({ wh: energy }) => energy)).toEqual([4n, 20n]);

    const { remainingImports, bought } = needs;
    const plan = { meter: meterNumber(1), day: DAY, remainingImports, balances: bought, unitWh: wh(1) };
    const retirement = planRetirement(plan);
    if (retirement === undefined) throw new Error("nothing to use");
    needs.use(retirement);
    expect(needs.remainingImports.slice(0, 2)).toEqual([6, 0]);
    expect(needs.bought).toEqual([]);
    expect(needs.open()).toEqual(new Map([[interval(FIRST), 6n]]));
  });
});
