import { useState } from "react";

import { dayOfInterval, indexInDay } from "@commonwatt/sdk/time";
import type { Ticks } from "@commonwatt/sdk/units";

import type { Me } from "../../chain/data.tsx";
import { cents, count, dayLabel, kwh, kwhNumber, spanLabel } from "../../lib/format.ts";
import type { Books } from "../../model/books.ts";
import { daysOf, type OfferView } from "../../model/market.ts";
import { missingOfAll, openFor, usableOf } from "../../model/match.ts";
import { Button } from "../../ui/button.tsx";
import { CustodyLabel, MeterLabel, SourceLabel } from "../../ui/meter-label.tsx";
import { Card, Empty, SkeletonRows } from "../../ui/surfaces.tsx";
import { Cell, Table, WIDE_ONLY } from "../../ui/table.tsx";
import { HandBuyDialog } from "./hand-buy-dialog.tsx";

/** Rows shown at first, and more each time they are asked for. */
const PAGE = 20;

/** All offers somebody can buy from, cheapest first. */
export function OffersCard({
  me,
  books,
  offers,
  charge,
  now,
}: {
  me: Me | undefined;
  books: Books;
  offers: readonly OfferView[] | undefined;
  charge: Ticks | undefined;
  now: number;
}) {
  const [shown, setShown] = useState(PAGE);
  const [chosen, setChosen] = useState<string>();
  const [fitting, setFitting] = useState(me !== undefined && me.meters.length > 0);
  const usable = me === undefined ? undefined : missingOfAll(books, me.meters, me.address, now);
  const all = offers === undefined ? undefined : openFor(offers, me?.address);
  const open = usable === undefined || !fitting ? all : all?.filter((offer) => usableOf(offer, usable) > 0n);
  const view = open?.find(({ hash }) => hash === chosen);
  return (
    <Card
      id="offers"
      title="Offers of your neighbours"
      flush
      aside={
        all !== undefined && (
          <div className="flex flex-wrap items-center gap-x-5 gap-y-1 text-sm text-muted">
            {usable !== undefined && (
              <label className="flex min-h-9 items-center gap-2 text-ink">
                <input
                  type="checkbox"
                  className="size-4.5 accent-accent"
                  checked={fitting}
                  onChange={(event) => {
                    setFitting(event.target.checked);
                  }}
                />
                Only what fits my need
              </label>
            )}
            {count(all.length, "open offer")}
          </div>
        )
      }
    >
      {open === undefined || charge === undefined ? (
        <div className="px-4 pb-3 sm:px-5">
          <SkeletonRows rows={4} what="the offers" />
        </div>
      ) : open.length === 0 ? (
        <div className="px-4 pb-3 sm:px-5">
          {all !== undefined && all.length > 0 ? (
            <Empty title="None of the open offers fits your need.">
              They have no energy in the quarter-hours in which your meter took some in.
            </Empty>
          ) : (
            <Empty title="Nobody offers energy at the moment.">New offers appear here by themselves.</Empty>
          )}
        </div>
      ) : (
        <Table
          caption="Open offers, cheapest first. Prices include the network charge."
          columns={[
            { key: "price", head: "ct/kWh", numeric: true },
            { key: "meter", head: "From" },
            { key: "source", head: "Source", className: WIDE_ONLY },
            { key: "custody", head: "Key kept by", className: WIDE_ONLY },
            { key: "range", head: "Sent out", className: WIDE_ONLY },
            { key: "available", head: "Offered, kWh", numeric: true, className: WIDE_ONLY },
            ...(usable === undefined
              ? []
              : [{ key: "fits", head: "Fits you, kWh", numeric: true, className: WIDE_ONLY }]),
            ...(me === undefined ? [] : [{ key: "action", head: <span className="sr-only">Action</span> }]),
          ]}
        >
          {open.slice(0, shown).map((offer) => (
            <tr key={offer.hash}>
              <Cell numeric className="text-base font-semibold">
                {cents(offer.offer.priceTicks + charge)}
              </Cell>
              <Cell head>
                <MeterLabel number={offer.offer.meter} meter={offer.meter} />
                <span className="block text-sm font-normal text-muted md:hidden">
                  <span className="block">
                    <SourceLabel meter={offer.meter} />, key: <CustodyLabel custody={offer.custody} />
                  </span>
                  <span className="block">
                    <OfferedTime view={offer} />
                  </span>
                  <span className="block text-ink">
                    {kwh(offer.availableWh)}
                    {usable !== undefined && `, ${kwh(usableOf(offer, usable))} fit you`}
                  </span>
                </span>
              </Cell>
              <Cell className={WIDE_ONLY}>
                <SourceLabel meter={offer.meter} />
              </Cell>
              <Cell className={WIDE_ONLY}>
                <CustodyLabel custody={offer.custody} />
              </Cell>
              <Cell className={`whitespace-nowrap ${WIDE_ONLY}`}>
                <OfferedTime view={offer} />
              </Cell>
              <Cell numeric className={WIDE_ONLY}>
                {kwhNumber(offer.availableWh)}
              </Cell>
              {usable !== undefined && (
                <Cell numeric className={WIDE_ONLY}>
                  {kwhNumber(usableOf(offer, usable))}
                </Cell>
              )}
              {me !== undefined && (
                <Cell numeric className="max-md:pl-0">
                  <Button
                    small
                    aria-label={`Buy from the offer of meter ${offer.offer.meter} at ${cents(offer.offer.priceTicks + charge)} ct`}
                    onClick={() => {
                      setChosen(offer.hash);
                    }}
                  >
                    Buy…
                  </Button>
                </Cell>
              )}
            </tr>
          ))}
        </Table>
      )}
      {open !== undefined && open.length > shown && (
        <div className="flex justify-center py-3">
          <Button
            small
            onClick={() => {
              setShown(shown + PAGE);
            }}
          >
            Show more ({open.length - shown})
          </Button>
        </div>
      )}
      {me !== undefined && view !== undefined && charge !== undefined && usable !== undefined && (
        <HandBuyDialog
          key={view.hash}
          me={me}
          view={view}
          usable={usable}
          charge={charge}
          now={now}
          onClose={() => {
            setChosen(undefined);
          }}
        />
      )}
    </Card>
  );
}

/** The days an offer delivers from, with the time of day where it is one day. */
function OfferedTime({ view }: { view: OfferView }) {
  const days = daysOf(view);
  const [first] = days;
  const last = days.at(-1);
  if (first === undefined || last === undefined) return null;
  if (first !== last) {
    return (
      <>
        {dayLabel(first)}
        <span className="block text-muted">to {dayLabel(last)}</span>
      </>
    );
  }
  const { firstInterval, lastInterval } = view.offer;
  const whole = dayOfInterval(firstInterval) !== dayOfInterval(lastInterval);
  return (
    <>
      {dayLabel(first)}
      <span className="block text-muted">
        {whole ? "all day" : spanLabel(indexInDay(firstInterval), indexInDay(lastInterval))}
      </span>
    </>
  );
}
