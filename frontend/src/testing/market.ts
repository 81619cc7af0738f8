import type { SettlementEntry } from "@commonwatt/sdk/ledger/types";
import { clearDay } from "@commonwatt/sdk/settlement/reference/day";
import type { SettlementMeter, Tariff } from "@commonwatt/sdk/settlement/types";
import type { Day } from "@commonwatt/sdk/time";
import { baseUnits, wh } from "@commonwatt/sdk/units";

import type { DayMarket } from "../model/day-market.ts";
import type { SettledDay } from "../model/settled-day.ts";
import { DAY, position, SELLER, series } from "./chunk.ts";

export const TARIFF: Tariff = { communityPriceTicks: 1_500, networkChargeTicks: 100 };

/** A meter at the community price with money enough, and energy in the quarter-hours given. */
export function settlementMeter(
  meter: number,
  energy: { imports?: Record<number, number>; exports?: Record<number, number> },
  change: Partial<SettlementMeter> = {},
): SettlementMeter {
  return {
    meter,
    exponent: 0,
    community: true,
    askTicks: 0,
    bidTicks: 0,
    balanceBaseUnits: 10n ** 9n,
    imports: series(energy.imports ?? {}),
    exports: series(energy.exports ?? {}),
    ...change,
  };
}

/** What the contract logs of these meters' day. */
export function settlementEntry(meters: readonly SettlementMeter[], of: Day = DAY, tariff = TARIFF): SettlementEntry {
  const { clearedWh, treasuryBaseUnits, ...clearing } = clearDay(meters, tariff);
  return {
    ...position(),
    ...clearing,
    day: of,
    settler: SELLER,
    clearedWh: wh(clearedWh),
    treasuryBaseUnits: baseUnits(treasuryBaseUnits),
    intervals: clearing.intervals.map(({ lowTicks, highTicks, priceTicks, volumeWh }) => ({
      lowTicks,
      highTicks,
      priceTicks,
      volumeWh,
    })),
    skipped: [],
  };
}

/** These meters' day, settled. */
export function dayMarket(meters: readonly SettlementMeter[], tariff = TARIFF): DayMarket {
  const entry = settlementEntry(meters, DAY, tariff);
  const paid = new Map(entry.payments.map((payment) => [payment.meter, payment.baseUnits]));
  const openings = new Map(meters.map(({ meter, balanceBaseUnits }) => [meter, balanceBaseUnits]));
  const settled: SettledDay = { ...entry, paid, openings };
  return { settled, tariff, meters: [...meters], claims: clearDay(meters, tariff).intervals };
}
