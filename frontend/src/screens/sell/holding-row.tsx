import { useId } from "react";

import type { Me } from "../../chain/data.tsx";
import { useDeployment } from "../../chain/deployment.ts";
import { cents, dayLabel, instantLabel, kwh } from "../../lib/format.ts";
import type { Books } from "../../model/books.ts";
import { type Holding, intervalAt } from "../../model/holdings.ts";
import type { OfferView } from "../../model/market.ts";
import { meterName } from "../../model/names.ts";
import { Button } from "../../ui/button.tsx";
import { MiniStrip } from "../../ui/day-strip.tsx";
import { Chip } from "../../ui/surfaces.tsx";
import { OfferForm } from "./offer-form.tsx";

/** One meter's energy of one day; opens into the form that offers it. */
export function HoldingRow({
  me,
  books,
  holding,
  all,
  offers,
  approved,
  now,
  open,
  onToggle,
}: {
  me: Me;
  books: Books;
  holding: Holding;
  /** Everything I hold of the same meter. */
  all: readonly Holding[];
  /** My offers. */
  offers: readonly OfferView[];
  approved: boolean | undefined;
  now: number;
  open: boolean;
  onToggle: () => void;
}) {
  const formId = useId();
  const deployment = useDeployment();
  const offered = offers.filter(
    ({ offer, state }) =>
      state === "open" &&
      offer.meter === holding.meter &&
      offer.firstInterval <= intervalAt(holding.day, 95) &&
      offer.lastInterval >= intervalAt(holding.day, 0),
  );
  const cheapest = offered.toSorted((a, b) => a.offer.priceTicks - b.offer.priceTicks)[0];
  return (
    <li>
      <div className="grid grid-cols-[1fr_auto] items-center gap-x-4 gap-y-2 px-4 py-3 sm:grid-cols-[12rem_1fr_9.5rem_auto] sm:px-5">
        <div className="min-w-0">
          <h3 className="font-medium">{dayLabel(holding.day)}</h3>
          <p className="truncate text-sm text-muted">
            {holding.own ? "own, " : "bought, "}
            {meterName(deployment, books.meters.get(holding.meter), holding.meter)}
          </p>
        </div>
        <div className="max-sm:order-3 max-sm:self-end">
          <MiniStrip
            label={`${kwh(holding.energyWh)} over the day`}
            series={[{ name: "Held", side: "up", look: "sun", values: holding.series }]}
          />
        </div>
        <div className="text-right">
          <p className="font-semibold">{kwh(holding.energyWh)}</p>
          <p className="text-sm text-muted">until {instantLabel(holding.expiresAt).split(",")[0]}</p>
        </div>
        <div className="flex items-center justify-end gap-2 max-sm:order-4 max-sm:flex-col-reverse max-sm:items-end sm:w-60">
          {cheapest !== undefined && <Chip tone="sun">offered, {cents(cheapest.offer.priceTicks)} ct</Chip>}
          <Button small aria-expanded={open} aria-controls={formId} onClick={onToggle}>
            {open ? "Close" : "Offer"}
          </Button>
        </div>
      </div>
      <div id={formId}>
        {open && (
          <OfferForm
            me={me}
            books={books}
            holding={holding}
            all={all}
            approved={approved}
            now={now}
            onDone={onToggle}
          />
        )}
      </div>
    </li>
  );
}
