import type { ProfileEntry } from "@commonwatt/sdk/ledger/types";
import { decodeIntervals } from "@commonwatt/sdk/profile";
import type { Day } from "@commonwatt/sdk/time";

import { buyAndUse } from "./buy.ts";
import { forAll, type Market, type Trader } from "./market.ts";
import { Needs } from "./needs.ts";
import { listExport } from "./sell.ts";

/** Puts the day's export of all these homes on the board. */
export async function listAll(
  market: Market,
  traders: readonly Trader[],
  profiles: readonly ProfileEntry[],
  day: Day,
): Promise<void> {
  const sellers = traders.filter(({ meter }) =>
    profiles.some((profile) => profile.meter === meter && profile.exportWh > 0n),
  );
  await forAll(sellers, (seller) => listExport(market, seller, day));
}

/** What these homes imported on a day, all of it still to be covered. */
export function needsOf(
  traders: readonly Trader[],
  profiles: readonly ProfileEntry[],
  day: Day,
): { trader: Trader; needs: Needs }[] {
  return traders.flatMap((trader) => {
    const profile = profiles.find(({ meter }) => meter === trader.meter);
    if (profile === undefined || profile.importWh === 0n) return [];
    return [{ trader, needs: new Needs(day, decodeIntervals(profile.intervals).imports) }];
  });
}

/**
 * Trades one whole day of self-trading: every home lists all it exported, then buys all it can match to its imports,
 * and uses it.
 *
 * @param profiles - The day's recorded profiles.
 */
export async function tradeDay(
  market: Market,
  traders: readonly Trader[],
  profiles: readonly ProfileEntry[],
  day: Day,
): Promise<void> {
  await listAll(market, traders, profiles, day);
  await buyAndUse(market, needsOf(traders, profiles, day), day);
}
