import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { useDeployment } from "../../chain/deployment.ts";
import { centsPerKwh, count, dayLabel, kwhShort } from "../../lib/format.ts";
import { useSettlement } from "../../chain/settlement-input.ts";
import { type Books, emptyDayBook } from "../../model/books.ts";
import { averageTicks, recordedDays, summarize, withShared } from "../../model/day-summary.ts";
import { sharedDays } from "../../model/settlement-books.ts";
import { PRIVACY } from "../../shell/privacy.ts";
import { DayStrip } from "../../ui/day-strip.tsx";
import { WithBooks } from "../../ui/loading.tsx";
import { Card, Empty, Figure, Note, PageHeading, SkeletonRows } from "../../ui/surfaces.tsx";
import { MetersTable } from "./meters-table.tsx";

/** What this neighbourhood is, and how its newest day went. */
export function OverviewScreen(): ReactNode {
  const { name } = useDeployment();
  return (
    <>
      <title>{`${name} - Commonwatt`}</title>
      <PageHeading title={name}>
        Neighbours sell the electricity they do not need to neighbours who do, quarter-hour by quarter-hour, after it
        was measured. Every number here is signed by the meter it comes from, and your browser can check each one.
      </PageHeading>
      <div className="grid gap-6">
        <WithBooks>
          {(books) => (
            <>
              <NewestDay books={books} />
              <Steps />
              <Note tone="notice">
                <strong className="font-semibold">Before you take part:</strong> {PRIVACY} Whoever learns which meter is
                yours can see when you were at home.
              </Note>
              <MetersTable books={books} />
            </>
          )}
        </WithBooks>
      </div>
    </>
  );
}

function NewestDay({ books }: { books: Books }) {
  const [settled] = sharedDays(books.settlement);
  const { detail } = useSettlement(books, settled);
  const days = recordedDays(books);
  const traded = days.find((entry) => (books.days.get(entry)?.retirements.length ?? 0) > 0);
  const day = settled?.day ?? traded ?? days[0];
  if (day === undefined) {
    return <Empty title="No day has been recorded yet.">The meters’ first day appears here once it is over.</Empty>;
  }
  const book = books.days.get(day) ?? emptyDayBook();
  const byHand = summarize(day, book);
  if (settled !== undefined && detail === undefined) return <SkeletonRows rows={7} what="the newest day" />;
  const summary = detail === undefined ? byHand : withShared(byHand, detail.market);
  const meters = book.profiles.length + (settled?.paid.size ?? 0);
  const price = averageTicks(summary.soldWh, summary.paidBaseUnits);
  const covered = summary.importWh === 0n ? 0 : Number((summary.usedWh * 100n) / summary.importWh);
  return (
    <Card
      id="newest-day"
      title={dayLabel(summary.day)}
      aside={
        <span className="text-sm text-muted">
          {settled !== undefined
            ? "newest settled day"
            : traded === undefined
              ? "newest recorded day"
              : "newest traded day"}
          , {count(meters, "meter")}
        </span>
      }
    >
      <dl className="mb-6 grid grid-cols-2 gap-x-6 gap-y-4 sm:grid-cols-4">
        <Figure label="Surplus of the homes" value={kwhShort(summary.exportWh)} hint="sent out" />
        <Figure label="Need of the homes" value={kwhShort(summary.importWh)} hint="taken in" />
        <Figure
          label="Sold to neighbours"
          value={kwhShort(summary.soldWh)}
          hint={price === undefined ? "nothing yet" : `at ${centsPerKwh(price)}`}
        />
        <Figure label="Covered" value={kwhShort(summary.usedWh)} hint={`${covered} % of the need`} />
      </dl>
      <DayStrip
        title={`Energy of all meters on ${dayLabel(summary.day)}`}
        series={[
          { name: "Surplus", side: "up", look: "sun-light", values: summary.exports },
          { name: "Sold", side: "up", look: "sun", values: summary.sold },
          { name: "Need", side: "down", look: "grid-light", values: summary.imports },
          { name: "Covered", side: "down", look: "accent", values: summary.covered },
        ]}
      />
    </Card>
  );
}

const STEPS = [
  {
    to: "/",
    title: "Autopilot",
    text: "Your meter shares by itself at one fair price for every quarter-hour. You set the limits and keep an eye on it.",
  },
  {
    to: "/sell",
    title: "Sell by hand",
    text: "Without the autopilot, what your home sent out becomes yours to sell. You name the price; an offer costs nothing.",
  },
  {
    to: "/buy",
    title: "Buy by hand",
    text: "Buy what neighbours sent out in the same quarter-hours in which you needed it, then use it to cover your need.",
  },
  {
    to: "/ledger",
    title: "Check",
    text: "Read every reading, sale and use of any day. No wallet needed, and no trust in whoever runs this site.",
  },
] as const;

function Steps() {
  return (
    <ul className="grid gap-3 sm:grid-cols-2 lg:grid-cols-4">
      {STEPS.map(({ to, title, text }) => (
        <li key={to}>
          <Link
            to={to}
            className="block h-full rounded-card border border-line bg-surface p-4 hover:border-edge sm:p-5"
          >
            <span className="block font-semibold text-accent">{title}</span>
            <span className="mt-1 block text-sm text-muted">{text}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
