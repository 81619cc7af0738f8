import type { SettlementEntry } from "@commonwatt/sdk/ledger/types";
import type { LoggedInterval } from "@commonwatt/sdk/settlement/logged";

/** A settled day as the contract logged it, with what the books add. */
export type SettledDay = SettlementEntry & {
  /** What each settled meter paid; negative: was paid. */
  paid: ReadonlyMap<number, bigint>;
  /** Prepaid balance of each settled meter before, by all that was logged until then. */
  openings: ReadonlyMap<number, bigint>;
};

/** Price of the day weighted by what was sold, ticks, rounded to the nearest; undefined where nothing was. */
export function averagePriceTicks(intervals: readonly LoggedInterval[]): number | undefined {
  const soldWh = intervals.reduce((sum, { volumeWh }) => sum + volumeWh, 0n);
  if (soldWh === 0n) return undefined;
  const weighted = intervals.reduce((sum, { volumeWh, priceTicks }) => sum + volumeWh * BigInt(priceTicks), 0n);
  return Number((weighted + soldWh / 2n) / soldWh);
}

/** Lowest and highest price at which something was sold; undefined where nothing was. */
export function priceRange(intervals: readonly LoggedInterval[]): { from: number; to: number } | undefined {
  const prices = intervals.filter(({ volumeWh }) => volumeWh > 0n).map(({ priceTicks }) => priceTicks);
  return prices.length === 0 ? undefined : { from: Math.min(...prices), to: Math.max(...prices) };
}
