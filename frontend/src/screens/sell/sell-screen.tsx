import { type ReactNode, useState } from "react";

import { type Me, useAccountState, useLedger, useMe, useOffers } from "../../chain/data.tsx";
import { useHead } from "../../chain/head.tsx";
import { eur, kwh, sameAddress } from "../../lib/format.ts";
import type { Books } from "../../model/books.ts";
import { type Holding, holdingsOf } from "../../model/holdings.ts";
import type { OfferView } from "../../model/market.ts";
import { WithBooks } from "../../ui/loading.tsx";
import { NeedWallet } from "../../ui/need-wallet.tsx";
import { SharingNote } from "../../ui/sharing-note.tsx";
import { Card, Empty, PageHeading } from "../../ui/surfaces.tsx";
import { HoldingRow } from "./holding-row.tsx";
import { MyOffers } from "./my-offers.tsx";

/** What I hold, by day; offering it; and my offers. */
export function SellScreen(): ReactNode {
  const me = useMe();
  const account = useAccountState(me?.address);
  const { books } = useLedger();
  return (
    <>
      <title>Sell - Commonwatt</title>
      <PageHeading
        title="Sell"
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
        What your home sent out is yours to sell{books !== undefined && ` for ${books.windowDays} days`}. Offers are
        only signed: they cost nothing, and you keep the energy until somebody buys it.
      </PageHeading>
      {me === undefined ? (
        <NeedWallet>Your energy and your offers show here once it is known who you are.</NeedWallet>
      ) : (
        <WithBooks>
          {(books) => <Selling key={me.address} me={me} books={books} approved={account?.approved} />}
        </WithBooks>
      )}
    </>
  );
}

function Selling({ me, books, approved }: { me: Me; books: Books; approved: boolean | undefined }) {
  const { head } = useHead();
  const { offers, error } = useOffers();
  const now = head?.timestamp ?? 0;
  const holdings = holdingsOf(books, me.address, now);
  const mine = offers?.filter(({ offer }) => sameAddress(offer.seller, me.address));
  return (
    <div className="grid gap-6">
      <SharingNote me={me} />
      <MyOffers me={me} offers={mine} error={error} now={now} />
      <Holdings me={me} books={books} holdings={holdings} offers={mine ?? []} approved={approved} now={now} />
    </div>
  );
}

function Holdings({
  me,
  books,
  holdings,
  offers,
  approved,
  now,
}: {
  me: Me;
  books: Books;
  holdings: readonly Holding[];
  offers: readonly OfferView[];
  approved: boolean | undefined;
  now: number;
}) {
  const [openKey, setOpenKey] = useState<string>();
  const totalWh = holdings.reduce((sum, holding) => sum + holding.energyWh, 0n);
  return (
    <Card
      id="holdings"
      title="Energy you hold"
      flush
      aside={<span className="text-sm text-muted">{kwh(totalWh)} in all</span>}
    >
      {holdings.length === 0 ? (
        <div className="px-4 pb-3 sm:px-5">
          <Empty title="You hold no energy at the moment.">
            {me.meters.length === 0
              ? "No meter of this neighbourhood belongs to this wallet. Energy you buy shows here too."
              : "When your meter’s next day with a surplus is over and recorded, it shows here."}
          </Empty>
        </div>
      ) : (
        <ul className="divide-y divide-line border-t border-line">
          {holdings.map((holding) => {
            const key = `${holding.meter}/${holding.day}`;
            return (
              <HoldingRow
                key={key}
                me={me}
                books={books}
                holding={holding}
                all={holdings.filter((entry) => entry.meter === holding.meter)}
                offers={offers}
                approved={approved}
                now={now}
                open={openKey === key}
                onToggle={() => {
                  setOpenKey(openKey === key ? undefined : key);
                }}
              />
            );
          })}
        </ul>
      )}
    </Card>
  );
}
