import type { SettlementMeter, Tariff } from "@commonwatt/sdk/settlement/types";
import { day } from "@commonwatt/sdk/time";

import type { Row } from "../../households/rows.ts";
import { generateStreet } from "../../homes/street.ts";

/** 2024-06-21. */
const DAY = day(19_895);
/** Homes of one generated street. */
const STREET = 12;
const TARIFF: Tariff = { communityPriceTicks: 1_500, networkChargeTicks: 300 };
const BALANCE_BASE_UNITS = 1_000_000_000n;

/**
 * A summer day of a neighbourhood: generated homes, a third of them at the community price, the others spread over eleven
 * more pairs of limits. The same for the same number of meters.
 */
export function benchMarket(count: number): { day: number; meters: SettlementMeter[]; tariff: Tariff } {
  const homes = Array.from(
    { length: Math.ceil(count / STREET) },
    (_, street) => generateStreet(street + 1, DAY, 1).homes,
  ).flat();
  const meters = homes.slice(0, count).map((home, index): SettlementMeter => {
    const rows = home.rowsOfDay(DAY);
    const pair = index % 3 === 0 ? undefined : index % 11;
    return {
      meter: index + 1,
      exponent: 0,
      community: pair === undefined,
      askTicks: pair === undefined ? 0 : 900 + 70 * pair,
      bidTicks: pair === undefined ? 0 : 2_600 - 85 * pair,
      balanceBaseUnits: BALANCE_BASE_UNITS,
      imports: rows.map((row) => toWh(row, 1)),
      exports: rows.map((row) => toWh(row, -1)),
    };
  });
  return { day: DAY, meters, tariff: TARIFF };
}

function toWh({ netMilliWh }: Row, direction: 1 | -1): number {
  return Math.floor(Math.max(0, netMilliWh * direction) / 1_000);
}
