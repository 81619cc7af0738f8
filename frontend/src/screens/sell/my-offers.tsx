import { useConfig } from "wagmi";

import { explainError } from "@commonwatt/sdk/errors";
import { dayOfInterval, indexInDay } from "@commonwatt/sdk/time";

import type { Me } from "../../chain/data.tsx";
import { useDeployment } from "../../chain/deployment.ts";
import { useProposeFlow } from "../../flow/flow-context.tsx";
import { cancelAllFlow, cancelFlow } from "../../flow/sell-flows.ts";
import { cents, centsPerKwh, count, dayLabel, eur, instantLabel, kwh, kwhNumber, spanLabel } from "../../lib/format.ts";
import type { OfferState, OfferView } from "../../model/market.ts";
import { Button } from "../../ui/button.tsx";
import { Card, Chip, Empty, Note, SkeletonRows } from "../../ui/surfaces.tsx";
import { Summary } from "../../ui/summary.tsx";
import { Cell, Table, WIDE_ONLY } from "../../ui/table.tsx";

const STATE_TEXT: Record<OfferState, string> = {
  open: "open",
  empty: "nothing left to sell",
  "not deliverable": "needs your permission to deliver",
  "sold out": "sold out",
  cancelled: "cancelled",
  expired: "expired",
};

/** My offers, what each has sold, and the ways out of them. */
export function MyOffers({
  me,
  offers,
  error,
  now,
}: {
  me: Me;
  offers: readonly OfferView[] | undefined;
  error: Error | undefined;
  now: number;
}) {
  const config = useConfig();
  const deployment = useDeployment();
  const propose = useProposeFlow();
  // What cannot be bought from any more is history, not an offer.
  const current = offers?.filter(({ state }) => state !== "cancelled" && state !== "expired");
  const highest = current?.reduce((max, { offer }) => (offer.nonce > max ? offer.nonce : max), 0n) ?? 0n;

  return (
    <Card
      id="my-offers"
      title="Your offers"
      flush
      aside={
        current !== undefined &&
        current.length > 1 && (
          <Button
            small
            look="danger"
            onClick={() => {
              propose({
                flow: cancelAllFlow(config, deployment, highest + 1n),
                confirm: "Cancel all",
                summary: (
                  <p>
                    {count(current.length, "offer")} of {me.name} will be void. What they sold stays sold.
                  </p>
                ),
              });
            }}
          >
            Cancel all
          </Button>
        )
      }
    >
      {error !== undefined && (
        <div className="px-4 pb-3 sm:px-5">
          <Note tone="notice">The offer board cannot be read: {explainError(error)}</Note>
        </div>
      )}
      {current === undefined ? (
        error === undefined && (
          <div className="px-4 pb-3 sm:px-5">
            <SkeletonRows rows={2} what="your offers" />
          </div>
        )
      ) : current.length === 0 ? (
        <div className="px-4 pb-3 sm:px-5">
          <Empty title="You have no open offers.">Choose a day below and offer its energy.</Empty>
        </div>
      ) : (
        <Table
          caption="Your offers"
          columns={[
            { key: "range", head: "Energy of" },
            { key: "price", head: "ct/kWh", numeric: true, className: WIDE_ONLY },
            { key: "sold", head: "Sold so far", numeric: true },
            { key: "left", head: "Left, kWh", numeric: true, className: WIDE_ONLY },
            { key: "until", head: "Holds until", className: WIDE_ONLY },
            { key: "action", head: <span className="sr-only">Action</span> },
          ]}
        >
          {current.map((view) => (
            <tr key={view.hash}>
              <Cell head>
                <OfferRange view={view} now={now} />
              </Cell>
              <Cell numeric className={WIDE_ONLY}>
                {cents(view.offer.priceTicks)}
              </Cell>
              <Cell numeric>
                <span className="block">{kwh(view.soldWh)}</span>
                <span className="block text-muted">{eur(view.earnedBaseUnits)}</span>
              </Cell>
              <Cell numeric className={WIDE_ONLY}>
                {kwhNumber(view.availableWh)}
              </Cell>
              <Cell className={`whitespace-nowrap ${WIDE_ONLY}`}>{instantLabel(view.offer.expiry)}</Cell>
              <Cell numeric>
                <Button
                  small
                  aria-label={`Cancel the offer at ${centsPerKwh(view.offer.priceTicks)}`}
                  onClick={() => {
                    propose({
                      flow: cancelFlow(config, deployment, view.offer.nonce),
                      confirm: "Cancel the offer",
                      summary: (
                        <Summary
                          rows={[
                            ["Price", centsPerKwh(view.offer.priceTicks)],
                            ["Sold so far", kwh(view.soldWh)],
                            ["Left", kwh(view.availableWh)],
                          ]}
                        />
                      ),
                    });
                  }}
                >
                  Cancel
                </Button>
              </Cell>
            </tr>
          ))}
        </Table>
      )}
    </Card>
  );
}

function OfferRange({ view, now }: { view: OfferView; now: number }) {
  const { firstInterval, lastInterval, meter } = view.offer;
  const first = dayOfInterval(firstInterval);
  const last = dayOfInterval(lastInterval);
  const standing = lastInterval * 900 > now;
  return (
    <span className="block">
      <span className="block whitespace-nowrap">
        {first === last
          ? dayLabel(first)
          : `${dayLabel(first)} ${standing ? "and all that follow" : `to ${dayLabel(last)}`}`}
      </span>
      <span className="flex flex-wrap items-center gap-2 text-sm font-normal text-muted">
        {first === last && spanLabel(indexInDay(firstInterval), indexInDay(lastInterval))} meter {meter}
        <span className="text-ink md:hidden">{centsPerKwh(view.offer.priceTicks)}</span>
        {view.state !== "open" && <Chip>{STATE_TEXT[view.state]}</Chip>}
      </span>
    </span>
  );
}
