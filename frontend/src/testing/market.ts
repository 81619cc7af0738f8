import { clearDay } from "@commonwatt/sdk/settlement/reference/day";
import type { SettlementMeter, Tariff } from "@commonwatt/sdk/settlement/types";
import { type Hex, numberToHex, pad, concatHex } from "viem";

import type { DayMarket } from "../model/day-market.ts";
import { decodeSettledDay, type SettledDay } from "../model/settled-day.ts";
import { DAY, SELLER, series } from "./chunk.ts";

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

/** What the contract would log of these meters' day: packed as in its event. */
export function packedDay(meters: readonly SettlementMeter[], tariff = TARIFF) {
  const clearing = clearDay(meters, tariff);
  const uint = (value: number | bigint, size: number): Hex => pad(numberToHex(value), { size });
  return {
    prices: concatHex(clearing.intervals.flatMap(({ lowTicks, highTicks }) => [uint(lowTicks, 2), uint(highTicks, 2)])),
    volumesWh: concatHex(clearing.intervals.map(({ volumeWh }) => uint(volumeWh, 4))),
    payments: concatHex(
      clearing.payments.flatMap(({ meter, baseUnits }) => [uint(meter, 4), uint(BigInt.asUintN(64, baseUnits), 8)]),
    ),
    clearedWh: clearing.clearedWh,
    treasuryBaseUnits: clearing.treasuryBaseUnits,
    claims: clearing.intervals,
  };
}

/** These meters' day, settled. */
export function dayMarket(meters: readonly SettlementMeter[], tariff = TARIFF): DayMarket {
  const { claims, clearedWh, treasuryBaseUnits, ...packed } = packedDay(meters, tariff);
  const settled: SettledDay = {
    blockNumber: 1n,
    logIndex: 0,
    transactionHash: `0x${"cd".repeat(32)}`,
    day: DAY,
    settler: SELLER,
    clearedWh,
    treasuryBaseUnits,
    ...decodeSettledDay(packed),
    openings: new Map(meters.map(({ meter, balanceBaseUnits }) => [meter, balanceBaseUnits])),
  };
  return { settled, tariff, meters, claims };
}
