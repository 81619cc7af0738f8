import { dayOfInterval } from "@commonwatt/sdk/time";

import { type Books, expiryOf } from "./books.ts";

/** Where all energy ever minted is now, Wh. */
export type Conservation = {
  /** What devices signed as export, in time. */
  mintedWh: bigint;
  /** What the neighbourhood reported as used. */
  usedWh: bigint;
  /** Balances that can neither be sold nor used any more. */
  expiredWh: bigint;
  /** Balances that can. */
  liveWh: bigint;
  /** Whether minted - used - expired = live. */
  holds: boolean;
};

/**
 * Counts minted, used, expired and live energy. Minted comes from the signed profiles, used from the retirements,
 * expired and live from the balances that the token's transfers leave: three sets of events, so the equation can fail.
 *
 * @param now - Unix seconds of the newest block.
 */
export function conservation(books: Books, now: number): Conservation {
  const { mintedWh, usedWh, forgottenWh } = books.totals;
  let expiredWh = forgottenWh;
  let liveWh = 0n;
  for (const ofHolder of books.balances.values()) {
    for (const ofMeter of ofHolder.values()) {
      for (const [interval, wh] of ofMeter) {
        if (now < expiryOf(dayOfInterval(interval), books.windowDays)) liveWh += wh;
        else expiredWh += wh;
      }
    }
  }
  return { mintedWh, usedWh, expiredWh, liveWh, holds: mintedWh - usedWh - expiredWh === liveWh };
}
