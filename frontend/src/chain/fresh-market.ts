import { useQueryClient } from "@tanstack/react-query";
import type { Address } from "viem";
import { usePublicClient } from "wagmi";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import type { Ticks } from "@commonwatt/sdk/units";

import type { Books } from "../model/books.ts";
import { type OfferView, type PostedOffer, viewOffers } from "../model/market.ts";
import type { AccountState } from "./data.tsx";
import { useDeployment } from "./deployment.ts";
import { KEYS } from "./keys.ts";
import type { LedgerProgress } from "./ledger-reader.ts";

/** All a purchase is planned on, as of one moment. */
export type FreshMarket = {
  books: Books;
  offers: readonly OfferView[];
  charge: Ticks;
  account: AccountState;
  /** Unix seconds of the newest block. */
  now: number;
};

/** A reading that was under way ends before the newest block; the one after it does not. */
const MOST_READINGS = 10;

/**
 * A way to read the market anew, for an account whose purchase was refused: what the screens show may be a block old.
 * What it returns is never older than the newest block at the time of the call.
 */
export function useFreshMarket(): (account: Address) => Promise<FreshMarket> {
  const deployment = useDeployment();
  const client = usePublicClient();
  const queryClient = useQueryClient();
  return async (address) => {
    if (client === undefined) throw new CommonwattError("No RPC endpoint is configured.");
    const head = await client.getBlock();
    const keys = [KEYS.ledger, KEYS.offers, KEYS.charge, KEYS.account(address)];
    for (let reading = 0; reading < MOST_READINGS; reading++) {
      await Promise.all(
        keys.map((queryKey) => queryClient.refetchQueries({ queryKey, exact: true }, { throwOnError: true })),
      );
      const ledger = queryClient.getQueryData<LedgerProgress>(KEYS.ledger);
      if (ledger === undefined || ledger.books.toBlock < head.number) continue;
      const posted = queryClient.getQueryData<PostedOffer[]>(KEYS.offers);
      const charge = queryClient.getQueryData<Ticks>(KEYS.charge);
      const account = queryClient.getQueryData<AccountState>(KEYS.account(address));
      if (posted === undefined || charge === undefined || account === undefined) break;
      const now = Number(head.timestamp);
      return { books: ledger.books, offers: viewOffers(ledger.books, posted, deployment, now), charge, account, now };
    }
    throw new CommonwattError(`The market could not be read up to block ${head.number}.`);
  };
}
