import type { Retirement } from "@commonwatt/sdk/actions";
import type { Fill } from "@commonwatt/sdk/offers";
import { subtractImports } from "@commonwatt/sdk/remaining-imports";
import type { TokenBalance } from "@commonwatt/sdk/retire-plan";
import { type Day, firstInterval, type Interval, interval } from "@commonwatt/sdk/time";
import { wh, type Wh } from "@commonwatt/sdk/units";

/**
 * What a home still needs of a day: the import that is not covered yet, kept in step with the contract's own account of
 * it, less what was bought for it already. Meters with a unit of 1 Wh.
 */
export class Needs {
  readonly day: Day;
  #remainingImports: readonly number[];
  #bought: TokenBalance[] = [];

  /** @param imports - The recorded imports, 96 entries of 1 Wh. */
  constructor(day: Day, imports: readonly number[]) {
    this.day = day;
    this.#remainingImports = imports;
  }

  /** The contract's vector: 96 entries. */
  get remainingImports(): readonly number[] {
    return this.#remainingImports;
  }

  /** Tokens bought for this day that were not used yet. */
  get bought(): readonly TokenBalance[] {
    return this.#bought;
  }

  /** What is still to be bought, by interval, without zeros. */
  open(): Map<Interval, Wh> {
    const first = firstInterval(this.day);
    const open = this.#remainingImports.map(BigInt);
    for (const { interval: at, wh: energy } of this.#bought) open[at - first] = (open[at - first] ?? 0n) - energy;
    return new Map(
      open.flatMap((energy, index) => (energy > 0n ? [[interval(first + index), wh(energy)] as const] : [])),
    );
  }

  /** Notes that purchases are in the chain. */
  buy(fills: readonly Fill[]): void {
    for (const { offer, firstInterval: first, energyWh } of fills) {
      for (const [index, energy] of energyWh.entries()) {
        if (energy > 0) this.#bought.push({ meter: offer.meter, interval: interval(first + index), wh: wh(energy) });
      }
    }
  }

  /** Notes that a use of all that was bought is in the chain. */
  use({ ranges }: Retirement): void {
    this.#remainingImports = subtractImports(this.#remainingImports, ranges, this.day, 1);
    this.#bought = [];
  }
}
