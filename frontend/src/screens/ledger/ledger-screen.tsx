import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { type Day, isoDay, parseIsoDay } from "@commonwatt/sdk/time";

import { useDeployment } from "../../chain/deployment.ts";
import { useHead } from "../../chain/head.tsx";
import { download } from "../../lib/download.ts";
import { count, dayLabel, eur, kwh } from "../../lib/format.ts";
import type { Books, DayBook } from "../../model/books.ts";
import { ledgerDays, summarize } from "../../model/day-summary.ts";
import { dayCsv, dayJson } from "../../model/export.ts";
import { Button } from "../../ui/button.tsx";
import { DayPicker } from "../../ui/day-picker.tsx";
import { DayStrip } from "../../ui/day-strip.tsx";
import { WithBooks } from "../../ui/loading.tsx";
import { Card, Empty, Figure, PageHeading } from "../../ui/surfaces.tsx";
import { ConservationCard } from "./conservation-card.tsx";
import { MintsTable, RetirementsTable, TradesTable } from "./movements.tsx";
import { MoneyMovesCard } from "./money-moves-card.tsx";
import { ProfilesCard } from "./profiles-card.tsx";
import { SettledDaysCard } from "./settled-days-card.tsx";
import { SettlementCard } from "./settlement-card.tsx";

/** Everything that happened to a day's energy, checked in the reader's own browser. */
export function LedgerScreen(): ReactNode {
  return (
    <>
      <title>Ledger - Commonwatt</title>
      <WithBooks>{(books) => <Ledger books={books} />}</WithBooks>
    </>
  );
}

const route = getRouteApi("/ledger");

function Ledger({ books }: { books: Books }) {
  const { day: chosen } = route.useSearch();
  const navigate = route.useNavigate();
  const { head } = useHead();
  const days = ledgerDays(books);
  const wanted = chosen === undefined ? undefined : parseIsoDay(chosen);
  const day = wanted !== undefined && days.includes(wanted) ? wanted : days[0];
  const book = day === undefined ? undefined : books.days.get(day);
  const settled = day === undefined ? undefined : books.settlement.settled.get(day);
  const show = (next: Day): void => {
    void navigate({ search: { day: isoDay(next) }, resetScroll: false });
  };
  return (
    <>
      <PageHeading
        title="Ledger"
        aside={day !== undefined && <DayPicker label="Day of the ledger" days={days} value={day} onChange={show} />}
      >
        Read from the chain by your own browser, which checks the signature of every meter itself. Nobody has to be
        trusted for that, and no wallet is needed.
      </PageHeading>
      <div className="grid gap-6">
        {day === undefined && (
          <Empty title="No day has been recorded yet.">The meters’ first day appears here once it is over.</Empty>
        )}
        {settled !== undefined && <SettlementCard key={settled.transactionHash} settled={settled} books={books} />}
        {day !== undefined && book !== undefined && book.profiles.length > 0 && (
          <DayOfLedger day={day} book={book} books={books} shared={settled !== undefined} />
        )}
        <SettledDaysCard
          books={books.settlement}
          onShow={(next) => {
            show(next);
            window.scrollTo({ top: 0 });
          }}
        />
        <MoneyMovesCard books={books} />
        <ConservationCard books={books} now={head?.timestamp ?? 0} />
      </div>
    </>
  );
}

function DayOfLedger({
  day,
  book,
  books,
  shared,
}: {
  day: Day;
  book: DayBook;
  books: Books;
  /** Whether other meters shared on this day. */
  shared: boolean;
}) {
  const deployment = useDeployment();
  const summary = summarize(day, book);
  const save = (extension: "csv" | "json"): void => {
    const name = `commonwatt-${isoDay(day)}.${extension}`;
    if (extension === "csv") download(name, "text/csv", dayCsv(day, book));
    else download(name, "application/json", dayJson(deployment, day, book));
  };
  return (
    <>
      <Card
        id="day"
        title={shared ? `Traded by hand: ${dayLabel(day)}` : dayLabel(day)}
        aside={
          <div role="group" aria-label="Download this day" className="flex gap-2">
            <Button
              small
              onClick={() => {
                save("csv");
              }}
            >
              Save as CSV
            </Button>
            <Button
              small
              onClick={() => {
                save("json");
              }}
            >
              JSON
            </Button>
          </div>
        }
      >
        <dl className="mb-6 grid grid-cols-2 gap-x-6 gap-y-4 sm:grid-cols-3 lg:grid-cols-6 lg:[&_dd:nth-child(2)]:text-lg">
          <Figure label="Out" value={kwh(summary.exportWh)} hint={count(book.profiles.length, "meter")} />
          <Figure label="In" value={kwh(summary.importWh)} />
          <Figure label="Sold" value={kwh(summary.soldWh)} hint={count(book.trades.length, "sale")} />
          <Figure label="Paid" value={eur(summary.paidBaseUnits)} hint={`${eur(summary.chargeBaseUnits)} charge`} />
          <Figure label="Used" value={kwh(summary.usedWh)} hint={count(book.retirements.length, "use")} />
          <Figure label="Unattributed" value={kwh(summary.unattributedWh)} hint="in no quarter-hour" />
        </dl>
        <DayStrip
          title={`Energy of all meters on ${dayLabel(day)}`}
          series={[
            { name: "Out", side: "up", look: "sun-light", values: summary.exports },
            { name: "Sold", side: "up", look: "sun", values: summary.sold },
            { name: "In", side: "down", look: "grid-light", values: summary.imports },
            { name: "Used", side: "down", look: "accent", values: summary.covered },
          ]}
        />
      </Card>
      <ProfilesCard key={day} profiles={book.profiles} books={books} />
      <TradesTable trades={book.trades} books={books} />
      <RetirementsTable retirements={book.retirements} books={books} />
      <MintsTable mints={book.mints} books={books} />
    </>
  );
}
