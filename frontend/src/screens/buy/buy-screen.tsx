import type { ReactNode } from "react";

import { explainError } from "@commonwatt/sdk/errors";

import { useAccountState, useCharge, useMe, useOffers } from "../../chain/data.tsx";
import { useHead } from "../../chain/head.tsx";
import { centsPerKwh, eur } from "../../lib/format.ts";
import { WithBooks } from "../../ui/loading.tsx";
import { NeedWallet } from "../../ui/need-wallet.tsx";
import { SharingNote } from "../../ui/sharing-note.tsx";
import { Note, PageHeading } from "../../ui/surfaces.tsx";
import { MatchCard } from "./match-card.tsx";
import { OffersCard } from "./offers-card.tsx";
import { UseCard } from "./use-card.tsx";

/** Offers of the neighbourhood; buying what fits my need; using it. */
export function BuyScreen(): ReactNode {
  const me = useMe();
  const { head } = useHead();
  const { offers, error } = useOffers();
  const charge = useCharge();
  const account = useAccountState(me?.address);
  const now = head?.timestamp ?? 0;
  return (
    <>
      <title>Buy - Commonwatt</title>
      <PageHeading
        title="Buy"
        aside={
          me !== undefined && (
            <dl className="text-sm sm:text-right">
              <dt className="text-muted">Your balance</dt>
              <dd className="min-h-8 text-xl font-semibold">
                {account === undefined ? "\u2026" : eur(account.balance)}
              </dd>
            </dl>
          )
        }
      >
        Buy what neighbours sent out in the same quarter-hours in which you needed it, then use it to cover your need.
        {charge !== undefined && charge > 0 && ` Prices include the network charge of ${centsPerKwh(charge)}.`}
      </PageHeading>
      <div className="grid gap-6">
        {error !== undefined && <Note tone="notice">The offer board cannot be read: {explainError(error)}</Note>}
        {me === undefined && <NeedWallet>Then your need and the offers that fit it show here.</NeedWallet>}
        <WithBooks>
          {(books) => (
            <>
              {me !== undefined && (
                <>
                  <SharingNote me={me} />
                  <MatchCard
                    key={`match ${me.address}`}
                    me={me}
                    books={books}
                    offers={offers}
                    charge={charge}
                    now={now}
                  />
                  <UseCard key={`use ${me.address}`} me={me} books={books} now={now} />
                </>
              )}
              <OffersCard key={me?.address} me={me} books={books} offers={offers} charge={charge} now={now} />
            </>
          )}
        </WithBooks>
      </div>
    </>
  );
}
