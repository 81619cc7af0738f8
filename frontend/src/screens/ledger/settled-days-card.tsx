import { centsPerKwh, cents, count, dayLabel, eur, kwhNumber } from "../../lib/format.ts";
import { averagePriceTicks, priceRange } from "../../model/settled-day.ts";
import { type SettlementBooks, settledDays } from "../../model/settlement-books.ts";
import type { Day } from "@commonwatt/sdk/time";
import { Hash } from "../../ui/hash.tsx";
import { Cell, WIDE_ONLY } from "../../ui/table.tsx";
import { TableCard } from "../../ui/table-card.tsx";

/** Every settled day, newest first. */
export function SettledDaysCard({ books, onShow }: { books: SettlementBooks; onShow: (day: Day) => void }) {
  const days = settledDays(books);
  const voids = books.voids.size;
  return (
    <TableCard
      id="settled-days"
      title="Settled days"
      caption="Days settled by the automatic auction"
      empty="No day has been settled yet."
      entries={days.length}
      aside={
        <span className="text-sm text-muted">
          {count(days.length, "day")}
          {voids > 0 && `, ${count(voids, "day")} not settled in time`}
        </span>
      }
      columns={[
        { key: "day", head: "Day" },
        { key: "price", head: "ct/kWh", numeric: true },
        { key: "range", head: "From to", numeric: true, className: WIDE_ONLY },
        { key: "energy", head: "Shared, kWh", numeric: true },
        { key: "meters", head: "Meters", numeric: true, className: WIDE_ONLY },
        { key: "treasury", head: "Network charges", numeric: true, className: WIDE_ONLY },
        { key: "tx", head: "Transaction", className: WIDE_ONLY },
        { key: "show", head: <span className="sr-only">Show</span> },
      ]}
    >
      {days.map((settled) => {
        const average = averagePriceTicks(settled.intervals);
        const range = priceRange(settled.intervals);
        return (
          <tr key={settled.day}>
            <Cell head className="sm:whitespace-nowrap">
              {dayLabel(settled.day)}
            </Cell>
            <Cell numeric>{average === undefined ? "no trade" : cents(average)}</Cell>
            <Cell numeric className={WIDE_ONLY}>
              {range === undefined ? "" : `${cents(range.from)} \u2013 ${centsPerKwh(range.to)}`}
            </Cell>
            <Cell numeric>{kwhNumber(settled.clearedWh)}</Cell>
            <Cell numeric className={WIDE_ONLY}>
              {settled.paid.size}
            </Cell>
            <Cell numeric className={WIDE_ONLY}>
              {eur(settled.treasuryBaseUnits)}
            </Cell>
            <Cell className={WIDE_ONLY}>
              <Hash value={settled.transactionHash} what="transaction" />
            </Cell>
            <Cell numeric>
              <button
                type="button"
                aria-label={`Show ${dayLabel(settled.day)}`}
                className="rounded-md px-1.5 py-1 text-accent underline-offset-4 hover:underline"
                onClick={() => {
                  onShow(settled.day);
                }}
              >
                Show
              </button>
            </Cell>
          </tr>
        );
      })}
    </TableCard>
  );
}
