import type { MeterNumber } from "@commonwatt/sdk/ids";
import type { Interval } from "@commonwatt/sdk/time";
import { type Wh, wh } from "@commonwatt/sdk/units";

import { matchInterval } from "./match.ts";

export type EnergyByInterval = ReadonlyMap<Interval, Wh>;

/** What a buyer is to take from each seller. */
export type Purchases = Map<MeterNumber, Map<Interval, Wh>>;

/**
 * Matches the exports of a day with its imports, interval by interval.
 *
 * @param supply - What each seller's meter has to sell, in the order in which it is to be bought (cheapest first).
 * @param demand - What each buyer's meter can use, in the order in which they buy.
 * @returns Per buyer's meter, what to take from which seller. What a home can only use itself is not in it.
 */
export function assignDay(
  supply: ReadonlyMap<MeterNumber, EnergyByInterval>,
  demand: ReadonlyMap<MeterNumber, EnergyByInterval>,
): Map<MeterNumber, Purchases> {
  const intervals = new Set([...supply.values()].flatMap((energy) => [...energy.keys()]));
  const assigned = new Map<MeterNumber, Purchases>();
  for (const at of [...intervals].toSorted((a, b) => a - b)) {
    const side = (meters: ReadonlyMap<MeterNumber, EnergyByInterval>) =>
      [...meters].map(([home, energy]) => ({ home, energyWh: Number(energy.get(at) ?? 0n) }));
    const { trades } = matchInterval({ exports: side(supply), imports: side(demand) });
    for (const { seller, buyer, energyWh } of trades) {
      const purchases = assigned.get(buyer as MeterNumber) ?? new Map<MeterNumber, Map<Interval, Wh>>();
      const fromSeller = purchases.get(seller as MeterNumber) ?? new Map<Interval, Wh>();
      fromSeller.set(at, wh(energyWh));
      purchases.set(seller as MeterNumber, fromSeller);
      assigned.set(buyer as MeterNumber, purchases);
    }
  }
  return assigned;
}
