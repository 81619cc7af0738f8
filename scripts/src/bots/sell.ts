import { marketplaceDomain } from "@commonwatt/sdk/domains";
import { buildOffer, offerTypedData } from "@commonwatt/sdk/offers";
import { type Day, dayEnd, firstInterval, INTERVALS_PER_DAY, SECONDS_PER_DAY } from "@commonwatt/sdk/time";

import type { Market, Trader } from "./market.ts";

/** Days after its own during which an offer holds: as long as its energy can be used. */
const OFFER_DAYS = 28;

/** Lists all that a home exported on a day, at its price, for anyone. */
export async function listExport({ deployment, board }: Market, trader: Trader, day: Day): Promise<void> {
  const offer = buildOffer({
    seller: trader.account.address,
    token: deployment.token,
    meter: trader.meter,
    firstInterval: firstInterval(day),
    lastInterval: firstInterval(day) + INTERVALS_PER_DAY - 1,
    priceTicks: trader.priceTicks,
    expiry: dayEnd(day) + OFFER_DAYS * SECONDS_PER_DAY,
    // One offer a day and home: the day is a nonce that is never used twice.
    nonce: day,
  });
  const signature = await trader.account.signTypedData(offerTypedData(marketplaceDomain(deployment), offer));
  await board.post({ offer, signature });
}
