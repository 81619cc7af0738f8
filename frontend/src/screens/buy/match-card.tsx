import { useState } from "react";

import type { Day } from "@commonwatt/sdk/time";
import type { Ticks } from "@commonwatt/sdk/units";

import type { Me } from "../../chain/data.tsx";
import { centsPerKwh, dayLabel, eur, kwh, kwhShort } from "../../lib/format.ts";
import { minSeries, sumSeries } from "../../lib/series.ts";
import type { Books } from "../../model/books.ts";
import { averageTicks } from "../../model/day-summary.ts";
import type { OfferView } from "../../model/market.ts";
import { daysInNeed, MAX_FILLS, needOf, planMatch, planSeries } from "../../model/match.ts";
import { Button } from "../../ui/button.tsx";
import { DayPicker } from "../../ui/day-picker.tsx";
import { DayStrip } from "../../ui/day-strip.tsx";
import { Card, Empty, Figure, Note, SkeletonRows } from "../../ui/surfaces.tsx";
import { usePurchase } from "./use-purchase.tsx";

/** Buys, with one decision, what neighbours sent out in the very quarter-hours in which I needed it. */
export function MatchCard({
  me,
  books,
  offers,
  charge,
  now,
}: {
  me: Me;
  books: Books;
  offers: readonly OfferView[] | undefined;
  charge: Ticks | undefined;
  now: number;
}) {
  const [chosen, setChosen] = useState<Day>();
  const days = daysInNeed(books, me.meters, now);
  const day = chosen !== undefined && days.includes(chosen) ? chosen : days[0];
  return (
    <Card
      id="match"
      title="Match my imports"
      aside={day !== undefined && <DayPicker label="Day to cover" days={days} value={day} onChange={setChosen} />}
    >
      {day === undefined ? (
        <Empty title="Nothing to cover at the moment.">
          {me.meters.length === 0
            ? "No meter of this neighbourhood belongs to this wallet."
            : "When your meter’s next day is recorded, what it took in shows here."}
        </Empty>
      ) : offers === undefined || charge === undefined ? (
        <SkeletonRows rows={5} what="the offers" />
      ) : (
        <Match me={me} books={books} offers={offers} charge={charge} now={now} day={day} />
      )}
    </Card>
  );
}

function Match({
  me,
  books,
  offers,
  charge,
  now,
  day,
}: {
  me: Me;
  books: Books;
  offers: readonly OfferView[];
  charge: Ticks;
  now: number;
  day: Day;
}) {
  const purchase = usePurchase(me);
  const need = needOf(books, me.meters, me.address, day);
  const plan = planMatch(need, offers, me.address, charge, now);
  const total = plan.paidBaseUnits + plan.chargeBaseUnits;
  const average = averageTicks(plan.energyWh, total);
  const missingWh = BigInt(sumSeries(need.missing));
  const affordable = purchase.affordable(plan);
  return (
    <div className="grid gap-5">
      <dl className="grid grid-cols-2 gap-x-6 gap-y-4 sm:grid-cols-4">
        <Figure label="Not covered yet" value={kwhShort(BigInt(sumSeries(need.uncovered)))} />
        <Figure label="You hold for it" value={kwhShort(BigInt(sumSeries(minSeries(need.uncovered, need.held))))} />
        <Figure
          label="Neighbours offer"
          value={kwhShort(plan.energyWh)}
          hint={missingWh === 0n ? "nothing is missing" : `of ${kwhShort(missingWh)} missing`}
        />
        <Figure
          label="For"
          value={eur(total)}
          hint={average === undefined ? "no matching offer" : `${centsPerKwh(average)}, charge included`}
        />
      </dl>
      <DayStrip
        title={`Your need on ${dayLabel(day)} and what can cover it`}
        series={[
          { name: "Not covered", side: "down", look: "grid-light", values: need.uncovered },
          { name: "Held", side: "down", look: "grid", values: minSeries(need.uncovered, need.held) },
          { name: "Can be bought", side: "up", look: "sun", values: planSeries(plan, day) },
        ]}
      />
      {plan.fills.length >= MAX_FILLS && (
        <Note>One purchase holds at most {MAX_FILLS} offers. The rest can be bought in a second one.</Note>
      )}
      {!affordable && purchase.ready && plan.energyWh > 0n && (
        <Note tone="notice">This costs {eur(total)}, which is more than your balance.</Note>
      )}
      <div className="flex flex-wrap items-center justify-end gap-4">
        <p className="text-sm text-muted">
          {plan.energyWh === 0n
            ? missingWh === 0n
              ? "Everything you need on this day is covered or held."
              : "No open offer has energy in the quarter-hours you need."
            : `Cheapest offers first. You see each of them before you agree.`}
        </p>
        <Button
          look="primary"
          disabled={!purchase.ready || plan.energyWh === 0n || !affordable}
          onClick={() => {
            purchase.propose(plan, (market) =>
              planMatch(
                needOf(market.books, me.meters, me.address, day),
                market.offers,
                me.address,
                market.charge,
                market.now,
              ),
            );
          }}
        >
          Review purchase of {kwh(plan.energyWh)}
        </Button>
      </div>
    </div>
  );
}
