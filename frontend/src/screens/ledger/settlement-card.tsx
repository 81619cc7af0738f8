import { type ReactNode, useState } from "react";

import { explainError } from "@commonwatt/sdk/errors";
import { isoDay } from "@commonwatt/sdk/time";

import { type SettlementDetail, useSettlement } from "../../chain/settlement-input.ts";
import { download } from "../../lib/download.ts";
import { centsPerKwh, count, dayLabel, decimal, eur, kwh, kwhNumber } from "../../lib/format.ts";
import { sumSeries } from "../../lib/series.ts";
import { allocationCsv } from "../../model/allocation-csv.ts";
import type { Books } from "../../model/books.ts";
import { totalsOf } from "../../model/day-market.ts";
import { averagePriceTicks, type SettledDay } from "../../model/settled-day.ts";
import { Button } from "../../ui/button.tsx";
import { Hash } from "../../ui/hash.tsx";
import { CheckIcon, CrossIcon } from "../../ui/icons.tsx";
import { MeterLabel } from "../../ui/meter-label.tsx";
import { Card, Chip, Figure, Note } from "../../ui/surfaces.tsx";
import { Cell, Table, WIDE_ONLY } from "../../ui/table.tsx";
import { useVerifiedSettlement } from "./use-verified-settlement.ts";

/** A settled day: what was shared, who paid what, and clearing it anew in this browser. */
export function SettlementCard({ settled, books }: { settled: SettledDay; books: Books }) {
  const { detail, error } = useSettlement(books, settled);
  const average = averagePriceTicks(settled.intervals);
  const problem = error === undefined ? undefined : `The profiles of this day cannot be read: ${explainError(error)}`;
  return (
    <Card
      id="settlement"
      title={`Settled: ${dayLabel(settled.day)}`}
      flush
      aside={
        <Button
          small
          disabled={detail === undefined}
          onClick={() => {
            if (detail === undefined) return;
            download(
              `commonwatt-allocation-${isoDay(settled.day)}.csv`,
              "text/csv",
              allocationCsv(detail.market, detail.statements),
            );
          }}
        >
          Save allocation as CSV
        </Button>
      }
    >
      <div className="px-4 pb-4 sm:px-5">
        <dl className="mb-5 grid grid-cols-2 gap-x-6 gap-y-4 sm:grid-cols-4">
          <Figure label="Shared" value={kwh(settled.clearedWh)} hint={count(settled.paid.size, "meter")} />
          <Figure label="Average price" value={average === undefined ? "no trade" : centsPerKwh(average)} />
          <Figure label="Network charges" value={eur(settled.treasuryBaseUnits)} hint="and what rounding left" />
          <Figure
            label="Settled in"
            value={<Hash value={settled.transactionHash} what="transaction" />}
            hint={`by ${settled.settler.slice(0, 10)}\u2026`}
          />
        </dl>
        <Verification settled={settled} books={books} />
        {problem !== undefined && (
          <div className="mt-3">
            <Note tone="bad">{problem}</Note>
          </div>
        )}
      </div>
      <Payments settled={settled} detail={detail} books={books} />
    </Card>
  );
}

/** The button that clears the day anew, and what came out. */
function Verification({ settled, books }: { settled: SettledDay; books: Books }) {
  const [asked, setAsked] = useState(false);
  const { mismatches, error } = useVerifiedSettlement(books, settled, asked);
  const verdict = (): ReactNode => {
    if (!asked) {
      return "Your browser can read every signed profile from the transaction, clear the day anew, and compare all prices and payments.";
    }
    if (error !== undefined) return <Chip tone="bad">could not be checked: {explainError(error)}</Chip>;
    if (mismatches === undefined) return <Chip>clearing 96 auctions anew</Chip>;
    if (mismatches.length === 0) {
      return (
        <Chip tone="good">
          <CheckIcon /> verified in this browser: every signature, price and payment
        </Chip>
      );
    }
    return (
      <Chip tone="bad">
        <CrossIcon /> {count(mismatches.length, "mismatch", "mismatches")}
      </Chip>
    );
  };
  return (
    <div className="grid gap-2">
      <div className="flex min-h-11 flex-wrap items-center gap-3 text-sm text-muted">
        <Button
          small
          disabled={asked}
          onClick={() => {
            setAsked(true);
          }}
        >
          Verify this day
        </Button>
        <span role="status" className="min-w-0 flex-1 basis-60">
          {verdict()}
        </span>
      </div>
      {mismatches !== undefined && mismatches.length > 0 && (
        <ul className="list-disc pl-5 text-sm">
          {mismatches.slice(0, MOST_SHOWN).map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** Mismatches listed: where one is wrong, many are. */
const MOST_SHOWN = 20;

function Payments({
  settled,
  detail,
  books,
}: {
  settled: SettledDay;
  detail: SettlementDetail | undefined;
  books: Books;
}) {
  const meters = [...settled.paid.keys()].toSorted((a, b) => a - b);
  const unfunded = new Set(settled.unfunded.map(({ meter }) => meter));
  return (
    <Table
      caption={`What each meter sold, bought and paid on ${dayLabel(settled.day)}`}
      maxHeight="max-h-[32rem]"
      columns={[
        { key: "meter", head: "Meter" },
        { key: "sold", head: "Sold, kWh", numeric: true },
        { key: "bought", head: "Bought, kWh", numeric: true },
        { key: "out", head: "Out, kWh", numeric: true, className: WIDE_ONLY },
        { key: "in", head: "In, kWh", numeric: true, className: WIDE_ONLY },
        { key: "paid", head: "Paid, EUR", numeric: true },
      ]}
    >
      {meters.map((meter) => {
        const statement = detail?.statements.get(meter);
        const totals = statement && totalsOf(statement);
        const shown = (wh: bigint | undefined) => (wh === undefined ? "\u2026" : kwhNumber(wh));
        return (
          <tr key={meter}>
            <Cell head>
              <MeterLabel number={meter} meter={books.meters.get(meter)} place={false} />
              {unfunded.has(meter) && <Chip tone="sun">unfunded</Chip>}
            </Cell>
            <Cell numeric>{shown(totals?.soldWh)}</Cell>
            <Cell numeric>{shown(totals?.boughtWh)}</Cell>
            <Cell numeric className={WIDE_ONLY}>
              {shown(statement && BigInt(sumSeries(statement.exports)))}
            </Cell>
            <Cell numeric className={WIDE_ONLY}>
              {shown(statement && BigInt(sumSeries(statement.imports)))}
            </Cell>
            <Cell numeric>{decimal(settled.paid.get(meter) ?? 0n, 6, 6)}</Cell>
          </tr>
        );
      })}
    </Table>
  );
}
