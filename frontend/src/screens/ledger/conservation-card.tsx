import { count, eur, kwh } from "../../lib/format.ts";
import type { Books } from "../../model/books.ts";
import { conservation } from "../../model/conservation.ts";
import { CheckIcon, CrossIcon } from "../../ui/icons.tsx";
import { Card, Chip } from "../../ui/surfaces.tsx";
import { Summary } from "../../ui/summary.tsx";

/** Whether any energy was made or lost since the first block, and the sums over all days. */
export function ConservationCard({ books, now }: { books: Books; now: number }) {
  const { mintedWh, usedWh, expiredWh, liveWh, holds } = conservation(books, now);
  const { profiles, soldWh, paidBaseUnits, chargeBaseUnits, unattributedWh, settledMeterDays, sharedWh } = books.totals;
  return (
    <Card
      id="conservation"
      title="All days together"
      aside={
        holds ? (
          <Chip tone="good">
            <CheckIcon /> the books balance
          </Chip>
        ) : (
          <Chip tone="bad">
            <CrossIcon /> the books do not balance
          </Chip>
        )
      }
    >
      <p className="mb-4 max-w-3xl text-sm text-muted">
        Minted is what meters signed, used is what the neighbourhood reported, live is what all holders have by the
        token’s own transfers. Three sources, one equation.
      </p>
      <dl className="flex flex-wrap items-end gap-x-4 gap-y-3" data-testid="conservation">
        <Term name="Minted" value={kwh(mintedWh)} />
        <Sign text={"\u2212"} spoken="minus" />
        <Term name="used" value={kwh(usedWh)} />
        <Sign text={"\u2212"} spoken="minus" />
        <Term name="expired" value={kwh(expiredWh)} />
        <Sign text={holds ? "=" : "\u2260"} spoken={holds ? "equals" : "does not equal"} />
        <Term name="live" value={kwh(liveWh)} />
      </dl>
      <div className="mt-6 max-w-md">
        <Summary
          rows={[
            ["Recorded meter-days", count(profiles, "profile")],
            ["Sold", kwh(soldWh)],
            ["Paid to sellers", eur(paidBaseUnits)],
            ["Network charges", eur(chargeBaseUnits)],
            ["Unattributed", kwh(unattributedWh)],
            ["Settled meter-days", count(settledMeterDays, "profile")],
            ["Shared", kwh(sharedWh)],
          ]}
        />
      </div>
    </Card>
  );
}

function Term({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt className="text-sm text-muted">{name}</dt>
      <dd className="text-xl font-semibold tracking-tight whitespace-nowrap">{value}</dd>
    </div>
  );
}

function Sign({ text, spoken }: { text: string; spoken: string }) {
  return (
    <div className="text-xl text-muted">
      <dt className="sr-only">{spoken}</dt>
      <dd aria-hidden="true">{text}</dd>
    </div>
  );
}
