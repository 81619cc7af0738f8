import { costOf, planFills, type OfferCandidate } from "@commonwatt/sdk/fill-plan";
import { marketplaceAbi, neighbourhoodAbi } from "@commonwatt/sdk/generated/abis";
import type { MeterNumber } from "@commonwatt/sdk/ids";
import { planRetirement } from "@commonwatt/sdk/retire-plan";
import { type Day, firstInterval, type Interval, INTERVALS_PER_DAY } from "@commonwatt/sdk/time";
import { ticks, type Wh, wh } from "@commonwatt/sdk/units";

import { send } from "../run/send.ts";
import { assignDay, type Purchases } from "./assign.ts";
import type { ListedOffer } from "./board.ts";
import { balancesOfDay, forAll, type Market, type Trader } from "./market.ts";
import type { Needs } from "./needs.ts";

/** Purchases in one transaction: so many of a whole day each stay under the gas limit of a transaction. */
const MAX_FILLS = 24;

/** Someone who buys, and what they still need of the day. */
export type Buyer = { readonly trader: Trader; readonly needs: Needs };

/**
 * Buys for all buyers what they can use of a day's offers and uses it: nobody buys more than their uncovered import.
 * When it fails half-way it can be called again: `needs` knows what was bought and used.
 */
export async function buyAndUse(market: Market, buyers: readonly Buyer[], day: Day): Promise<void> {
  const offers = cheapestOffers(await market.board.list(), day);
  const supply = new Map<MeterNumber, ReadonlyMap<Interval, Wh>>();
  for (const { offer } of offers) {
    const held = await balancesOfDay(market, offer.seller, offer.meter, day);
    const inRange = [...held].filter(([at]) => at >= offer.firstInterval && at <= offer.lastInterval);
    supply.set(offer.meter, new Map(inRange));
  }
  const assigned = assignDay(supply, new Map(buyers.map(({ trader, needs }) => [trader.meter, needs.open()])));
  await forAll(buyers, async (buyer) => {
    const purchases = assigned.get(buyer.trader.meter);
    if (purchases !== undefined) await buy(market, buyer, purchases, offers);
  });
  // Only after all have bought: until then a home's own export may still be another's.
  await forAll(buyers, (buyer) => use(market, buyer));
}

/** Per selling meter the cheapest offer of a day; cheapest meters first, then by meter number. */
function cheapestOffers(listed: readonly ListedOffer[], day: Day): ListedOffer[] {
  const [first, last] = [firstInterval(day), firstInterval(day) + INTERVALS_PER_DAY - 1];
  const byPrice = listed
    .filter(({ offer }) => offer.firstInterval <= last && offer.lastInterval >= first)
    .toSorted((a, b) => a.offer.priceTicks - b.offer.priceTicks || a.offer.meter - b.offer.meter);
  const meters = new Set<MeterNumber>();
  return byPrice.filter(({ offer }) => !meters.has(offer.meter) && meters.add(offer.meter));
}

/** Buys what was assigned to one home. */
async function buy(
  { chain, deployment }: Market,
  { trader, needs }: Buyer,
  purchases: Purchases,
  offers: readonly ListedOffer[],
): Promise<void> {
  const charge = await chain.client.readContract({
    address: deployment.marketplace,
    abi: marketplaceAbi,
    functionName: "networkChargeTicks",
  });
  const chargeTicks = ticks(charge);
  const candidates = offers.flatMap(({ offer, signature }): OfferCandidate[] => {
    const available = purchases.get(offer.meter);
    return available === undefined ? [] : [{ offer, signature, available }];
  });
  const { fills } = planFills({
    wanted: [...purchases.values()].flatMap((energy) => [...energy].map(([interval, wh]) => ({ interval, wh }))),
    offers: candidates,
    chargeTicks,
    buyer: trader.account.address,
    now: await chain.now(),
  });
  for (let index = 0; index < fills.length; index += MAX_FILLS) {
    const orders = fills.slice(index, index + MAX_FILLS);
    const { paidBaseUnits, chargeBaseUnits } = costOf(orders, chargeTicks);
    await send({ client: chain.client, wallet: chain.wallet(trader.account) }, `${trader.home.name} buying`, {
      address: deployment.marketplace,
      abi: marketplaceAbi,
      functionName: "fillMany",
      args: [orders, paidBaseUnits + chargeBaseUnits],
    });
    needs.buy(orders);
  }
}

/**
 * Uses what a home bought, and what is left of its own export, against its import. The latter only ever meets import
 * of the same interval where nobody else could take or serve it; it needs no trade.
 */
async function use(market: Market, { trader, needs }: Buyer): Promise<void> {
  const own = await balancesOfDay(market, trader.account.address, trader.meter, needs.day);
  const retirement = planRetirement({
    meter: trader.meter,
    day: needs.day,
    remainingImports: needs.remainingImports,
    balances: [...needs.bought, ...[...own].map(([interval, wh]) => ({ meter: trader.meter, interval, wh }))],
    unitWh: wh(1),
  });
  if (retirement === undefined) return;
  const { chain, deployment } = market;
  await send({ client: chain.client, wallet: chain.wallet(trader.account) }, `${trader.home.name} using its energy`, {
    address: deployment.neighbourhood,
    abi: neighbourhoodAbi,
    functionName: "retire",
    args: [retirement],
  });
  needs.use(retirement);
}
