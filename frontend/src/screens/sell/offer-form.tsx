import { type SubmitEvent, useState } from "react";
import { useConfig } from "wagmi";

import type { Me } from "../../chain/data.tsx";
import { useOffers } from "../../chain/data.tsx";
import { useDeployment } from "../../chain/deployment.ts";
import { useHead } from "../../chain/head.tsx";
import { useProposeFlow } from "../../flow/flow-context.tsx";
import { listFlow } from "../../flow/sell-flows.ts";
import { isSimulated } from "../../lib/clock.ts";
import { centsPerKwh, duration, eur, instantLabel, kwh } from "../../lib/format.ts";
import { extent } from "../../lib/series.ts";
import type { Books } from "../../model/books.ts";
import type { Holding } from "../../model/holdings.ts";
import { nextNonce } from "../../model/market.ts";
import { type DaySpan, type Lifetime, type OfferDraft, resolveDraft } from "../../model/offer-draft.ts";
import { Button } from "../../ui/button.tsx";
import { DayStrip } from "../../ui/day-strip.tsx";
import { Field } from "../../ui/field.tsx";
import { Summary } from "../../ui/summary.tsx";
import { TimeRange } from "./time-range.tsx";

const SPANS: Record<DaySpan, string> = {
  "this day": "This day only",
  "all held": "All days I hold",
  following: "This day and all that follow",
};
const LIFETIMES: Record<Lifetime, string> = {
  "1 day": "for 1 day",
  "3 days": "for 3 days",
  "7 days": "for 7 days",
  "until unusable": "as long as it can be used",
};

/** Makes an offer out of what somebody holds. */
export function OfferForm({
  me,
  books,
  holding,
  all,
  approved,
  now,
  onDone,
}: {
  me: Me;
  books: Books;
  holding: Holding;
  all: readonly Holding[];
  approved: boolean | undefined;
  now: number;
  onDone: () => void;
}) {
  const config = useConfig();
  const deployment = useDeployment();
  const propose = useProposeFlow();
  const { offers } = useOffers();
  const { speed } = useHead();
  const [shown, setShown] = useState(false);
  const [draft, setDraft] = useState<OfferDraft>(() => ({
    span: "this day",
    ...(extent(holding.series) ?? { first: 0, last: 95 }),
    price: "15.00",
    lifetime: "7 days",
    limited: !holding.own,
    amount: "",
  }));
  const change = (part: Partial<OfferDraft>): void => {
    setDraft({ ...draft, ...part });
  };
  const result = resolveDraft(draft, holding, all, now);
  const simulatedDay = isSimulated(speed) && speed !== undefined ? duration(86_400 / speed) : undefined;

  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    setShown(true);
    if (!result.price.ok || !result.maxWh.ok || result.heldWh === 0n || approved === undefined) return;
    const price = result.price.value;
    const limit = result.maxWh.value;
    propose({
      flow: listFlow(
        config,
        deployment,
        {
          meter: holding.meter,
          firstInterval: result.firstInterval,
          lastInterval: result.lastInterval,
          priceTicks: price,
          expiry: result.expiry,
          nonce: nextNonce(books, me.address, offers ?? []),
          ...(limit === undefined ? {} : { maxWh: limit }),
        },
        approved,
      ),
      confirm: "Offer it",
      onDone,
      summary: (
        <Summary
          rows={[
            ["From", `${instantLabel(result.firstInterval * 900)} UTC`],
            ["To", `${instantLabel((result.lastInterval + 1) * 900)} UTC`],
            ["You hold there now", kwh(result.heldWh)],
            ["You sell at most", limit === undefined ? "all you hold in this range" : kwh(limit)],
            ["Price", centsPerKwh(price)],
            ["Holds until", `${instantLabel(result.expiry)} UTC`],
          ]}
        />
      ),
    });
  };

  return (
    <form
      noValidate
      onSubmit={submit}
      className="grid gap-5 border-t border-line bg-page/60 px-4 py-5 sm:px-5 lg:grid-cols-[1.2fr_1fr] lg:gap-8"
    >
      <DayStrip
        title="Energy you hold on this day"
        series={[{ name: "You hold", side: "up", look: "sun", values: holding.series }]}
        selected={draft.span === "this day" ? { first: draft.first, last: draft.last } : { first: 0, last: 95 }}
      />
      <div className="grid content-start gap-3">
        <Field
          label="Which energy"
          hint={holding.own ? undefined : "Of somebody else’s meter: an amount must be named."}
        >
          {(control) => (
            <select
              {...control}
              className="control"
              value={draft.span}
              onChange={(event) => {
                change({ span: event.target.value as DaySpan });
              }}
            >
              {Object.entries(SPANS)
                .filter(([span]) => holding.own || span !== "following")
                .map(([span, text]) => (
                  <option key={span} value={span}>
                    {text}
                  </option>
                ))}
            </select>
          )}
        </Field>
        {draft.span === "this day" && <TimeRange first={draft.first} last={draft.last} onChange={change} />}
        <div className="grid gap-3 sm:grid-cols-2">
          <Field
            label="Price, ct per kWh"
            hint="steps of 0.01 ct"
            error={shown && !result.price.ok ? result.price.message : undefined}
          >
            {(control) => (
              <input
                {...control}
                className="control text-right"
                inputMode="decimal"
                autoComplete="off"
                value={draft.price}
                onChange={(event) => {
                  change({ price: event.target.value });
                }}
              />
            )}
          </Field>
          <Field
            label="The offer holds"
            hint={simulatedDay === undefined ? undefined : `a day passes in ${simulatedDay} here`}
          >
            {(control) => (
              <select
                {...control}
                className="control"
                value={draft.lifetime}
                onChange={(event) => {
                  change({ lifetime: event.target.value as Lifetime });
                }}
              >
                {Object.entries(LIFETIMES).map(([lifetime, text]) => (
                  <option key={lifetime} value={lifetime}>
                    {text}
                  </option>
                ))}
              </select>
            )}
          </Field>
        </div>
        {holding.own && (
          <label className="flex min-h-9 items-center gap-2.5 text-sm">
            <input
              type="checkbox"
              className="size-5 accent-accent"
              checked={draft.limited}
              onChange={(event) => {
                change({ limited: event.target.checked });
              }}
            />
            Sell only part of it
          </label>
        )}
        {draft.limited && (
          <Field
            label="At most, kWh"
            hint={`you hold ${kwh(result.heldWh)} in this range`}
            error={shown && !result.maxWh.ok ? result.maxWh.message : undefined}
          >
            {(control) => (
              <input
                {...control}
                className="control text-right"
                inputMode="decimal"
                autoComplete="off"
                value={draft.amount}
                onChange={(event) => {
                  change({ amount: event.target.value });
                }}
              />
            )}
          </Field>
        )}
        <div className="flex flex-wrap items-center justify-between gap-3">
          <p className="text-sm text-muted">
            {result.heldWh === 0n
              ? "You hold nothing in this range."
              : result.proceeds !== undefined && `All of it sold brings ${eur(result.proceeds)}.`}
          </p>
          <Button type="submit" look="primary" disabled={approved === undefined || result.heldWh === 0n}>
            Offer this energy
          </Button>
        </div>
      </div>
    </form>
  );
}
