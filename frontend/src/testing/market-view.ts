import type { MarketView } from "../chain/market-data.ts";
import { TARIFF } from "./market.ts";

/** Unix seconds at which the window of `marketView()` was opened: 02:00 UTC. */
export const OPENED_AT = 20_601 * 86_400 + 7_200;

/** A neighbourhood whose last day was settled an hour and a half after it was announced. */
export function marketView(change: Partial<MarketView> = {}): MarketView {
  return {
    day: 20_600,
    openedAt: OPENED_AT,
    settledAt: OPENED_AT + 5_400,
    paused: false,
    forcedCount: 0,
    communityPriceTicks: TARIFF.communityPriceTicks,
    networkChargeTicks: TARIFF.networkChargeTicks,
    nextCommunityPriceTicks: 0,
    nextNetworkChargeTicks: 0,
    tariffDay: 0,
    closingWindowSeconds: 14_400,
    announced: { bitmap: 0n, forced: 0n },
    today: TARIFF,
    tomorrow: TARIFF,
    ...change,
  };
}
